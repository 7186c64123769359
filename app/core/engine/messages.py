"""Messages as values, and what is remembered of how a reply came to be.

A long conversation has tens of thousands; as none can be part of a cycle, the collector need not look at them.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.core.engine.loading import LoadOptions
from app.core.engine.sampling import Sampling
from app.core.errors import Failure


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Message(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One message as a model sees it; `reasoning` is what stood between think tags."""

    role: Role
    text: str
    reasoning: str = ""


class MessageState(StrEnum):
    """How far a stored message came."""

    COMPLETE = "complete"
    STREAMING = "streaming"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class FinishReason(StrEnum):
    """Why a reply ended: by itself, at the token limit, at the context's end, or by the user."""

    STOP = "stop"
    LENGTH = "length"
    CONTEXT = "context"
    CANCELLED = "cancelled"


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens of one reply: in the prompt, of those reused from the KV cache, and written."""

    prompt_tokens: int
    reused_tokens: int
    completion_tokens: int

    @property
    def context_tokens(self) -> int:
        """Tokens the conversation holds in the context after this reply."""
        return self.prompt_tokens + self.completion_tokens


class Timings(msgspec.Struct, frozen=True, gc=False):
    """Seconds of one reply, on the engine's clock, and the rates that follow from them."""

    prompt_seconds: float
    first_token_seconds: float
    decode_seconds: float
    prompt_rate: float
    decode_rate: float
    reasoning_seconds: float = 0.0


class ModelIdentity(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Which model answered. `sha256` is filled in once it has been computed.

    A split model goes by its first part; `bytes` and `sha256` are of all parts, one after the other.
    A model that runs elsewhere has the name of its `server`; `path` is then that server's address.
    The one that ships with the program is `built_in`.
    """

    name: str
    path: str
    bytes: int
    architecture: str = ""
    quantization: str = ""
    sha256: str = ""
    server: str = ""
    built_in: bool = False


class ReplyRecord(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """What makes a reply reproducible, and what it cost.

    `seed` is the one that was used, also when the user left it open. `view_start` is the number of
    messages, counted after the system message, that the model no longer saw. `preset` is the name of the
    preset that was used, and `system` its prompt where that took the place of the conversation's own
    system message. `template_variables` and `context_limit` (in tokens) are as in `Generate`.
    `left_out` names the sampling options that the server did not take. `kept` are the messages before
    `view_start`, counted from 0 after the system message, that it saw all the same, since their turns are pinned.
    `template_sha256` is that of the template's source where the user may edit it, else empty.
    """

    model: ModelIdentity
    engine: str
    engine_version: str
    template: str
    sampling: Sampling
    options: LoadOptions
    seed: int = 0
    view_start: int = 0
    usage: Usage | None = None
    timings: Timings | None = None
    finish_reason: FinishReason | None = None
    failure: Failure | None = None
    preset: str = ""
    system: str | None = None
    template_variables: dict[str, str | bool | int] = {}
    context_limit: int | None = None
    left_out: tuple[str, ...] = ()
    kept: tuple[int, ...] = ()
    template_sha256: str = ""
