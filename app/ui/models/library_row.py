"""One model of the library: what it is, what is being done with it, and a menu of what can be done.

Window process, interface thread. Shows what it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.ui.icons import IconButton
from app.ui.labels import plain_label

_PERMILLE = 1000

Act = tuple[str, Callable[[], object]]


class LibraryRow(QFrame):
    """`main` is what one mostly wants, on a button of its own; all else is in the menu."""

    def __init__(
        self, name: str, remark: str, main: Act | None, acts: Sequence[Act | None], kind: str = "small"
    ) -> None:
        """`acts` are the menu's lines; None stands for a line between. `kind` is that of the remark."""
        super().__init__()
        self.setProperty("kind", "card")
        self._name = name
        self._plain = remark, kind
        self._remark = plain_label(kind, remark)
        self._remark.setWordWrap(True)
        self.menu = QMenu(self)
        for act in acts:
            if act is None:
                self.menu.addSeparator()
            else:
                self.menu.addAction(act[0]).triggered.connect(_without_argument(act[1]))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _PERMILLE)
        self.bar.setAccessibleName(name)
        self.bar.hide()
        self.stop = QPushButton(self.tr("Stop"))
        self.stop.setProperty("kind", "quiet")
        self.stop.setAutoDefault(False)
        self.stop.setAccessibleName(self.tr("Stop: {name}").format(name=name))
        self.stop.hide()
        self._lay_out(plain_label("heading", name), main)

    @property
    def remark(self) -> str:
        """The line below the name."""
        return self._remark.text()

    @property
    def in_order(self) -> list[QWidget]:
        """What takes the focus, in the order of reading."""
        return [widget for widget in (self.stop, self._main, self.more) if widget is not None]

    def take_focus(self) -> None:
        """Have the focus on what one mostly wants."""
        enabled = (widget for widget in self.in_order if widget.isVisibleTo(self) and widget.isEnabled())
        if (first := next(enabled, None)) is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def say(self, text: str, kind: str = "small") -> None:
        """Show something else in that line."""
        self._remark.setText(text)
        if self._remark.property("kind") != kind:
            self._remark.setProperty("kind", kind)
            self._remark.style().unpolish(self._remark)
            self._remark.style().polish(self._remark)

    def show_work(self, text: str, done: int, total: int) -> None:
        """Say what is being done, and how far it is."""
        self.say(text)
        self.bar.setValue(_PERMILLE * done // max(total, 1))
        self.bar.show()
        self.stop.show()
        if self.window().focusWidget() is self.more:
            self.stop.setFocus(Qt.FocusReason.OtherFocusReason)
        self.more.setEnabled(False)

    def end_work(self, text: str = "", kind: str = "small") -> None:
        """Say how it ended, or again what it is."""
        self.more.setEnabled(True)
        if self.window().focusWidget() is self.stop:
            self.more.setFocus(Qt.FocusReason.OtherFocusReason)
        self.bar.hide()
        self.stop.hide()
        self.say(*((text, kind) if text else self._plain))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same menu where the mouse, or the menu key, asks for it."""
        if self.more.isEnabled():
            self.menu.popup(event.globalPos())

    def _lay_out(self, title: QLabel, main: Act | None) -> None:
        heads = QVBoxLayout()
        heads.setSpacing(4)
        heads.addWidget(title)
        heads.addWidget(self._remark)
        heads.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 10, 10)
        row.setSpacing(4)
        row.addLayout(heads, 1)
        row.addWidget(self.stop)
        self._main = self._button(main) if main is not None else None
        if self._main is not None:
            row.addWidget(self._main)
        self.more = IconButton("dots", self.tr("More: {name}").format(name=self._name))
        self.more.clicked.connect(self._open_menu)
        self.more.setVisible(not self.menu.isEmpty())
        row.addWidget(self.more)

    def _button(self, act: Act) -> QPushButton:
        button = QPushButton(act[0])
        button.setProperty("kind", "quiet")
        button.setAutoDefault(False)
        button.setAccessibleName(f"{act[0]}: {self._name}")
        button.clicked.connect(_without_argument(act[1]))
        return button

    def _open_menu(self) -> None:
        self.menu.ensurePolished()
        below = self.more.mapToGlobal(self.more.rect().bottomRight())
        below.setX(below.x() - self.menu.sizeHint().width())
        self.menu.popup(below + QPoint(0, 4))


def _without_argument(act: Callable[[], object]) -> Callable[[], object]:
    return lambda: act()
