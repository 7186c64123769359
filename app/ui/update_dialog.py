"""A newer version: what is new, and how its installer comes here.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDate, QLocale, Qt, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.core.errors import ParleyError
from app.core.program.updates import Release
from app.core.sizes import format_bytes
from app.ui.changes import ChangesPage
from app.ui.fitting_dialog import FittingDialog
from app.ui.labels import wrapped_label

_PERMILLE = 1000


class UpdateDialog(FittingDialog):
    """The changes, and below them one button for the next step."""

    fetch_requested = Signal()
    cancel_requested = Signal()
    folder_requested = Signal()

    def __init__(self, release: Release, current: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Newer version"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 520)
        title = self.tr("Parley {version} is there").format(version=release.version)
        heading = wrapped_label("heading", title, selectable=True)
        remark = wrapped_label("muted", self._remark(release, current), selectable=True)
        self.changes = ChangesPage(release.changes)
        self.status = wrapped_label("muted", selectable=True)
        self.status.hide()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, _PERMILLE)
        self.progress.setAccessibleName(self.tr("Download"))
        self.progress.hide()
        self.fetch = self._button(self.tr("Download and install"), self.fetch_requested)
        self.fetch.setDefault(True)
        self.cancel = self._button(self.tr("Cancel"), self.cancel_requested)
        self.cancel.hide()
        self.folder = self._button(self.tr("Open folder"), self.folder_requested)
        self.folder.hide()
        self.leave = QPushButton(self.tr("Not now"))
        self.leave.setAutoDefault(False)
        self.leave.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(12)
        for widget in (heading, remark):
            column.addWidget(widget)
        column.addWidget(self.changes, 1)
        column.addWidget(self.status)
        column.addWidget(self.progress)
        column.addLayout(self._foot())

    def show_progress(self, done: int, total: int) -> None:
        """The package arrives."""
        self.progress.setValue(done * _PERMILLE // max(total, 1))
        self._say(
            self.tr("Downloading: {done} of {total}").format(done=format_bytes(done), total=format_bytes(total)),
            running=True,
        )

    def show_error(self, error: ParleyError) -> None:
        """It came to nothing; it can be tried again."""
        self._say(str(error), running=False)
        self.fetch.setText(self.tr("Try again"))

    def show_stopped(self) -> None:
        """The user stopped it."""
        self._say("", running=False)

    def show_handed_over(self, package: Path, *, opened: bool) -> None:
        """The package lies there, verified; `opened` says whether the system took it."""
        if opened:
            text = self.tr(
                "{file} is verified, and the system's installer has it. Close Parley before it begins. Your chats "
                "stay as they are, and are copied before the new version changes anything about them."
            )
        else:
            text = self.tr(
                "{file} is verified and lies in the folder {folder}. Close Parley, and use this file in the place of "
                "the one that you had. Your chats stay as they are."
            )
        self._say(text.format(file=package.name, folder=package.parent), running=False)
        self.fetch.hide()
        self.folder.setVisible(not opened)
        self.leave.setText(self.tr("Close"))

    def _say(self, text: str, *, running: bool) -> None:
        self.status.setText(text)
        self.status.setVisible(bool(text))
        self.progress.setVisible(running)
        self.cancel.setVisible(running)
        for button in (self.fetch, self.leave):
            button.setVisible(not running)

    def _remark(self, release: Release, current: str) -> str:
        day = QDate.fromString(release.date, Qt.DateFormat.ISODate)
        date = QLocale().toString(day, QLocale.FormatType.LongFormat) if day.isValid() else release.date
        return self.tr("Of {date}. Version {current} runs here.").format(date=date, current=current)

    def _button(self, text: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(signal)
        return button

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button in (self.leave, self.folder, self.cancel, self.fetch):
            row.addWidget(button)
        return row
