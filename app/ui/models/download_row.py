"""One line of the list of downloads: its progress, its rate and what can be done about it.

Window process, interface thread. Shows what it is given.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QProgressBar, QPushButton, QVBoxLayout

from app.core.catalog.downloads import Activity, Download, DownloadProgress, DownloadState
from app.core.sizes import format_bytes, format_decimal
from app.ui.icons import IconButton
from app.ui.labels import plain_label
from app.ui.models.reveal import reveal

_PERMILLE = 1000


class DownloadRow(QFrame):
    """One download, with the buttons that make sense in its state; its place in the order is in the menu."""

    paused = Signal(int)
    resumed = Signal(int)
    cancelled = Signal(int)
    moved = Signal(int, int)  # id, and how many places down
    put_next = Signal(int)

    def __init__(self, download: Download) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self._id = download.id
        self._progress: DownloadProgress | None = None
        self._prepares = download.source.is_prepared_on_the_way
        self._folder = download.folder
        self._name = plain_label("heading")
        self._state = plain_label("small")
        self._state.setWordWrap(True)
        self._file = plain_label("small")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _PERMILLE)
        self.pause = self._button(self.tr("Pause"), self._ask_to_pause)
        self.resume = self._button(self.tr("Resume"), lambda: self.resumed.emit(self._id))
        self.cancel = self._button(self.tr("Cancel"), lambda: self.cancelled.emit(self._id))
        self._add_menu()
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._name, 1)
        for button in (self.pause, self.resume, self.cancel, self.more):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 10, 12)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.bar)
        column.addWidget(self._state)
        column.addWidget(self._file)

    @property
    def text(self) -> str:
        """What it says of its state."""
        return self._state.text()

    def show_download(self, download: Download, place: int, count: int, *, can_be_next: bool) -> None:
        """Show where it stands, which is the `place` of `count`; `can_be_next` if others wait before it."""
        state = download.state
        if state is not DownloadState.RUNNING:
            self._progress = None
            self._file.hide()
            self._show_amount(download.done, download.source.bytes)
        self._name.setText(download.name)
        self.bar.setAccessibleName(download.name)
        self.bar.setVisible(state is not DownloadState.DONE)
        self.up.setEnabled(place > 0)
        self.down.setEnabled(place + 1 < count)
        self.first.setEnabled(can_be_next)
        if state is not DownloadState.RUNNING:
            self.pause.setEnabled(True)
        self.more.setAccessibleName(self.tr("More: {name}").format(name=download.name))
        self.pause.setVisible(state in (DownloadState.RUNNING, DownloadState.QUEUED))
        self.resume.setVisible(state in (DownloadState.PAUSED, DownloadState.FAILED))
        self.resume.setText(self.tr("Try again") if state is DownloadState.FAILED else self.tr("Resume"))
        self.cancel.setText(self.tr("Clear") if state is DownloadState.DONE else self.tr("Cancel"))
        if self._progress is None:
            self._state.setText(self._sentence(download))

    def show_progress(self, progress: DownloadProgress) -> None:
        """Show how far it is: over all, and the file at work."""
        self._progress = progress
        self._show_amount(progress.done, progress.total)
        if not self.pause.isEnabled():
            return  # it is about to pause
        amount = self.tr("{done} of {total}").format(
            done=format_bytes(progress.done), total=format_bytes(progress.total)
        )
        rate = self.tr("{rate}/s").format(rate=format_bytes(round(progress.rate))) if progress.rate else ""
        left = time_left(progress.seconds_left)
        self._state.setText(" · ".join(filter(None, (self._activity(progress.activity), amount, rate, left))))
        file = progress.file
        text = self.tr("{path}: {done} of {total}").format(
            path=file.path, done=format_bytes(file.done), total=format_bytes(file.total)
        )
        self._file.setText(" · ".join(filter(None, (text, time_left(progress.file_seconds_left)))))
        self._file.setVisible(file.total != progress.total)

    def _show_amount(self, done: int, total: int) -> None:
        self.bar.setValue(_PERMILLE * done // max(total, 1))

    def _sentence(self, download: Download) -> str:
        amount = self.tr("{done} of {total}").format(
            done=format_bytes(download.done), total=format_bytes(download.source.bytes)
        )
        reason = ""
        if download.failure is not None:
            error = download.failure.error()
            reason = f"{error.sentence} {error.next_step}"
        match download.state:
            case DownloadState.DONE:
                return self.tr("{total}, verified").format(total=format_bytes(download.source.bytes))
            case DownloadState.FAILED:
                return f"{amount} · {reason}" if download.done else reason
            case DownloadState.PAUSED:
                return " · ".join(filter(None, (self.tr("Paused"), amount, reason)))
            case DownloadState.QUEUED:
                return f"{self.tr('Waiting for its turn')} · {amount}"
        return self.tr("Connecting…")

    def _activity(self, activity: Activity) -> str:
        words = {
            Activity.CONNECTING: self.tr("Connecting"),
            Activity.WAITING: self.tr("Waiting for the Hub"),
            Activity.CHECKING: self.tr("Verifying"),
            Activity.REPAIRING: self.tr("Repairing"),
            Activity.PREPARING: self.tr("Preparing"),
        }
        if self._prepares:
            words[Activity.FETCHING] = self.tr("Downloading and preparing")
        return words.get(activity, "")

    def _ask_to_pause(self) -> None:
        self.pause.setEnabled(False)
        self._state.setText(self.tr("Pausing…"))
        self.paused.emit(self._id)

    def _add_menu(self) -> None:
        """Where it stands in the order; also with Alt and an arrow while something of the row has the focus."""
        self.more = IconButton("dots", self.tr("More"))
        self.menu = QMenu(self)
        self.up = self._action(self.tr("Move up"), lambda: self.moved.emit(self._id, -1), "Alt+Up")
        self.down = self._action(self.tr("Move down"), lambda: self.moved.emit(self._id, 1), "Alt+Down")
        self.first = self._action(self.tr("Run next"), lambda: self.put_next.emit(self._id))
        self.menu.addSeparator()
        self.reveal = self._action(self.tr("Show in folder"), self._show_folder)
        self.more.clicked.connect(self._open_menu)

    def _action(self, text: str, act: Callable[[], object], keys: str = "") -> QAction:
        action = self.menu.addAction(text)
        action.triggered.connect(lambda: act())
        if keys:
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self.addAction(action)
        return action

    def _open_menu(self) -> None:
        self.menu.ensurePolished()
        below = self.more.mapToGlobal(self.more.rect().bottomRight())
        below.setX(below.x() - self.menu.sizeHint().width())
        self.menu.popup(below + QPoint(0, 4))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same menu where the mouse, or the menu key, asks for it."""
        self.menu.popup(event.globalPos())

    def _show_folder(self) -> None:
        reveal(self._folder, self)

    def _button(self, text: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("kind", "quiet")
        button.setAutoDefault(False)
        button.clicked.connect(lambda: act())
        return button


def time_left(seconds: float | None) -> str:
    """`35 s left`, `12 min left`, `1.5 h left`; nothing where it cannot be told."""
    if seconds is None:
        return ""
    if seconds < 90:
        return _tr("{count} s left").format(count=max(round(seconds), 1))
    if seconds < 5400:
        return _tr("{count} min left").format(count=round(seconds / 60))
    return _tr("{count} h left").format(count=format_decimal(seconds / 3600, 1))


def _tr(text: str) -> str:
    return QCoreApplication.translate("DownloadRow", text)
