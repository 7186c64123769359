"""Copying from the transcript: what is selected, what has the focus, a message.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from app.ui.transcript.blocks.code import CodeLayout
from app.ui.transcript.document.excerpt import excerpt, read_excerpt
from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.document.parts import Part
from app.ui.transcript.document.selection import Position, Selection
from app.ui.transcript.document.through import Slices
from app.ui.transcript.widget.canvas import TranscriptCanvas
from app.ui.transcript.widget.focus import TranscriptFocus


class TranscriptClipboard(QObject):
    """Puts text on the clipboard, plain or as Markdown; `copied` tells of it."""

    copied = Signal()

    def __init__(self, canvas: TranscriptCanvas, focus: TranscriptFocus) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._focus = focus
        self._reading = Slices(self)

    def copy(self, text: str) -> None:
        """Copy a text."""
        QGuiApplication.clipboard().setText(text)
        self.copied.emit()

    def copy_message(self, item: MessageItem) -> None:
        """Copy a message as it was written."""
        self.copy(item.own_text or item.message.text)

    def copy_selection(self, *, markdown: bool = False) -> None:
        """Copy what is selected, once it is read: very much takes a while."""
        selection = self._canvas.selection
        if selection is not None:
            self._reading.begin(read_excerpt(self._canvas.document, selection, markdown=markdown), self.copy)

    def copy_selection_or_focus(self, *, markdown: bool = False) -> None:
        """Copy the selection or, without one, what has the focus."""
        place, part = self._focus.place, self._focus.part()
        if self._canvas.has_selection:
            self.copy_selection(markdown=markdown)
        elif place is not None and part is not None and part.block is not None:
            self.copy(self._block(place.message, part, markdown=markdown))
        elif place is not None:
            self.copy_message(self._canvas.document.items[place.message])

    def _block(self, message: int, part: Part, *, markdown: bool) -> str:
        assert part.block is not None
        block = part.block.block
        if isinstance(part.block, CodeLayout) and not markdown:
            return block.text
        row, number = self._canvas.document.items[message].place_of(part.block)
        first = Position(message, row, number, 0)
        whole = Selection(first, first._replace(offset=len(block.text) + 1))
        return excerpt(self._canvas.document, whole, markdown=markdown)
