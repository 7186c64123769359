"""Chat templates: from messages to the text a model continues; runs in the engine child."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

import msgspec
from jinja2 import Template, TemplateError, TemplateSyntaxError

from app.core.engine.messages import Message, Role
from app.core.engine.prompt_errors import TemplateFailed
from app.core.engine.templates import MAX_SOURCE_CHARS
from app.core.errors import Cancelled
from app.engines.folding import neighbours_joined, system_folded
from app.engines.metering import Budget, TemplateStopped, spending
from app.engines.reasoning import opened_by, tags_of
from app.engines.sandbox import TemplateEnvironment

TIME_LIMIT = 2.0

Variables = Mapping[str, str | bool | int]


class ChatTemplate:
    """A compiled template.

    `stops` are texts that end a reply besides the vocabulary's end-of-generation tokens. `digest` is that of a
    user's template, which may be another one tomorrow, else empty.
    """

    def __init__(
        self,
        name: str,
        source: str,
        *,
        stops: tuple[str, ...] = (),
        digest: str = "",
        time_limit: float = TIME_LIMIT,
    ) -> None:
        """Compile `source`; `time_limit` is the seconds one render may take.

        Raises:
            TemplateFailed: it does not parse.
        """
        self.name = name
        self.source = source
        self.stops = stops
        self.digest = digest
        self._time_limit = time_limit
        self._template = self._compiled()

    def render(
        self,
        messages: Sequence[Message],
        *,
        bos: str,
        eos: str,
        variables: Variables = MappingProxyType({}),
        add_generation_prompt: bool = True,
        continue_last: bool = False,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> str:
        """The prompt's text.

        It begins with `bos` only if the template says so: whoever tokenizes adds the token where it
        is missing and the vocabulary wants it. With `continue_last` the text ends exactly where the
        last message, the assistant's, goes on. Neighbours of the same role are joined if the
        template refuses them.

        Raises:
            TemplateFailed: it raised, took too long or wrote too much.
            Cancelled: `cancelled()` became true.
        """
        call = _Call(bos, eos, variables, add_generation_prompt, cancelled)
        if messages and messages[0].role is Role.SYSTEM and self.folds_system:
            messages = system_folded(messages)
        try:
            if continue_last:
                return self._continued(messages, call)
            return self._rendered_or_joined(messages, call)
        except _Refused as error:
            raise self._failed(error.reason) from None

    @cached_property
    def folds_system(self) -> bool:
        """Whether the system message is put at the head of the first user message.

        So it is if the template refuses or ignores a system message, and renders when it is done.

        Raises:
            TemplateFailed: the template took too long or wrote too much.
        """
        probe = [Message(Role.SYSTEM, _PROBE), Message(Role.USER, "?")]
        call = _Call("", "", MappingProxyType({}), True, lambda: False)
        return not self._shows(probe, call) and self._shows(system_folded(probe), call)

    def _shows(self, probe: Sequence[Message], call: _Call) -> bool:
        try:
            return _PROBE in self._rendered(probe, call)
        except _Refused:
            return False

    def _rendered_or_joined(self, messages: Sequence[Message], call: _Call) -> str:
        try:
            return self._rendered(messages, call)
        except _Refused:
            joined = neighbours_joined(messages)
            if len(joined) == len(messages):
                raise
            return self._rendered(joined, call)

    def _continued(self, messages: Sequence[Message], call: _Call) -> str:
        last = messages[-1]
        mark = secrets.token_hex(16)
        without_prompt = msgspec.structs.replace(call, add_generation_prompt=False)
        if last.text:
            marked = [*messages[:-1], msgspec.structs.replace(last, text=last.text + mark)]
            text = self._rendered_or_joined(marked, without_prompt)
            if mark in text:
                return text[: text.rindex(mark)]
        opened = self._rendered_or_joined(messages[:-1], msgspec.structs.replace(call, add_generation_prompt=True))
        if not last.reasoning or last.text:
            return opened + last.text
        tag = "" if opened_by(opened) else tags_of(self.source).open + "\n"
        return opened + tag + last.reasoning

    def _rendered(self, messages: Sequence[Message], call: _Call) -> str:
        budget = Budget(self._time_limit, call.cancelled)
        try:
            with spending(budget):
                return self._template.render(call.context(messages))
        except TemplateStopped as error:
            if call.cancelled():
                raise Cancelled from None
            raise self._failed(str(error)) from None
        except Exception as error:
            raise _Refused(_reason(error)) from None

    def _compiled(self) -> Template:
        if len(self.source) > MAX_SOURCE_CHARS:
            raise self._failed("it is too long")
        try:
            with spending(Budget(self._time_limit, lambda: False)):
                return TemplateEnvironment().compiled(self.source)
        except TemplateStopped as error:
            raise self._failed(str(error)) from None
        except Exception as error:
            raise self._failed(_reason(error)) from None

    def _failed(self, reason: str) -> TemplateFailed:
        return TemplateFailed(template=self.name, reason=reason.rstrip("."))


_PROBE = "parleysystemprobe"


class _Refused(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Call(msgspec.Struct, frozen=True):
    """What a render needs besides the messages."""

    bos: str
    eos: str
    variables: Variables
    add_generation_prompt: bool
    cancelled: Callable[[], bool]

    def context(self, messages: Sequence[Message]) -> dict[str, object]:
        """The names a template sees, as transformers' `apply_chat_template` sets them."""
        return {
            "tools": None,
            "documents": None,
            **self.variables,
            "messages": [_as_dict(message) for message in messages],
            "bos_token": self.bos,
            "eos_token": self.eos,
            "add_generation_prompt": self.add_generation_prompt,
        }


def _as_dict(message: Message) -> dict[str, str]:
    described = {"role": str(message.role), "content": message.text}
    if message.reasoning:
        described["reasoning_content"] = message.reasoning
    return described


def _reason(error: Exception) -> str:
    if isinstance(error, TemplateSyntaxError):
        return f"line {error.lineno}: {error.message}"
    if isinstance(error, RecursionError):
        return "it nests too deeply"
    if isinstance(error, MemoryError):
        return "it needs too much memory"
    if isinstance(error, TemplateError):
        return error.message or type(error).__name__
    return str(error) or type(error).__name__
