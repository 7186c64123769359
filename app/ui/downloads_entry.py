"""The sidebar's last line: how far the downloads are, as long as there are any.

Window process, interface thread. Shows what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from app.core.catalog.downloads import Download, DownloadProgress, DownloadState
from app.core.checkpoints.preparing import Preparation, PreparationState
from app.core.checkpoints.repack import RepackProgress
from app.ui.icons import LabelledButton

_PERMILLE = 1000
_OPEN = (DownloadState.RUNNING, DownloadState.QUEUED)
_UNDER_WAY = (PreparationState.RUNNING, PreparationState.QUEUED)


class DownloadsEntry(QWidget):
    """A button with a thin bar below."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._downloads: Sequence[Download] = ()
        self._preparations: Sequence[Preparation] = ()
        self._prepared = 0
        self.button = LabelledButton("download", self.tr("Downloads"))
        self.button.setProperty("kind", "wide")
        self.button.clicked.connect(self.pressed)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, _PERMILLE)
        self._bar.setAccessibleName(self.tr("Downloads"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._bar)
        column.addWidget(self.button)
        self.hide()

    def set_downloads(self, downloads: Sequence[Download]) -> None:
        """Show these."""
        self._downloads = downloads
        self._refresh()

    def set_progress(self, download_id: int, progress: DownloadProgress) -> None:
        """One of them has come further."""
        going_on = [download for download in self._downloads if download.state in _OPEN]
        others = sum(each.done for each in going_on if each.id != download_id)
        self._show(others + progress.done, sum(each.source.bytes for each in going_on))

    def set_preparations(self, preparations: Sequence[Preparation]) -> None:
        """Models that are prepared, once they are downloaded."""
        self._preparations, self._prepared = preparations, 0
        self._refresh()

    def set_preparation_progress(self, _: int, progress: RepackProgress) -> None:
        """The one at work has come further."""
        self._prepared = _PERMILLE * progress.done // max(progress.total, 1)
        self._refresh()

    def _refresh(self) -> None:
        self.setVisible(bool(self._downloads) or bool(self._preparations))
        going_on = [download for download in self._downloads if download.state in _OPEN]
        self._bar.setVisible(bool(going_on) or self._is_preparing)
        self._show(sum(each.done for each in going_on), sum(each.source.bytes for each in going_on))

    @property
    def _is_preparing(self) -> bool:
        return any(one.state in _UNDER_WAY for one in self._preparations)

    def _show(self, done: int, total: int) -> None:
        states: set[str] = {download.state for download in self._downloads}
        states |= {one.state for one in self._preparations}
        if total:
            text = self.tr("Downloads · {percent} %").format(percent=100 * done // total)
            self._bar.setValue(_PERMILLE * done // total)
        elif self._is_preparing:
            text = self.tr("Preparing · {percent} %").format(percent=100 * self._prepared // _PERMILLE)
            self._bar.setValue(self._prepared)
        elif DownloadState.FAILED in states:
            text = self.tr("Downloads · one failed")
        elif DownloadState.PAUSED in states or PreparationState.STOPPED in states:
            text = self.tr("Downloads · paused")
        else:
            text = self.tr("Downloads · done")
        self.button.setText(text)
