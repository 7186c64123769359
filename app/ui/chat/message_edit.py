"""The text field of the composer: grows with its text, and takes a megabyte on one line.

Window process, interface thread. Qt lays out a paragraph in time quadratic in its length, so a long
pasted line is held as several blocks; those that continue a line carry a mark, and `text` joins them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

MAX_LINES = 8
_SIDES = {
    Qt.LayoutDirection.LeftToRight: Qt.AlignmentFlag.AlignLeft,
    Qt.LayoutDirection.RightToLeft: Qt.AlignmentFlag.AlignRight,
}
MAX_BLOCK = 2000
_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTINUES = int(QTextFormat.Property.UserProperty) + 1


class MessageEdit(QPlainTextEdit):
    """Announces the sending key, a change of focus, and a change of its height."""

    send_pressed = Signal()
    height_wanted = Signal(int)
    focus_changed = Signal(bool)
    files_pasted = Signal(list)  # list[Path]
    last_wanted = Signal()  # Up was pressed and nothing is written
    undo_wanted = Signal()  # and there is nothing to undo here

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "message")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.document().clearUndoRedoStacks()  # for Qt the margin is a step that could be taken back
        self.send_with_enter = True
        self.document().documentLayout().documentSizeChanged.connect(lambda _: self._fit())
        self.textChanged.connect(self._align)

    def text(self) -> str:
        """What the user wrote or pasted, without the breaks made here."""
        return _joined(self._blocks(0, self.document().characterCount()))

    def set_text(self, text: str) -> None:
        """Hold another text, the cursor behind it."""
        self.clear()
        self._insert(text)
        self.document().clearUndoRedoStacks()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tell the sending key from the one for a new line; Up in an empty field asks for the last message."""
        if event.key() == Qt.Key.Key_Up and not event.modifiers() and self.document().isEmpty():
            self.last_wanted.emit()
            return
        if event.matches(QKeySequence.StandardKey.Undo) and not self.document().isUndoAvailable():
            self.undo_wanted.emit()
            return
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        sending = Qt.KeyboardModifier.NoModifier if self.send_with_enter else Qt.KeyboardModifier.ControlModifier
        if modifiers == sending:
            self.send_pressed.emit()
        else:
            self.textCursor().insertBlock(QTextBlockFormat())
            self.ensureCursorVisible()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Text only: a dropped file is the window's."""
        return source.hasText() and not source.hasUrls()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Insert text, long lines in several blocks; files are told of."""
        files = [Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()]
        if files:
            self.files_pasted.emit(files)
        else:
            self._insert(source.text())

    def _insert(self, text: str) -> None:
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.removeSelectedText()
        for number, line in enumerate(_LINE_END.split(text)):
            if number:
                cursor.insertBlock(QTextBlockFormat())
            _insert_line(cursor, line)
        cursor.endEditBlock()
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy as it was pasted."""
        cursor = self.textCursor()
        copied = QMimeData()
        copied.setText(_joined(self._blocks(cursor.selectionStart(), cursor.selectionEnd())))
        return copied

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Announce the focus."""
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Announce the focus."""
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def showEvent(self, event: object) -> None:
        """Take the right height and side at once."""
        super().showEvent(event)  # type: ignore[arg-type]
        self._align()
        self._fit()

    def _align(self) -> None:
        """Begin at the side where the first words are read from; a field of plain text has one side for all of them."""
        block = self.document().firstBlock()
        while not block.text().strip() and block.next().isValid():
            block = block.next()
        direction = block.textDirection() if block.text().strip() else self.layoutDirection()
        option = self.document().defaultTextOption()
        if option.alignment() != _SIDES[direction]:
            option.setAlignment(_SIDES[direction])
            self.document().setDefaultTextOption(option)

    def _fit(self) -> None:
        # A plain-text layout measures its height in lines.
        lines = min(max(1, round(self.document().size().height())), MAX_LINES)
        first = self.document().firstBlock()
        line = self.blockBoundingRect(first).height() / max(first.lineCount(), 1)
        height = math.ceil(lines * line) + 2
        if height != self.height():
            self.setFixedHeight(height)
            self.height_wanted.emit(height)

    def _blocks(self, start: int, end: int) -> Iterator[tuple[QTextBlock, str]]:
        block = self.document().findBlock(start)
        while block.isValid() and block.position() <= end:
            text = block.text()
            yield block, text[max(0, start - block.position()) : max(0, end - block.position())]
            block = block.next()


def _insert_line(cursor: QTextCursor, line: str) -> None:
    continues = QTextBlockFormat()
    continues.setProperty(_CONTINUES, True)
    cursor.insertText(line[:MAX_BLOCK])
    for start in range(MAX_BLOCK, len(line), MAX_BLOCK):
        cursor.insertBlock(continues)
        cursor.insertText(line[start : start + MAX_BLOCK])


def _joined(blocks: Iterator[tuple[QTextBlock, str]]) -> str:
    parts: list[str] = []
    for block, text in blocks:
        if parts and not block.blockFormat().hasProperty(_CONTINUES):
            parts.append("\n")
        parts.append(text)
    return "".join(parts)
