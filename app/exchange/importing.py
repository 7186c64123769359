"""Reads conversations of any known format from files, and puts them on a shelf, each once.

A record that cannot be read is told and skipped.  Plain Python on the caller's thread; the shelf is
what keeps conversations, and knows them by their origin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from app.core.data.exchange import MAX_SKIPPED, ImportReport, Skipped
from app.core.data.exchange_errors import NotAChatExport
from app.core.errors import Failure, UserError, WorldError
from app.exchange.portable import PortableConversation
from app.exchange.reading import Found, read_path


class Outcome(Enum):
    """What became of a conversation that was put on a shelf."""

    ADDED = auto()
    GROWN = auto()
    PRESENT = auto()
    TRASHED = auto()


class Shelf(Protocol):
    """Keeps conversations."""

    def put(self, conversations: Sequence[PortableConversation]) -> Sequence[tuple[Outcome, int]]:
        """Keep conversations, or what of them is new, in one transaction; how many messages each added.

        Raises:
            WorldError: nothing can be kept any more; what was put before stays.
        """


BATCH = 64
BATCH_CHARACTERS = 4_000_000
"""A batch goes to the shelf at once, since a transaction for each conversation would take most of the time."""


class _ShelfFull(Exception):
    """Ends an import, unlike a fault of what is read."""

    def __init__(self, reason: WorldError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Importer:
    """One import, from the first file to the report."""

    def __init__(self, shelf: Shelf, progress: Callable[[int], None], stopped: Callable[[], bool]) -> None:
        """`progress` is told how many conversations were read; once `stopped`, no further one is."""
        self._shelf = shelf
        self._progress = progress
        self._stopped = stopped
        self._batch: list[PortableConversation] = []
        self._batch_characters = 0
        self._outcomes: Counter[Outcome] = Counter()
        self._messages = 0
        self._skipped: list[Skipped] = []
        self._skipped_count = 0

    def run(self, paths: Sequence[Path]) -> ImportReport:
        """Import all that is there; a path without any conversation in it is told like a bad record.

        Raises:
            UserError: nothing of a conversation was in any of the paths: the first one's error.
            WorldError: the shelf takes no more, or the only path cannot be read.
        """
        errors = []
        for path in paths:
            try:
                self._read(path)
            except _ShelfFull as full:
                raise full.reason from None
            except (UserError, WorldError) as error:
                errors.append(error)
                self._skip(path.name, Failure.of(error))
        if errors and len(errors) == len(paths) and not self._outcomes and self._skipped_count == len(errors):
            raise errors[0]
        return self._report()

    def _read(self, path: Path) -> None:
        found = 0
        try:
            for one in self._until_stopped(read_path(path)):
                found += 1
                if isinstance(one.read, Failure):
                    self._skip(one.place, one.read)
                else:
                    self._put(one.read)
        finally:
            self._flush()
        if not found and not self._stopped():
            raise NotAChatExport(file=path.name)

    def _until_stopped(self, found: Iterator[Found]) -> Iterator[Found]:
        for one in found:
            if self._stopped():
                return
            yield one

    def _put(self, conversation: PortableConversation) -> None:
        self._batch.append(conversation)
        self._batch_characters += sum(len(message.text) + len(message.reasoning) for message in conversation.messages)
        if len(self._batch) >= BATCH or self._batch_characters >= BATCH_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        batch, self._batch, self._batch_characters = self._batch, [], 0
        if not batch:
            return
        try:
            results = self._shelf.put(batch)
        except WorldError as error:
            raise _ShelfFull(error) from None
        for outcome, messages in results:
            self._outcomes[outcome] += 1
            self._messages += messages
        self._progress(self._outcomes.total())

    def _skip(self, place: str, failure: Failure) -> None:
        self._skipped_count += 1
        if len(self._skipped) < MAX_SKIPPED:
            self._skipped.append(Skipped(place, failure))

    def _report(self) -> ImportReport:
        return ImportReport(
            added=self._outcomes[Outcome.ADDED],
            grown=self._outcomes[Outcome.GROWN],
            present=self._outcomes[Outcome.PRESENT],
            trashed=self._outcomes[Outcome.TRASHED],
            messages=self._messages,
            skipped_count=self._skipped_count,
            skipped=tuple(self._skipped),
        )
