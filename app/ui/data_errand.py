"""Shows work on the data that is done while no window is open: how far it is, and what came of it.

Window process, interface thread; the work runs on a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.core.errors import Cancelled, Failure, ParleyError
from app.ui.fitting_dialog import FittingDialog
from app.ui.labels import wrapped_label

_STEPS = 1000

Work = Callable[[Callable[[int, int], None]], str]
"""Tells how far it is; returns what is to be read of how it went, which is mostly nothing."""


class ErrandDialog(FittingDialog):
    """Begins when it is shown and closes by itself; an error, or what else there is to say, stays until it is read."""

    _advanced = Signal(int)
    _ended = Signal(object)  # ParleyError, or the words that are to be read

    def __init__(self, title: str, work: Work, *, cancellable: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(480)
        self.error: ParleyError | None = None
        self._is_over = False
        self._work = work
        self._cancelled = Event()
        self._thread = Thread(target=self._run, name="errand")
        self._title = wrapped_label("heading", title)
        self._text = wrapped_label("muted", self.tr("Parley opens again when it is done."))
        self._bar = QProgressBar()
        self._bar.setRange(0, _STEPS)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(title)
        self.button = QPushButton(self.tr("Cancel"))
        self.button.setAutoDefault(False)
        self.button.setVisible(cancellable)
        self.button.clicked.connect(self.reject)
        self._cancellable = cancellable
        self._lay_out()
        self._advanced.connect(self._bar.setValue)
        self._ended.connect(self._on_end)

    def exec(self) -> int:
        """Do the work; returns when it is over and the user has read what went wrong, if anything did."""
        self._thread.start()
        try:
            return super().exec()
        finally:
            self._thread.join()

    def come_forward(self) -> None:
        """Parley was started once more: show that this is what it does."""
        self.raise_()
        self.activateWindow()
        QApplication.alert(self)

    def reject(self) -> None:
        """Cancel what can be cancelled; once it is over, close."""
        if self._is_over:
            super().reject()
        elif self._cancellable:
            self.button.setEnabled(False)
            self._cancelled.set()

    def _run(self) -> None:
        outcome: ParleyError | str = ""
        try:
            outcome = self._work(self._advance)
        except Cancelled:
            pass
        except Exception as raised:
            outcome = raised if isinstance(raised, ParleyError) else Failure.of(raised).error()
        self._ended.emit(outcome)

    def _advance(self, done: int, total: int) -> None:
        if self._cancelled.is_set():
            raise Cancelled
        self._advanced.emit(done * _STEPS // max(total, 1))

    def _on_end(self, outcome: ParleyError | str) -> None:
        if isinstance(outcome, ParleyError):
            self.error = outcome
            self._stay(outcome.sentence, outcome.next_step)
        elif outcome:
            self._stay(self.tr("Done"), outcome)
        else:
            self.accept()

    def _stay(self, heading: str, text: str) -> None:
        self._is_over = True
        self._title.setText(heading)
        self._text.setText(text)
        self._bar.hide()
        self.button.setText(self.tr("Open Parley"))
        self.button.setEnabled(True)
        self.button.setVisible(True)
        self.button.setDefault(True)
        self.button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(12)
        column.addWidget(self._title)
        column.addWidget(self._bar)
        column.addWidget(self._text)
        column.addSpacing(8)
        column.addLayout(buttons)
