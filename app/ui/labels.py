"""Labels and tooltips for words that may come from outside: shown as they are, never as markup.

Window process, interface thread.
"""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtGui import Qt as RichText
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolTip


class CutLabel(QLabel):
    """One line that ends in dots where there is no room for all of it; the tooltip says it whole."""

    @property
    def shown(self) -> str:
        """What can be read of the text."""
        if self.wordWrap():
            return self.text()
        return self.fontMetrics().elidedText(self.text(), _cut(self.text()), self.contentsRect().width())

    def event(self, event: QEvent) -> bool:
        """Say what was cut off."""
        if isinstance(event, QHelpEvent) and not self.toolTip() and self.shown != self.text():
            QToolTip.showText(event.globalPos(), tip(self.text()), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it as a label, but for what is cut off."""
        shown = self.shown
        if shown == self.text():
            super().paintEvent(event)
            return
        painter, align = QPainter(self), self.alignment().value | Qt.TextFlag.TextSingleLine
        self.style().drawItemText(
            painter, self.contentsRect(), align, self.palette(), self.isEnabled(), shown, self.foregroundRole()
        )
        painter.end()


def plain_label(kind: str, text: str = "") -> CutLabel:
    """One of a kind that the stylesheet knows, cut off rather than widening its window."""
    label = CutLabel(text)
    _set_kind(label, kind)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def wrapped_label(kind: str, text: str = "", *, selectable: bool = False) -> QLabel:
    """The same over as many lines as it takes; a `selectable` one can be copied with the mouse."""
    label = QLabel(text)
    _set_kind(label, kind)
    label.setWordWrap(True)
    if selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def tip(text: str) -> str:
    """A text for a tooltip, which would heed what looks like markup, and load what that names."""
    return f"<p style='white-space:pre-wrap'>{escape(text)}</p>" if RichText.mightBeRichText(text) else text


def _set_kind(label: QLabel, kind: str) -> None:
    label.setProperty("kind", kind)
    label.setTextFormat(Qt.TextFormat.PlainText)


def _cut(text: str) -> Qt.TextElideMode:
    """A sentence loses its end; a path or a file's name its middle, since both of its ends tell."""
    return Qt.TextElideMode.ElideRight if " " in text else Qt.TextElideMode.ElideMiddle
