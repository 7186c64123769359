"""Where a message is written: the field, Send or Stop, and below them what the context holds.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.core.sizes import format_count, format_rate
from app.services.attaching import AttachedFile
from app.ui.chat.attachment_chips import AttachmentChips
from app.ui.chat.message_edit import MessageEdit
from app.ui.icons import IconButton

_NEARLY_FULL = 0.9


class Meter(QWidget):
    """A thin bar: the part of the context that is used."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fraction = 0.0
        self.setFixedSize(QSize(72, 6))

    def set_fraction(self, fraction: float) -> None:
        """Between 0 and 1."""
        self._fraction = min(max(fraction, 0.0), 1.0)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the track and the used part."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(QRectF(self.rect()), 3, 3)
        if self._fraction:
            used = max(self._fraction * self.width(), self.height())
            painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
            painter.drawRoundedRect(QRectF(0, 0, used, self.height()), 3, 3)
        painter.end()


class Composer(QWidget):
    """Keeps the text until `clear_sent` says that it was stored."""

    send_requested = Signal(str)
    stop_requested = Signal()
    attach_requested = Signal()
    files_pasted = Signal(list)  # list[Path]
    remove_requested = Signal(str)  # key of an attached file

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._running = False
        self._stoppable = True
        self._files: Sequence[AttachedFile] = ()
        self.edit = MessageEdit()
        self.edit.setAccessibleName(self.tr("Message"))
        self.edit.textChanged.connect(self._show_button)
        self.edit.send_pressed.connect(self._send)
        self.edit.focus_changed.connect(self._show_focus)
        self.edit.files_pasted.connect(self.files_pasted)
        self.chips = AttachmentChips()
        self.chips.remove_requested.connect(self.remove_requested)
        self._attach = IconButton("attach", self.tr("Attach files…"))
        self._attach.clicked.connect(self.attach_requested)
        self._rate = self._small_label("small")
        self._button = IconButton("send", self.tr("Send"), role=QPalette.ColorRole.HighlightedText)
        self._button.setProperty("kind", "send")
        self._button.setFixedSize(32, 32)
        self._button.clicked.connect(self._press)
        for button in (self._attach, self._button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # who clicks it goes on writing
        self._meter = Meter()
        self._tokens = self._small_label("small")
        self._tokens.setAccessibleName(self.tr("Context"))
        self._device = self._small_label("good")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 12)
        column.setSpacing(6)
        column.addWidget(self._make_card())
        column.addLayout(self._make_footer())
        self.set_context(0, 0)
        self.set_device("")
        self._show_button()

    def text(self) -> str:
        """What is written."""
        return self.edit.text()

    def clear_sent(self, text: str) -> None:
        """Empty the field if it still holds what was sent."""
        if self.text() == text:
            self.edit.clear()

    def set_text(self, text: str) -> None:
        """Write something else into the field."""
        self.edit.set_text(text)

    def show_files(self, files: Sequence[AttachedFile]) -> None:
        """Show the files that the message takes along."""
        self._files = files
        self.chips.show_files(files)
        for before, after in pairwise([self.edit, *self.chips.stops, self._attach]):
            self.setTabOrder(before, after)
        self._show_button()

    def set_temporary(self, temporary: bool) -> None:
        """Look as if nothing stays."""
        self._set_card("temporary", temporary)

    def set_placeholder(self, text: str) -> None:
        """What an empty field says."""
        self.edit.setPlaceholderText(text)
        self.edit.viewport().update()  # Qt paints another text only with the next key

    def set_send_with_enter(self, enter: bool) -> None:
        """Enter sends, or Ctrl+Enter does."""
        self.edit.send_with_enter = enter

    def set_running(self, running: bool, *, stoppable: bool = True) -> None:
        """Offer Stop while a reply runs, else Send."""
        self._running = running
        self._stoppable = stoppable
        self._show_button()

    def set_context(self, used: int, limit: int) -> None:
        """Tokens used and the limit; 0 hides the meter."""
        self._meter.setVisible(limit > 0)
        self._meter.set_fraction(used / limit if limit else 0.0)
        words = self.tr("{used} of {limit} tokens").format(used=format_count(used), limit=format_count(limit))
        if limit and used / limit >= _NEARLY_FULL:
            words += self.tr(", nearly full")
        self._tokens.setText(words if limit else "")

    def set_rate(self, rate: float) -> None:
        """Tokens per second; 0 hides it."""
        self._rate.setText(self.tr("{rate} tok/s").format(rate=format_rate(rate)) if rate else "")

    def set_device(self, device: str) -> None:
        """Where the model runs; empty when none does."""
        self._device.setText(f"● {device}" if device else "")

    def _make_card(self) -> QFrame:
        self._card = QFrame()
        self._card.setProperty("kind", "card")
        self._card.setProperty("focused", False)
        self._card.setProperty("temporary", False)
        self._card.setCursor(Qt.CursorShape.IBeamCursor)
        self._card.setFocusProxy(self.edit)
        for inner in (self._button, self._attach, self.chips):
            inner.setCursor(Qt.CursorShape.ArrowCursor)
        below = QHBoxLayout()
        below.setSpacing(16)
        below.addWidget(self._attach)
        below.addStretch(1)
        below.addWidget(self._rate)
        below.addWidget(self._button)
        column = QVBoxLayout(self._card)
        column.setContentsMargins(16, 13, 10, 9)
        column.setSpacing(4)
        column.addWidget(self.chips)
        column.addWidget(self.edit)
        column.addLayout(below)
        return self._card

    def _make_footer(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(2, 0, 2, 0)
        row.setSpacing(8)
        row.addWidget(self._meter)
        row.addWidget(self._tokens)
        row.addStretch(1)
        row.addWidget(self._device)
        return row

    def _small_label(self, kind: str) -> QLabel:
        label = QLabel()
        label.setProperty("kind", kind)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        return label

    def _press(self) -> None:
        if self._running:
            self.stop_requested.emit()
        else:
            self._send()

    def _send(self) -> None:
        if not self._running and self._can_send():
            self.send_requested.emit(self.text())

    def _can_send(self) -> bool:
        is_read = all(file.attachment is not None for file in self._files)
        return is_read and (bool(self._files) or self._has_text())

    def _has_text(self) -> bool:
        block = self.edit.document().firstBlock()
        while block.isValid():
            if block.text().strip():
                return True
            block = block.next()
        return False

    def _show_button(self) -> None:
        if self._running:
            self._button.show_as("stop", self.tr("Stop"))
        else:
            self._button.show_as("send", self.tr("Send"))
        self._button.setEnabled(self._stoppable if self._running else self._can_send())

    def _show_focus(self, focused: bool) -> None:
        self._set_card("focused", focused)

    def _set_card(self, name: str, value: bool) -> None:
        self._card.setProperty(name, value)
        self._card.style().unpolish(self._card)
        self._card.style().polish(self._card)
