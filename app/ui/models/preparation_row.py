"""One line of the list of downloads for a model that is prepared: how far it is, and what can be done about it.

Window process, interface thread. Shows what it is given.
"""

from __future__ import annotations

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout

from app.core.checkpoints.preparing import Original, Preparation, PreparationState
from app.core.checkpoints.repack import RepackActivity, RepackProgress
from app.core.sizes import format_bytes
from app.ui.labels import plain_label
from app.ui.models import prepare_words
from app.ui.models.download_row import time_left

_PERMILLE = 1000


class PreparationRow(QFrame):
    """One preparation, with the buttons that make sense in its state."""

    stopped = Signal(int)
    retried = Signal(int)
    cleared = Signal(int)
    details_requested = Signal(int)

    def __init__(self, preparation: Preparation) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self._id = preparation.id
        self._name = plain_label("heading", preparation.name)
        self._state = plain_label("small")
        self._state.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _PERMILLE)
        self.bar.setAccessibleName(preparation.name)
        self.details = self._button(self.tr("Details"), self.details_requested)
        self.stop = self._button(self.tr("Stop"), self.stopped)
        self.stop.clicked.connect(self._show_stopping)
        self.retry = self._button(self.tr("Go on"), self.retried)
        self.clear = self._button(self.tr("Clear"), self.cleared)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._name, 1)
        for button in (self.details, self.stop, self.retry, self.clear):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 10, 12)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.bar)
        column.addWidget(self._state)

    @property
    def text(self) -> str:
        """What it says of its state."""
        return self._state.text()

    def show_preparation(self, preparation: Preparation) -> None:
        """Show where it stands."""
        state = preparation.state
        under_way = state in (PreparationState.QUEUED, PreparationState.RUNNING)
        self.stop.setVisible(under_way)
        self.stop.setEnabled(True)
        self.retry.setVisible(state in (PreparationState.STOPPED, PreparationState.FAILED))
        self.retry.setText(self.tr("Try again") if state is PreparationState.FAILED else self.tr("Go on"))
        self.clear.setVisible(not under_way)
        self.details.setVisible(state is PreparationState.DONE)
        self.bar.setVisible(under_way)
        self.bar.setValue(0)
        self._state.setText(self._sentence(preparation))

    def show_progress(self, progress: RepackProgress) -> None:
        """Show how far it is."""
        if not self.stop.isEnabled():
            return  # it is about to stop
        self.bar.setValue(_PERMILLE * progress.done // max(progress.total, 1))
        parts = [prepare_words.activity(progress.activity)]
        if progress.activity is RepackActivity.WRITING and progress.total:
            amount = self.tr("{done} of {total}")
            parts.append(amount.format(done=format_bytes(progress.done), total=format_bytes(progress.total)))
            if progress.rate:
                parts.append(self.tr("{rate}/s").format(rate=format_bytes(round(progress.rate))))
            parts.append(time_left(progress.seconds_left))
        self._state.setText(" · ".join(filter(None, parts)))

    def _sentence(self, preparation: Preparation) -> str:
        match preparation.state:
            case PreparationState.QUEUED:
                return self.tr("Waiting to be prepared")
            case PreparationState.STOPPED:
                return self.tr("Stopped. What was done is kept, and so is the original.")
            case PreparationState.FAILED if preparation.failure is not None:
                error = preparation.failure.error()
                return " ".join((error.sentence, error.next_step, self.tr("The original is kept.")))
            case PreparationState.DONE if preparation.report is not None:
                gone = preparation.original is not Original.KEEP
                text = self.tr("{size}, prepared and verified; the original is removed")
                kept = self.tr("{size}, prepared and verified; the original is kept")
                return (text if gone else kept).format(size=format_bytes(preparation.report.bytes))
        return self.tr("Reading the checkpoint")

    def _show_stopping(self) -> None:
        self.stop.setEnabled(False)
        self._state.setText(self.tr("Stopping…"))

    def _button(self, text: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("kind", "quiet")
        button.setAutoDefault(False)
        button.clicked.connect(lambda: signal.emit(self._id))
        return button
