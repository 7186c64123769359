"""Finds words in the conversation that is shown, a slice of it per turn of the event loop.

Window process, interface thread. A message's source is looked through before it is parsed, so that five
thousand messages are searched at once where few hold the words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal

from app.ui.chat.transcript_canvas import TranscriptCanvas
from app.ui.chat.transcript_places import hits_in
from app.ui.chat.transcript_selection import Hit

_SLICE_SECONDS = 0.006
_MARKUP = re.compile(r"[*_`~\\\[\]]")
MOST_HITS = 10_000


class Finder(QObject):
    """Marks every place where the words stand, and goes from one to the next."""

    changed = Signal(int, int)  # which one is current, counted from 1 (0: none), and how many there are

    def __init__(self, canvas: TranscriptCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._pattern: re.Pattern[str] | None = None
        self._left: deque[int] = deque()
        self._hits: list[Hit] = []
        self._current = -1
        self._work = QTimer(self, interval=0)
        self._work.timeout.connect(self._look_on)

    @property
    def is_looking(self) -> bool:
        """Whether some messages have not been looked through."""
        return self._work.isActive()

    def look_for(self, words: str) -> None:
        """Find these words, whatever their case; without any, mark nothing."""
        self._hits, self._current = [], -1
        self._pattern = re.compile(re.escape(words), re.IGNORECASE) if words.strip() else None
        items = self._canvas.document.items
        self._left = deque(range(len(items)) if self._pattern is not None else ())
        self._work.start()
        self._look_on()

    def _look_on(self) -> None:
        until = perf_counter() + _SLICE_SECONDS
        items = self._canvas.document.items
        while self._left and self._pattern is not None and perf_counter() < until and len(self._hits) < MOST_HITS:
            index = self._left.popleft()
            if index < len(items):
                message = items[index].message
                source = message.text + message.reasoning
                if self._pattern.search(source) or self._pattern.search(_MARKUP.sub("", source)):
                    self._hits += hits_in(self._canvas.document, index, self._pattern)
        if not self._left or len(self._hits) >= MOST_HITS:
            self._work.stop()
            if self._current < 0 and self._hits:
                self._current = self._first_from_view()
        self._show(go=not self._work.isActive())

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
        by_message: dict[int, list[Hit]] = {}
        for hit in self._hits:
            by_message.setdefault(hit.at.item, []).append(hit)
        current = self._hits[self._current] if go and self._current >= 0 else None
        self._canvas.mark_hits(by_message, current)
        self.changed.emit(self._current + 1, len(self._hits))
