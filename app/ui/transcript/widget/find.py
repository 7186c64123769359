"""Finds words in the conversation that is shown, a slice of it per turn of the event loop.

Window process, interface thread. A message's source is looked through before it is parsed, so that five
thousand messages are searched at once where few hold the words; a very long one is parsed row by row.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Generator

from PySide6.QtCore import QObject, Signal

from app.ui.transcript.document.places import hits_in
from app.ui.transcript.document.selection import Hit
from app.ui.transcript.document.through import Slices
from app.ui.transcript.widget.canvas import TranscriptCanvas

# A longer message is parsed in any case: to strip all of its marks would take longer than a slice.
_MOST_STRIPPED = 50_000
_MARKUP = re.compile(r"[*_`~\\\[\]]")
MOST_HITS = 10_000


class Finder(QObject):
    """Marks every place where the words stand, and goes from one to the next."""

    changed = Signal(int, int)  # which one is current, counted from 1 (0: none), and how many there are

    def __init__(self, canvas: TranscriptCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._hits: list[Hit] = []
        self._by_message: dict[int, list[Hit]] = {}
        self._current = -1
        self._slices = Slices(self)
        self._slices.paused.connect(lambda: self._show(go=False))

    @property
    def is_looking(self) -> bool:
        """Whether some messages have not been looked through."""
        return self._slices.is_working

    def look_for(self, words: str) -> None:
        """Find these words, whatever their case; without any, mark nothing."""
        self._hits, self._by_message, self._current = [], {}, -1
        if words.strip():
            pattern = re.compile(re.escape(words), re.IGNORECASE)
            self._slices.begin(self._look(pattern), lambda _: self._end())
        else:
            self._slices.stop()
            self._show(go=False)

    def _look(self, pattern: re.Pattern[str]) -> Generator[None, None, None]:
        for index, item in enumerate(list(self._canvas.document.items)):
            yield
            if not _may_hold(item.message.text + item.message.reasoning, pattern):
                continue
            for found in hits_in(item, index, pattern):
                if found:
                    self._hits += found
                    self._by_message.setdefault(index, []).extend(found)
                if len(self._hits) >= MOST_HITS:
                    return
                yield

    def _end(self) -> None:
        if self._hits and self._current < 0:
            self._current = self._first_from_view()
        self._show(go=True)

    def _first_from_view(self) -> int:
        seen = self._canvas.first_in_view()
        at = bisect_right([hit.at for hit in self._hits], seen)
        return at if at < len(self._hits) else len(self._hits) - 1

    def step(self, by: int) -> None:
        """Go to the next one, or the one before; after the last comes the first."""
        if self._hits:
            self._current = (self._current + by) % len(self._hits)
            self._show(go=True)

    def _show(self, *, go: bool) -> None:
        current = self._hits[self._current] if go and self._current >= 0 else None
        self._canvas.mark_hits(self._by_message, current)
        self.changed.emit(self._current + 1, len(self._hits))


def _may_hold(source: str, pattern: re.Pattern[str]) -> bool:
    """Whether a message may hold what is looked for, where its marks stand between the letters too."""
    if len(source) > _MOST_STRIPPED or pattern.search(source) is not None:
        return True
    return pattern.search(_MARKUP.sub("", source)) is not None
