"""The list of downloads: in their order, with a limit on their speed.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.core.catalog.downloads import Download, DownloadProgress, DownloadState
from app.core.checkpoints.preparing import Preparation, PreparationState
from app.core.checkpoints.repack import RepackProgress
from app.core.sizes import format_bytes
from app.services.download_queue import DownloadQueue
from app.services.model_import import ModelImport
from app.services.preferences import Preferences
from app.ui.chat.panel import Panel
from app.ui.fitting_dialog import BoundedDialog
from app.ui.icons import ComboBox
from app.ui.labels import plain_label
from app.ui.models.download_row import DownloadRow, time_left
from app.ui.models.preparation_row import PreparationRow
from app.ui.models.prepare_words import report_text
from app.ui.text_dialog import MessageDialog, TextDialog

_LIMITS = (0, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000)
_OPEN = (DownloadState.RUNNING, DownloadState.QUEUED)
_WORTH_ASKING = 10_000_000


class DownloadsDialog(BoundedDialog):
    """All downloads in their order; it can be closed while they go on."""

    find_requested = Signal()

    def __init__(
        self, queue: DownloadQueue, imports: ModelImport, preferences: Preferences, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._imports = imports
        self._preferences = preferences
        self.rows: dict[int, DownloadRow] = {}
        self.preparations: dict[int, PreparationRow] = {}
        self._progress: dict[int, DownloadProgress] = {}
        self.setWindowTitle(self.tr("Downloads"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(620, 460)
        self._all = plain_label("muted")
        self._nothing = self._make_nothing()
        self._area = QScrollArea()
        self.limit = self._limit_choice()
        self.clear = QPushButton(self.tr("Clear finished"))
        self.clear.setAutoDefault(False)
        self.clear.clicked.connect(self._clear_finished)
        self._fill_area()
        self._lay_out()
        self._listen()
        self._show(queue.downloads)
        self._show_preparations(imports.preparations)

    @property
    def summary(self) -> str:
        """How far all are together; nothing where that is no more than what the one says."""
        return self._all.text() if self._all.isVisible() else ""

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addWidget(self._all)
        column.addWidget(self._nothing, 1)
        column.addWidget(self._area, 1)
        column.addLayout(self._buttons())

    def _make_nothing(self) -> Panel:
        text = self.tr("What you download is listed here, and goes on while this window is closed.")
        panel = Panel("download", self.tr("No downloads"), text)
        find = panel.add_button(self.tr("Find a model…"))
        find.clicked.connect(self.accept)
        find.clicked.connect(self.find_requested)
        return panel

    def _fill_area(self) -> None:
        """Where the rows go, one below the other."""
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._column.addStretch(1)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidget(inner)

    def _buttons(self) -> QHBoxLayout:
        close = QPushButton(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.limit)
        buttons.addWidget(self.clear)
        buttons.addStretch(1)
        buttons.addWidget(close)
        return buttons

    def _listen(self) -> None:
        self._queue.changed.connect(self._show)
        self._queue.progress.connect(self._show_progress)
        self._imports.changed.connect(self._show_preparations)
        self._imports.progress.connect(self._show_preparing)

    def _limit_choice(self) -> ComboBox:
        now = int(self._preferences.get("downloads.limit"))
        choice = ComboBox()
        choice.setAccessibleName(self.tr("Speed limit"))
        for limit in sorted({*_LIMITS, now}):
            text = self.tr("At most {rate}/s").format(rate=format_bytes(limit)) if limit else self.tr("No speed limit")
            choice.addItem(text, limit)
        choice.setCurrentIndex(choice.findData(now))
        choice.currentIndexChanged.connect(lambda _: self._preferences.set("downloads.limit", choice.currentData()))
        return choice

    def _show(self, downloads: Sequence[Download]) -> None:
        known = {download.id for download in downloads}
        for gone in [key for key in self.rows if key not in known]:
            self.rows.pop(gone).deleteLater()
        waiting = 0
        for place, download in enumerate(downloads):
            row = self.rows.get(download.id) or self._add_row(download)
            if self._column.indexOf(row) != place:
                self._column.removeWidget(row)
                self._column.insertWidget(place, row)
            queued = download.state is DownloadState.QUEUED
            row.show_download(download, place, len(downloads), can_be_next=queued and waiting > 0)
            waiting += queued
        running = {download.id for download in downloads if download.state is DownloadState.RUNNING}
        self._progress = {key: progress for key, progress in self._progress.items() if key in running}
        self._show_all()
        self._show_what_is_over()

    def _show_preparations(self, preparations: Sequence[Preparation]) -> None:
        """Below the downloads, from which they came."""
        known = {preparation.id for preparation in preparations}
        for gone in [key for key in self.preparations if key not in known]:
            self.preparations.pop(gone).deleteLater()
        for preparation in preparations:
            row = self.preparations.get(preparation.id) or self._add_preparation(preparation)
            row.show_preparation(preparation)
        self._show_what_is_over()

    def _show_preparing(self, preparation_id: int, progress: RepackProgress) -> None:
        if (row := self.preparations.get(preparation_id)) is not None:
            row.show_progress(progress)

    def _add_preparation(self, preparation: Preparation) -> PreparationRow:
        row = self.preparations[preparation.id] = PreparationRow(preparation)
        self._column.insertWidget(self._column.count() - 1, row)
        row.stopped.connect(self._imports.stop)
        row.retried.connect(self._imports.retry)
        row.cleared.connect(self._imports.clear)
        row.details_requested.connect(self._show_report)
        return row

    def _show_report(self, preparation_id: int) -> None:
        preparation = next(one for one in self._imports.preparations if one.id == preparation_id)
        TextDialog(self.tr("How it was made"), preparation.name, report_text(preparation), self).open()

    def _show_what_is_over(self) -> None:
        downloads, preparations = self._queue.downloads, self._imports.preparations
        is_empty = not downloads and not preparations
        self._nothing.setVisible(is_empty)
        self._area.setVisible(not is_empty)
        over = any(download.state is DownloadState.DONE for download in downloads)
        self.clear.setVisible(over or any(one.state is PreparationState.DONE for one in preparations))

    def _show_progress(self, download_id: int, progress: DownloadProgress) -> None:
        row = self.rows.get(download_id)
        if row is not None:
            row.show_progress(progress)
            self._progress[download_id] = progress
            self._show_all()

    def _show_all(self) -> None:
        """How far all are that run or wait."""
        going_on = [download for download in self._queue.downloads if download.state in _OPEN]
        done, total = sum(each.done for each in going_on), sum(each.source.bytes for each in going_on)
        rate = sum(progress.rate for progress in self._progress.values())
        parts = [self.tr("{done} of {total}").format(done=format_bytes(done), total=format_bytes(total))]
        if rate > 0:
            parts += [self.tr("{rate}/s").format(rate=format_bytes(round(rate))), time_left((total - done) / rate)]
        self._all.setText(self.tr("All together: {amount}").format(amount=" · ".join(parts)))
        self._all.setVisible(len(going_on) > 1)

    def _add_row(self, download: Download) -> DownloadRow:
        row = self.rows[download.id] = DownloadRow(download)
        row.paused.connect(self._queue.pause)
        row.resumed.connect(self._queue.resume)
        row.cancelled.connect(self._ask_to_cancel)
        row.moved.connect(self._move)
        row.put_next.connect(self._put_next)
        return row

    def _move(self, download_id: int, step: int) -> None:
        place = [download.id for download in self._queue.downloads].index(download_id)
        self._queue.move(download_id, place + step)
        self.rows[download_id].more.setFocus(Qt.FocusReason.OtherFocusReason)

    def _put_next(self, download_id: int) -> None:
        """Let it be the next one to run."""
        order = [download for download in self._queue.downloads if download.id != download_id]
        waits = (place for place, other in enumerate(order) if other.state is DownloadState.QUEUED)
        self._queue.move(download_id, next(waits, len(order)))

    def _clear_finished(self) -> None:
        for download in list(self._queue.downloads):
            if download.state is DownloadState.DONE:
                self._queue.cancel(download.id)
        for preparation in list(self._imports.preparations):
            if preparation.state is PreparationState.DONE:
                self._imports.clear(preparation.id)

    def _ask_to_cancel(self, download_id: int) -> None:
        """What has arrived is deleted, so it is asked for first where that is much."""
        download = next(download for download in self._queue.downloads if download.id == download_id)
        if download.state is DownloadState.DONE or download.done < _WORTH_ASKING:
            self._queue.cancel(download_id)
            return
        heading = self.tr("Cancel {name}?").format(name=download.name)
        text = self.tr("{size} that have arrived are deleted. Pause keeps them.")
        dialog = MessageDialog(self.tr("Cancel"), heading, text.format(size=format_bytes(download.done)), self)
        dialog.add_button(self.tr("Keep it"), dialog.reject, default=True)
        dialog.add_button(self.tr("Cancel the download"), lambda: self._cancel(download_id))
        dialog.open()

    def _cancel(self, download_id: int) -> None:
        if download_id in self.rows:  # it may have ended and been cleared while the question stood
            self._queue.cancel(download_id)
