"""The frames by which an editor sees a prompt as the model will; an engine or a probe child answers."""

from __future__ import annotations

import msgspec

from app.core.messages import Message


class _Frame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True, kw_only=True):
    id: int


class RenderPrompt(_Frame, frozen=True, tag="render-prompt"):
    """Put messages into a chat template. `PromptRendered` follows, or `Failed` with this id.

    An engine uses its loaded model. A probe uses the template in the GGUF file at `path`, or without a path
    the named one alone; it knows no vocabulary and counts nothing. Numbers of renderings are negative, so
    that an engine's answer is never taken for part of a reply.
    """

    messages: tuple[Message, ...]
    template: str = ""
    template_variables: dict[str, str | bool | int] = {}
    path: str = ""


class PromptRendered(_Frame, frozen=True, tag="prompt-rendered"):
    """The prompt's text, the template that made it, and its tokens, None where nobody could count them."""

    text: str
    template: str
    tokens: int | None = None
