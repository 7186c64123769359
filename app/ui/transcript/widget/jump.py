"""Goes to a message that was found by a search over all conversations.

Window process, interface thread. The message is shown at once; the words in it are looked for a slice per turn of the
event loop, since a very long one has to be cut and parsed for it.
"""

from __future__ import annotations

import re
from collections.abc import Generator

from PySide6.QtCore import QObject, Qt

from app.core.chat.search import Hit
from app.ui.transcript.document import selection
from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.document.parts import FocusPlace
from app.ui.transcript.document.places import hits_in
from app.ui.transcript.document.through import Slices
from app.ui.transcript.widget.find import MOST_HITS
from app.ui.transcript.widget.view import TranscriptView


class Jump(QObject):
    """Shows what was found, in one transcript."""

    def __init__(self, transcript: TranscriptView) -> None:
        super().__init__(transcript)
        self._transcript = transcript
        self._slices = Slices(self)

    @property
    def is_looking(self) -> bool:
        """Whether a part of the message has not been looked through."""
        return self._slices.is_working

    def to(self, hit: Hit) -> None:
        """Show the message, give it the focus, and mark in it the words that were found."""
        self._slices.stop()
        transcript = self._transcript
        index = None if hit.message_id is None else transcript.document.index_of(hit.message_id)
        if index is None:
            return
        transcript.setFocus(Qt.FocusReason.OtherFocusReason)
        transcript.focus.go(FocusPlace(index))
        transcript.mark_hits({}, None)
        words = {hit.snippet.text[first:last] for first, last in hit.snippet.marks}
        if words:
            pattern = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))), re.IGNORECASE)
            work = self._look(transcript.document.items[index], index, pattern)
            self._slices.begin(work, lambda _: transcript.viewport().update(), at_once=False)

    def _look(self, item: MessageItem, index: int, pattern: re.Pattern[str]) -> Generator[None, None, None]:
        """Go to the first place as soon as it is found, and mark those after it; none once the message is gone."""
        marked: list[selection.Hit] = []
        for found in hits_in(item, index, pattern):
            if self._transcript.document.items[index : index + 1] != [item] or len(marked) >= MOST_HITS:
                return
            if found and not marked:
                self._transcript.mark_hits({index: marked}, found[0])
            marked += found
            yield
