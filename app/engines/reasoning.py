"""Tells a model's reasoning from its answer while both are still being written; in the engine child."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from app.core.engine.messages import Message


class Tags(NamedTuple):
    """What stands before and after reasoning; an empty `close` means that the answer follows at once."""

    open: str
    close: str


TAGS = (
    Tags("<think>", "</think>"),
    Tags("<thinking>", "</thinking>"),
    Tags("<thought>", "</thought>"),
    Tags("<reasoning>", "</reasoning>"),
    Tags("[THINK]", "[/THINK]"),
    Tags("<|begin_of_thought|>", "<|end_of_thought|>"),
    Tags("<|START_THINKING|>", "<|END_THINKING|>"),
    Tags("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    Tags("<|channel|>final<|message|>", ""),
)
DEFAULT_TAGS = TAGS[0]


class _State(Enum):
    START = auto()
    OPENED = auto()
    REASONING = auto()
    CLOSED = auto()
    ANSWER = auto()


class ReasoningSplitter:
    """Splits a reply that comes in pieces; how it is cut into pieces changes nothing.

    Reasoning is what stands between tags that the prompt's end or the reply's first word opens.
    White space around it is dropped. A tag anywhere else is text. Only what could still become a
    tag, or white space before one, is held back.
    """

    def __init__(self, prompt: str = "", continued: Message | None = None) -> None:
        """Begin after `prompt`; `continued` is the message that the reply goes on with, if any."""
        self._held = ""
        self._tags = DEFAULT_TAGS
        self._state = _State.START
        opened = opened_by(prompt)
        if continued is not None and continued.text:
            self._state = _State.ANSWER
        elif continued is not None and continued.reasoning:
            self._tags = max(TAGS, key=lambda tags: prompt.rfind(tags.open))
            self._state = _State.REASONING
        elif opened is not None:
            self._tags = opened
            self._state = _State.OPENED

    @property
    def awaited(self) -> str:
        """What ends the reasoning that goes on; empty where there is none."""
        return self._tags.close if self._state in (_State.OPENED, _State.REASONING) else ""

    def feed(self, text: str) -> tuple[str, str]:
        """The reasoning and the answer that can be shown now."""
        self._held += text
        reasoning = ""
        if self._state is _State.START:
            self._start()
        if self._state is _State.OPENED:
            self._skip_space(_State.REASONING)
        if self._state is _State.REASONING:
            reasoning = self._reason()
        if self._state is _State.CLOSED:
            self._skip_space(_State.ANSWER)
        if self._state is _State.ANSWER:
            return reasoning, self._taken(len(self._held))
        return reasoning, ""

    def finish(self) -> tuple[str, str]:
        """What was held back, now that no more comes."""
        held = self._taken(len(self._held))
        if self._state in (_State.OPENED, _State.REASONING):
            return held.rstrip(), ""
        return "", held

    def _start(self) -> None:
        begun = self._held.lstrip()
        for tags in TAGS:
            if begun.startswith(tags.open):
                self._held = begun[len(tags.open) :]
                self._tags = tags
                self._state = _State.OPENED if tags.close else _State.CLOSED
                return
        if not any(tags.open.startswith(begun) for tags in TAGS):
            self._state = _State.ANSWER

    def _skip_space(self, then: _State) -> None:
        self._held = self._held.lstrip()
        if self._held:
            self._state = then

    def _reason(self) -> str:
        close = self._tags.close
        found = self._held.find(close)
        if found >= 0:
            reasoning = self._taken(found).rstrip()
            self._taken(len(close))
            self._state = _State.CLOSED
            return reasoning
        unsure = next((size for size in range(len(close) - 1, 0, -1) if self._held.endswith(close[:size])), 0)
        certain = self._held[: len(self._held) - unsure].rstrip()
        return self._taken(len(certain))

    def _taken(self, count: int) -> str:
        taken, self._held = self._held[:count], self._held[count:]
        return taken


def opened_by(prompt: str) -> Tags | None:
    """The tags that the end of a prompt has opened already."""
    end = prompt.rstrip()
    return next((tags for tags in TAGS if tags.close and end.endswith(tags.open)), None)


def tags_of(template_source: str) -> Tags:
    """The tags a chat template writes about, else the usual ones."""
    return next((tags for tags in TAGS if tags.open in template_source), DEFAULT_TAGS)
