"""Goes to a message that was found by a search over all conversations.

Window process, interface thread.
"""

from __future__ import annotations

import re
from itertools import chain

from PySide6.QtCore import Qt

from app.core.chat.search import Hit
from app.ui.transcript.document.parts import FocusPlace
from app.ui.transcript.document.places import hits_in
from app.ui.transcript.widget.view import TranscriptView


def show_hit(transcript: TranscriptView, hit: Hit) -> None:
    """Show the message, give it the focus, and mark in it the words that were found."""
    index = None if hit.message_id is None else transcript.document.index_of(hit.message_id)
    if index is None:
        return
    transcript.setFocus(Qt.FocusReason.OtherFocusReason)
    transcript.focus.go(FocusPlace(index))
    words = {hit.snippet.text[first:last] for first, last in hit.snippet.marks}
    if words:
        pattern = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))), re.IGNORECASE)
        found = hits_in(transcript.document.items[index], index, pattern)
        marked = list(chain.from_iterable(found))
        transcript.mark_hits({index: marked}, marked[0] if marked else None)
