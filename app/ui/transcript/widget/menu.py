"""The menu of a place in the transcript: its link, what is selected, its message.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.widget.canvas import TranscriptCanvas
from app.ui.transcript.widget.clipboard import TranscriptClipboard


class TranscriptMenu(QMenu):
    """Lives until it is closed."""

    def __init__(self, canvas: TranscriptCanvas, clipboard: TranscriptClipboard) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._clipboard = clipboard
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def fill(
        self,
        item: MessageItem | None,
        link: str,
        follow: Callable[[str], None],
        add_more: Callable[[QMenu, MessageItem], None],
    ) -> None:
        """Offer what can be done; `add_more` adds what others can do with the message."""
        if link:
            self.addAction(self.tr("Open link…"), lambda: follow(link))
            self.addAction(self.tr("Copy link"), lambda: self._clipboard.copy(link))
            self.addSeparator()
        if self._canvas.has_selection:
            self.addAction(self.tr("Copy"), QKeySequence.StandardKey.Copy, self._clipboard.copy_selection)
            self.addAction(self.tr("Copy as Markdown"), lambda: self._clipboard.copy_selection(markdown=True))
        if item is not None:
            self.addAction(self.tr("Copy message"), lambda: self._clipboard.copy_message(item))
            add_more(self, item)
            self.addSeparator()
        self.addAction(self.tr("Select all"), QKeySequence.StandardKey.SelectAll, self._canvas.select_all)
