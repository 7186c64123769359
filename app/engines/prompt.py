"""What a model sees: which messages fit, and which of their text is never a control token.

Runs in the engine child.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from app.core.engine.messages import Message, Role
from app.core.engine.prompt_errors import EmptyPrompt, PinsTooLong, PromptTooLong
from app.core.engine.prompt_room import longest_prompt, reply_reserve

_TRIMMED_PART = 0.75

Count = Callable[[Sequence[Message]], int]
"""The tokens of a prompt made of some messages; more messages never give fewer."""

_PRIVATE_USE = range(0xE000, 0xF900)


@dataclass(frozen=True)
class Segment:
    """Text to tokenize; without `parse_special` a control token's name in it is plain text."""

    text: str
    parse_special: bool


class _Names:
    """Finds names in a text; a vocabulary may have thousands, of few lengths and beginnings."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(name for name in names if len(name) > 1)
        self._lengths = sorted({len(name) for name in self._names}, reverse=True)
        beginnings = "".join(re.escape(character) for character in {name[0] for name in self._names})
        self._beginnings = re.compile(f"[{beginnings}]" if beginnings else "(?!)")

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of every name, the longest at each place."""
        at = 0
        while match := self._beginnings.search(text, at):
            at = match.start()
            candidates = (text[at : at + length] for length in self._lengths)
            name = next((candidate for candidate in candidates if candidate in self._names), "")
            if name:
                yield at, at + len(name)
            at += len(name) or 1


class Protection:
    """Keeps the names of control tokens that someone wrote in a message from becoming such tokens.

    `messages` are to be rendered instead of the original ones: each such name holds a mark that
    no message contains. `split` finds the marks again in what the template made.
    """

    def __init__(self, messages: Sequence[Message], control_tokens: Collection[str]) -> None:
        names = _Names(control_tokens)
        texts = [text for message in messages for text in (message.text, message.reasoning)]
        found = {text[start:end] for text in texts for start, end in names.spans(text)}
        self.messages = tuple(messages)
        self._mark = ""
        if not found:
            return
        self._mark = next(mark for mark in map(chr, _PRIVATE_USE) if not any(mark in text for text in texts))
        longest_first = sorted(found, key=len, reverse=True)
        self._marked = re.compile("|".join(re.escape(self._with_mark(name)) for name in longest_first))
        self.messages = tuple(self._protected(message, names) for message in messages)

    def split(self, rendered: str) -> list[Segment]:
        """The rendered prompt in parts to tokenize one after the other, without any mark."""
        if not self._mark:
            return [Segment(rendered, True)]
        segments: list[Segment] = []
        end = 0
        for match in self._marked.finditer(rendered):
            segments += self._template_text(rendered[end : match.start()])
            segments.append(Segment(match.group().replace(self._mark, ""), False))
            end = match.end()
        segments += self._template_text(rendered[end:])
        return segments

    def _template_text(self, text: str) -> list[Segment]:
        # A template that changed a marked name leaves a lone mark, at which no token may be parsed.
        return [Segment(part, True) for part in text.split(self._mark) if part]

    def _protected(self, message: Message, names: _Names) -> Message:
        return msgspec.structs.replace(
            message,
            text=self._protected_text(message.text, names),
            reasoning=self._protected_text(message.reasoning, names),
        )

    def _protected_text(self, text: str, names: _Names) -> str:
        parts: list[str] = []
        at = 0
        for start, end in names.spans(text):
            parts += (text[at:start], self._with_mark(text[start:end]))
            at = end
        return "".join(parts) + text[at:]

    def _with_mark(self, name: str) -> str:
        return name[0] + self._mark + name[1:]


@dataclass(frozen=True)
class View:
    """The messages that fit; `view_start` counts those after the system message that do not.

    `kept` are those before it, counted likewise from 0, that are in `messages` all the same.
    """

    messages: tuple[Message, ...]
    view_start: int
    kept: tuple[int, ...] = ()


def check_prompt(messages: Sequence[Message]) -> None:
    """Refuse a conversation without anything to answer.

    Raises:
        EmptyPrompt: there is no message besides the system's, or the last one, the user's, is blank.
    """
    last = messages[-1] if messages else None
    if last is None or last.role is Role.SYSTEM or (last.role is Role.USER and not last.text.strip()):
        raise EmptyPrompt


def fit_view(
    messages: Sequence[Message],
    *,
    context_length: int,
    count: Count,
    view_start: int = 0,
    pinned: Collection[int] = (),
) -> View:
    """Choose the newest whole turns that leave room for a reply; nothing is cut within a message.

    Where everything fits, as after a load with a longer context, nothing is left out. Else the view
    of the last reply is kept as long as it fits, so that the KV cache is reused. A pinned message stays,
    and its whole turn with it: templates insist that user and assistant alternate.

    Args:
        messages: the system message, if any, then the turns.
        context_length: in tokens.
        count: what a prompt comes to.
        view_start: messages after the system message that the last reply did without.
        pinned: messages after the system message, counted from 0, whose turns stay.

    Raises:
        EmptyPrompt: see `check_prompt`.
        PromptTooLong: the system message and the last turn alone are too long.
        PinsTooLong: they would fit without what is pinned.
    """
    check_prompt(messages)
    cut = _Cut.of(messages, pinned)
    room = context_length - reply_reserve(context_length)
    starts = _turn_starts(cut.turns, view_start)
    for start in dict.fromkeys((0, starts[0])):
        if count(cut.messages(start)) <= room:
            return cut.view(start)
    return _trimmed(cut, starts, context_length, count)


@dataclass(frozen=True)
class _Cut:
    """A conversation of which the oldest turns may be left out; `staying` are the places of pinned turns."""

    system: tuple[Message, ...]
    turns: tuple[Message, ...]
    staying: Sequence[int]

    @staticmethod
    def of(messages: Sequence[Message], pinned: Collection[int]) -> _Cut:
        """Nothing is left out yet; `pinned` are places after the system message."""
        system = tuple(messages[:1]) if messages[0].role is Role.SYSTEM else ()
        turns = tuple(messages[len(system) :])
        return _Cut(system, turns, _turns_of(pinned, turns))

    def kept(self, start: int) -> tuple[int, ...]:
        """The places of what stays of the turns before `start`."""
        return tuple(index for index in self.staying if index < start)

    def messages(self, start: int) -> tuple[Message, ...]:
        """What is left of the conversation."""
        return (*self.system, *(self.turns[index] for index in self.kept(start)), *self.turns[start:])

    def view(self, start: int) -> View:
        """The same as a view."""
        return View(self.messages(start), start, self.kept(start))


def _trimmed(cut: _Cut, starts: Sequence[int], context_length: int, count: Count) -> View:
    """Leave turns out until three quarters of the context are in use, so that the next few need not leave out any."""
    target = int(context_length * _TRIMMED_PART)
    last = len(starts) - 1
    chosen = bisect_left(starts, True, hi=last, key=lambda start: count(cut.messages(start)) <= target)
    if chosen == last:
        _check_last_turn(cut, starts[last], longest_prompt(context_length), count)
    return cut.view(starts[chosen])


def _check_last_turn(cut: _Cut, start: int, limit: int, count: Count) -> None:
    """Refuse what is too long though all other turns are left out."""
    needed = count(cut.messages(start))
    if needed <= limit:
        return
    alone = count((*cut.system, *cut.turns[start:]))
    if alone <= limit:
        raise PinsTooLong(tokens=needed, limit=limit)
    raise PromptTooLong(tokens=alone, limit=limit)


def _turn_starts(turns: Sequence[Message], view_start: int) -> list[int]:
    """Where a view may begin: at the first message or a user's, from `view_start` on, at least the last turn."""
    starts = [index for index, message in enumerate(turns) if message.role is Role.USER and index]
    starts = [0, *starts]
    return [index for index in starts if index >= view_start] or starts[-1:]


def _turns_of(pinned: Collection[int], turns: Sequence[Message]) -> list[int]:
    """The messages of all turns that hold a pinned one; a turn begins with the user's message."""
    found: list[int] = []
    turn: list[int] = []
    for index, message in enumerate(turns):
        if message.role is Role.USER and turn:
            found += turn if not set(turn).isdisjoint(pinned) else []
            turn = []
        turn.append(index)
    return found + (turn if not set(turn).isdisjoint(pinned) else [])
