"""The frames by which an editor sees a prompt as the model will; an engine or a probe child answers.

What makes the prompt, the template, is read by a probe alone.
"""

from __future__ import annotations

import msgspec

from app.core.checkpoints.repack import TemplateGap
from app.core.engine.messages import Message


class _Frame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True, kw_only=True):
    id: int


class RenderPrompt(_Frame, frozen=True, tag="render-prompt"):
    """Put messages into a chat template. `PromptRendered` follows, or `Failed` with this id.

    An engine uses its loaded model. A probe uses the template in the GGUF file at `path`, or without a path
    the named one alone; it knows no vocabulary and counts nothing. `source` is a template that is being edited,
    in place of any other, and is tried with the test conversations too. Numbers of renderings are negative, so
    that an engine's answer is never taken for part of a reply.
    """

    messages: tuple[Message, ...]
    template: str = ""
    template_variables: dict[str, str | bool | int] = {}
    path: str = ""
    source: str | None = None


class PromptRendered(_Frame, frozen=True, tag="prompt-rendered"):
    """The prompt's text, the template that made it, and its tokens, None where nobody could count them.

    `gaps` are what a template that is being edited cannot do.
    """

    text: str
    template: str
    tokens: int | None = None
    gaps: tuple[TemplateGap, ...] = ()


class ReadTemplate(_Frame, frozen=True, tag="read-template"):
    """Tell a template's source: that of the named one, else of the one that the GGUF file at `path` would get.

    `TemplateRead` follows, or `Failed` with this id.
    """

    template: str = ""
    path: str = ""


class TemplateRead(_Frame, frozen=True, tag="template-read"):
    """The source of a template, which may be broken."""

    source: str


PreviewCommand = RenderPrompt | ReadTemplate
PreviewEvent = PromptRendered | TemplateRead
