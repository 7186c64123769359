"""The menu of a place in the transcript: its link, what is selected, its message.

Window process, interface thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from app.ui.transcript.document.item import MessageItem

if TYPE_CHECKING:
    from app.ui.transcript.widget.interaction import TranscriptInteraction


class TranscriptMenu(QMenu):
    """Lives until it is closed; others add what can be done with the message."""

    def __init__(self, view: TranscriptInteraction, item: MessageItem | None, link: str) -> None:
        super().__init__(view)
        self._view = view
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if link:
            self.addAction(self.tr("Open link…"), lambda: view.follow_link(link))
            self.addAction(self.tr("Copy link"), lambda: view.copy(link, self.tr("Link")))
            self.addSeparator()
        if view.has_selection:
            self.addAction(self.tr("Copy"), QKeySequence.StandardKey.Copy, view.copy_selection)
            self.addAction(self.tr("Copy as Markdown"), lambda: view.copy_selection(markdown=True))
        if item is not None:
            self._add_message_actions(item)
        self.addAction(self.tr("Select all"), QKeySequence.StandardKey.SelectAll, view.select_all)

    def _add_message_actions(self, item: MessageItem) -> None:
        message, view = item.message, self._view
        text = item.own_text or message.text
        self.addAction(self.tr("Copy message"), lambda: view.copy(text, self.tr("Message")))
        view.menu_filled.emit(self, message)
        self.addSeparator()
