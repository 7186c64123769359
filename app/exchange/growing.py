"""Grows a sound tree of messages out of what another program's records say of parents and children.

Records may name parents that are not there, or run in circles, and many stand for things that are
no message: tool calls, thoughts, empty system nodes.  Nothing that says something is lost: what is
no message of its own becomes part of the reasoning of the reply below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.core.data.exchange import ImportFormat
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import MessageState, ModelIdentity, ReplyRecord, Role
from app.core.engine.sampling import Sampling
from app.exchange.portable import PortableConversation, PortableMessage

_MAX_NOTES = 500

_Notes = tuple["_Notes", str] | None


@dataclass(frozen=True)
class Seed:
    """One record; a hidden one is left out of the tree, its `text` goes to the reasoning of the reply below it."""

    key: str
    parent: str
    role: Role
    text: str
    reasoning: str = ""
    hidden: bool = False
    state: MessageState = MessageState.COMPLETE
    created_at: float = 0.0
    record: ReplyRecord | None = None
    pinned: bool = False


@dataclass(frozen=True)
class Head:
    """What is known of a conversation besides its messages."""

    format: ImportFormat
    id: str
    title: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    pinned: bool = False
    archived: bool = False

    @property
    def origin(self) -> str:
        """Who the conversation is, for ever."""
        return f"{self.format.value}:{self.id}"


def foreign_record(program: str, model: str) -> ReplyRecord | None:
    """What is known of a reply that another program's model wrote; None if the model has no name."""
    if not model:
        return None
    return ReplyRecord(
        model=ModelIdentity(name=model, path="", bytes=0),
        engine=program,
        engine_version="",
        template="",
        sampling=Sampling(),
        options=LoadOptions(),
    )


def line_of(seeds: Sequence[Seed]) -> list[Seed]:
    """Seeds in the order in which they were said, each made the child of the one before."""
    return [replace(seed, parent=seeds[at - 1].key if at else "") for at, seed in enumerate(seeds)]


def grow(head: Head, seeds: Sequence[Seed], current: str = "") -> PortableConversation:
    """The tree of these seeds; `current` is the key of the active leaf, if it is known.

    Of two seeds with one key the first counts. An unknown parent makes a root; a circle is cut open.
    """
    by_key: dict[str, Seed] = {}
    for seed in seeds:
        by_key.setdefault(seed.key, seed)
    grown = _Grown()
    for seed in _parents_first(_promoted(by_key)):
        grown.add(seed)
    times = [message.created_at for message in grown.messages if message.created_at]
    created = head.created_at or min(times, default=0.0)
    return PortableConversation(
        origin=head.origin,
        title=head.title,
        created_at=created,
        updated_at=head.updated_at or max(times, default=created),
        leaf=grown.leaf(current),
        pinned=head.pinned,
        archived=head.archived,
        messages=tuple(grown.messages),
    )


class _Grown:
    """The messages so far, and where each seed, shown or hidden, hangs."""

    def __init__(self) -> None:
        self.messages: list[PortableMessage] = []
        self._places: dict[str, tuple[int | None, _Notes]] = {}
        self._last_child: dict[int | None, int] = {}

    def add(self, seed: Seed) -> None:
        parent, notes = self._places.get(seed.parent, (None, None))
        if seed.hidden:
            said = "\n\n".join(part for part in (seed.reasoning, seed.text) if part)
            self._places[seed.key] = (parent, (notes, said) if said else notes)
            return
        reasoning = seed.reasoning
        if seed.role is Role.ASSISTANT:
            reasoning = "\n\n".join([*_told(notes), *([reasoning] if reasoning else [])])
        number = len(self.messages) + 1
        self.messages.append(
            PortableMessage(
                id=number,
                parent=parent,
                role=seed.role,
                text=seed.text,
                reasoning=reasoning,
                state=seed.state,
                created_at=seed.created_at,
                record=seed.record,
                pinned=seed.pinned,
            )
        )
        self._places[seed.key] = (number, None)
        self._last_child[parent] = number

    def leaf(self, current: str) -> int | None:
        """The leaf at or below `current`, going to the last child; from the root where nothing is known."""
        at = self._places.get(current, (None, None))[0]
        while (below := self._last_child.get(at)) is not None:
            at = below
        return at


def _promoted(by_key: dict[str, Seed]) -> list[Seed]:
    """The seeds, where hidden ones become replies of their own if no reply below takes up what they say."""
    taken_up = {seed.parent for seed in by_key.values() if seed.hidden or seed.role is Role.ASSISTANT}
    return [
        replace(seed, hidden=False, role=Role.ASSISTANT, text="", reasoning=_joined(seed))
        if seed.hidden and (seed.text or seed.reasoning) and seed.key not in taken_up
        else seed
        for seed in by_key.values()
    ]


def _joined(seed: Seed) -> str:
    return "\n\n".join(part for part in (seed.reasoning, seed.text) if part)


def _parents_first(seeds: Sequence[Seed]) -> Iterator[Seed]:
    """Every seed once, after its parent, siblings in their order."""
    by_key = {seed.key: seed for seed in seeds}
    children: dict[str, list[Seed]] = {}
    roots: list[Seed] = []
    for seed in seeds:
        if seed.parent in by_key:
            children.setdefault(seed.parent, []).append(seed)
        else:
            roots.append(seed)
    done: set[str] = set()
    for root in (*roots, *seeds):  # what no root leads to runs in a circle: its first seed becomes a root
        waiting = [root]
        while waiting:
            seed = waiting.pop()
            if seed.key not in done:
                done.add(seed.key)
                yield seed
                waiting.extend(reversed(children.get(seed.key, ())))


def _told(notes: _Notes) -> list[str]:
    found: list[str] = []
    while notes is not None and len(found) < _MAX_NOTES:
        notes, said = notes
        found.append(said)
    found.reverse()
    return found
