"""Number fields with a step up and one down, which leave the mouse wheel to the page until they are in use.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSpinBox, QWidget

from app.ui.icons import pixmap
from app.ui.stylesheet import STEP_BUTTON_WIDTH
from app.ui.wheel import only_in_focus

_INDENT = 8
_ARROW = 12


class NumberBox(QSpinBox):
    """A whole number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _prepare(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the field, then the steps."""
        super().paintEvent(event)
        _draw_steps(self)


class FractionBox(QDoubleSpinBox):
    """A number with a fraction."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _prepare(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the field, then the steps."""
        super().paintEvent(event)
        _draw_steps(self)


def _prepare(box: QAbstractSpinBox) -> None:
    # A stylesheet's padding does not reach the line edit inside a spin box.
    box.lineEdit().setTextMargins(_INDENT, 0, _INDENT, 0)
    only_in_focus(box)


def _draw_steps(box: QAbstractSpinBox) -> None:
    """An arrow in each of the two halves at the end, which are clicked to step."""
    if not box.isEnabled():
        return
    color = box.palette().color(QPalette.ColorRole.PlaceholderText)
    arrow = pixmap("chevron", color, box.devicePixelRatioF(), _ARROW)
    middle = box.width() - STEP_BUTTON_WIDTH / 2 if box.isLeftToRight() else STEP_BUTTON_WIDTH / 2
    painter = QPainter(box)
    painter.translate(middle, box.height() / 2)
    for turn in (1, -1):
        painter.scale(1, turn)
        painter.drawPixmap(-_ARROW // 2, (box.height() // 2 - _ARROW) // 2, arrow)
    painter.end()
