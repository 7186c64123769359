"""What stands between the transcript and the composer: progress, and problems with their next step.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.core.errors import ParleyError
from app.core.sizes import format_count
from app.ui.chat.states import PERMILLE
from app.ui.icons import Emblem, IconButton

_LEAST_MS, _MS_PER_LETTER = 1000, 60
_OFFER_MS = 8000
_MARGIN, _GAP = 12, 12
_MOST_WIDTH = 560
_MOVES = (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Move, QEvent.Type.Resize)


class Passing(QFrame):
    """Something that goes away again; `left` asks for a place for the focus, if that was in it."""

    left = Signal()

    def hideEvent(self, event: QHideEvent) -> None:
        """Where nobody takes the focus, Qt gives it to whatever comes next."""
        super().hideEvent(event)
        if not event.spontaneous() and self._has_focus():
            self.left.emit()

    def _has_focus(self) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and self.isAncestorOf(focused)


class ProgressStrip(Passing):
    """One line with a bar: a model loads beside an open conversation, or a prompt is read."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "strip")
        self._what = QLabel()
        self._what.setTextFormat(Qt.TextFormat.PlainText)
        self._what.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._value = QLabel()
        self._value.setProperty("kind", "small")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.setProperty("kind", "quiet")
        self._cancel.clicked.connect(self.cancel_requested)
        self._row = row = QHBoxLayout(self)
        row.setSpacing(12)
        row.addWidget(self._what, 1)
        row.addWidget(self._value)
        row.addWidget(self._bar)
        row.addWidget(self._cancel)
        self.setMinimumHeight(44)
        self._offer_cancel(True)
        self.hide()

    def show_load(self, model: str, fraction: float) -> None:
        """A model is being read into memory."""
        self._set(self.tr("Loading {model}").format(model=model), round(fraction * PERMILLE), PERMILLE)
        self._value.setText(self.tr("{percent} %").format(percent=int(fraction * 100)))
        self._offer_cancel(True)
        self.show()

    def set_prompt(self, done: int, total: int) -> None:
        """The model reads what it is to answer; Stop is the composer's. The caller shows the strip."""
        self._set(self.tr("Reading the chat"), done, max(total, 1))
        self._value.setText(
            self.tr("{done} of {total} tokens").format(done=format_count(done), total=format_count(total))
        )
        self._offer_cancel(False)

    def _offer_cancel(self, offered: bool) -> None:
        """A quiet button brings its own room at its ends; a bar does not."""
        self._cancel.setVisible(offered)
        self._row.setContentsMargins(16, 6, 8 if offered else 16, 6)

    def _set(self, what: str, value: int, limit: int) -> None:
        self._what.setText(what)
        self._bar.setAccessibleName(what)
        self._bar.setRange(0, limit)
        self._bar.setValue(value)


class Toast(Passing):
    """A short word that goes away by itself, floating above the composer; it may offer one thing to do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "toast")
        self._lower: list[QWidget] = []
        self._act: Callable[[], object] = lambda: None
        self._label = QLabel()
        self._label.setProperty("kind", "toast")
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton()
        self.button.setProperty("kind", "toast")
        self.button.clicked.connect(self._press)
        row = QHBoxLayout(self)
        row.setContentsMargins(_MARGIN, 6, _MARGIN, 6)
        row.setSpacing(_GAP)
        row.addWidget(self._label)
        row.addWidget(self.button)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def text(self) -> str:
        """What it says."""
        return self._label.text()

    def say(self, text: str) -> None:
        """Show a text for as long as it takes to read it."""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._show(text, "", _LEAST_MS + _MS_PER_LETTER * len(text))

    def offer(self, text: str, action: str, act: Callable[[], object]) -> None:
        """Show a text with something to do, for a while."""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, False)
        self._act = act
        self._show(text, action, _OFFER_MS)

    def stand_above(self, lower: QWidget) -> None:
        """Cover this one never, whenever it is seen and wherever it goes."""
        self._lower.append(lower)
        lower.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Make way for what has come, has grown or has moved below."""
        if event.type() in _MOVES and self.isVisible():
            self.place()
        return False

    def place(self) -> None:
        """Stand in the middle, as things lie now, and within the window."""
        parent = self.parentWidget()
        if parent is not None:
            self._fit(min(parent.width() - 2 * _GAP, _MOST_WIDTH))
            tops = [one.mapTo(parent, QPoint(0, 0)).y() for one in self._lower if one.isVisible()]
            self.move((parent.width() - self.width()) // 2, min(tops, default=parent.height()) - self.height() - _GAP)

    def _show(self, text: str, action: str, milliseconds: int) -> None:
        self._label.setText(text)
        self.button.setText(action)
        self.button.setVisible(bool(action))
        self.place()
        self.show()
        self.raise_()
        self._timer.start(milliseconds)

    def _fit(self, most: int) -> None:
        """A text that is wider goes on in another line."""
        taken = 2 * _MARGIN + (0 if self.button.isHidden() else _GAP + self.button.sizeHint().width())
        wanted = self._label.fontMetrics().horizontalAdvance(self._label.text()) + 2
        self._label.setWordWrap(wanted > most - taken)
        self._label.setFixedWidth(min(wanted, most - taken))
        self.adjustSize()

    def _press(self) -> None:
        self.hide()
        self._act()


@dataclass(frozen=True)
class NoticeAction:
    """A button of a notice."""

    text: str
    act: Callable[[], None]


class Notice(Passing):
    """A problem: what happened, the next step, and buttons for it. A new one takes the old one's place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "notice")
        self.error: ParleyError | None = None
        self._sentence = self._label("body")
        self._step = self._label("muted")
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.setContentsMargins(0, 6, 0, 0)
        self._close = IconButton("close", self.tr("Dismiss"))
        self._close.clicked.connect(self.dismiss)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._sentence)
        words.addWidget(self._step)
        words.addLayout(self._buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 8, 12)
        row.setSpacing(12)
        row.addWidget(Emblem("notice", 20, QPalette.ColorRole.BrightText), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_problem(self, error: ParleyError, actions: list[NoticeAction]) -> None:
        """Say what happened."""
        self.error = error
        self._sentence.setText(error.sentence)
        self._step.setText(error.next_step)
        self._step.setVisible(bool(error.next_step))
        self.setAccessibleName(str(error))
        had_focus = self._has_focus()
        self._clear_buttons()
        stops: list[QWidget] = [self._close, *(self._add_button(action) for action in actions)]
        self._buttons.addStretch(1)
        for before, after in pairwise(stops):
            self.setTabOrder(before, after)
        self.show()
        if had_focus:
            stops[1 if actions else 0].setFocus(Qt.FocusReason.OtherFocusReason)

    def dismiss(self) -> None:
        """Forget the problem."""
        self.error = None
        self.hide()

    def _add_button(self, action: NoticeAction) -> QPushButton:
        button = QPushButton(action.text)
        button.clicked.connect(action.act)
        self._buttons.addWidget(button)
        button.show()  # a layout would do so later, and what is not seen cannot take the focus
        return button

    def _clear_buttons(self) -> None:
        while (item := self._buttons.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _label(self, kind: str) -> QLabel:
        label = QLabel()
        label.setProperty("kind", kind)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label
