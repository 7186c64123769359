"""A message that is edited where it stands: a field over the transcript, which follows its scrolling.

Window process, interface thread. Emits what the user wrote; the old words stay where they are.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import Role
from app.ui.chat.message_edit import MessageEdit
from app.ui.transcript.document.user import UserItem
from app.ui.transcript.widget.view import TranscriptView

_GAP = 24


class MessageEditor(QFrame):
    """Enter or the button accepts, Esc gives up; it goes away with its message."""

    accepted = Signal(int, str)  # message id, the words
    ended = Signal()

    def __init__(self, transcript: TranscriptView) -> None:
        super().__init__(transcript.viewport())
        self.setProperty("kind", "card")
        self.setProperty("focused", True)
        self._transcript = transcript
        self._message_id = 0
        self._has_files = False
        self.edit = MessageEdit()
        self.edit.setAccessibleName(self.tr("Edit the message"))
        self.edit.send_pressed.connect(self._accept)
        self.edit.height_wanted.connect(lambda _: self._lend())
        self._remark = QLabel()
        self._remark.setProperty("kind", "small")
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.clicked.connect(self.give_up)
        self.send = QPushButton()
        self.send.setProperty("kind", "primary")
        self.send.clicked.connect(self._accept)
        self.edit.textChanged.connect(lambda: self.send.setEnabled(self._says_something()))
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self._remark, 1)
        below.addWidget(self.cancel)
        below.addWidget(self.send)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 13, 10, 9)
        column.setSpacing(8)
        column.addWidget(self.edit)
        column.addLayout(below)
        transcript.viewport().installEventFilter(self)
        transcript.shown.connect(self._place)
        self.hide()

    def begin(self, message: StoredMessage) -> None:
        """Edit a message that is shown."""
        index = self._transcript.document.index_of(message.id)
        if index is None:
            return
        self._message_id = message.id
        item = self._transcript.document.items[index]
        is_user = message.role is Role.USER
        self.send.setText(self.tr("Send") if is_user else self.tr("Save"))
        self._has_files = isinstance(item, UserItem) and bool(item.files)
        kept = self.tr("Its files stay attached.") if self._has_files else ""
        self._remark.setText(kept or self.tr("The old words are kept beside the new ones."))
        self.edit.set_text(item.own_text)
        self.show()
        self._lend()
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def give_up(self) -> None:
        """Leave the message as it is."""
        if self.isVisible():
            self.hide()
            self._transcript.lend(self._message_id, None)
            self._transcript.setFocus(Qt.FocusReason.OtherFocusReason)
            self.ended.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc gives up."""
        if event.key() == Qt.Key.Key_Escape:
            self.give_up()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay on the message when the transcript is scrolled or laid out anew."""
        if self.isVisible() and event.type() in (QEvent.Type.Paint, QEvent.Type.Resize):
            self._place()
        return False

    def _accept(self) -> None:
        text = self.edit.text()
        if self._says_something():
            self.hide()
            self._transcript.lend(self._message_id, None)
            self.accepted.emit(self._message_id, text)
            self.ended.emit()

    def _says_something(self) -> bool:
        """A message may consist of files alone."""
        return self._has_files or bool(self.edit.text().strip())

    def _lend(self) -> None:
        """Make room for the field as high as it is now."""
        if self.isVisible():
            self._transcript.lend(self._message_id, self.sizeHint().height() + _GAP)
            self._place()

    def _place(self) -> None:
        if not self.isVisible():
            return
        index = self._transcript.document.index_of(self._message_id)
        if index is None:
            self.give_up()
            return
        there = self._transcript.on_screen(index, None)
        corner = self._transcript.viewport().mapFromGlobal(there.topLeft())
        place = QRect(corner.x(), corner.y(), there.width(), self.sizeHint().height())
        if place != self.geometry():
            self.setGeometry(place)
