"""The backups there are, one more of this moment, and putting one back.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPushButton,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.core.data.backups import Backup, BackupKind
from app.core.errors import ParleyError
from app.core.sizes import format_bytes, format_count
from app.ui.fitting_dialog import FittingDialog
from app.ui.foot_row import foot_row
from app.ui.labels import wrapped_label

_BACKUP = Qt.ItemDataRole.UserRole


class BackupsDialog(FittingDialog):
    """A row for each backup; restoring one is confirmed in the same dialog."""

    backup_requested = Signal()
    restore_requested = Signal(object)  # Backup

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Backups"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize_by_text(620, 440)
        self.rows = QTreeWidget()
        self.rows.setProperty("kind", "rows")
        self.rows.setRootIsDecorated(False)
        self.rows.setUniformRowHeights(True)
        self.rows.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.rows.setAccessibleName(self.tr("Backups"))
        self.rows.setHeaderLabels([self.tr("Made"), self.tr("Why"), self.tr("Chats"), self.tr("Size")])
        _align_numbers(self.rows.headerItem())
        self.make = QPushButton(self.tr("Back up now"))
        self.restore = QPushButton(self.tr("Restore…"))
        self.confirm = QPushButton(self.tr("Restore"))
        self._close = QPushButton(self.tr("Close"))
        self._back = QPushButton(self.tr("Cancel"))
        self._intro = wrapped_label(
            "muted", self.tr("Parley makes one every day: the last seven days and four weeks are kept.")
        )
        self._question = wrapped_label("heading")
        self._remark = wrapped_label("small")
        self._remark.hide()
        self._pages = QStackedLayout()
        self._lay_out()
        self._connect()

    def set_backups(self, backups: Sequence[Backup]) -> None:
        """Show these, the newest first."""
        self.rows.clear()
        for backup in backups:
            item = QTreeWidgetItem([_moment(backup.made_at), self._why(backup.kind), _held(backup), ""])
            item.setText(3, format_bytes(backup.bytes))
            item.setData(0, _BACKUP, backup)
            _align_numbers(item)
            if backup.conversations is None:
                item.setText(1, self.tr("Damaged"))
                item.setDisabled(True)
            self.rows.addTopLevelItem(item)
        first = self.rows.topLevelItem(0)
        if first is not None:
            self.rows.setCurrentItem(first)
        self._intro.setText(
            self.tr("Parley makes one every day: the last seven days and four weeks are kept.")
            if backups
            else self.tr("There is no backup yet. Parley makes one every day.")
        )
        self.make.setEnabled(True)

    def show_made(self, backup: Backup) -> None:
        """Say that a backup was made."""
        self._say(self.tr("Backed up: {size}.").format(size=format_bytes(backup.bytes)))

    def show_error(self, error: ParleyError) -> None:
        """Say what went wrong."""
        self.make.setEnabled(True)
        self._say(str(error))

    def _say(self, text: str) -> None:
        self._remark.setText(text)
        self._remark.show()

    def _chosen(self) -> Backup | None:
        item = self.rows.currentItem()
        backup = item.data(0, _BACKUP) if item is not None and not item.isDisabled() else None
        return backup if isinstance(backup, Backup) else None

    def _connect(self) -> None:
        self.make.clicked.connect(self._make)
        self.restore.clicked.connect(self._ask)
        # Later, or the Enter that asks the question would answer it too: the list leaves it to the dialog.
        self.rows.itemActivated.connect(lambda: QTimer.singleShot(0, self, self._ask))
        self.rows.currentItemChanged.connect(lambda: self.restore.setEnabled(self._chosen() is not None))
        self._back.clicked.connect(lambda: self._pages.setCurrentIndex(0))
        self.confirm.clicked.connect(self._restore)
        self._close.clicked.connect(self.reject)
        self.restore.setEnabled(False)

    def _make(self) -> None:
        self.rows.setFocus(Qt.FocusReason.OtherFocusReason)  # not on to the next button, which closes
        self.make.setEnabled(False)
        self.backup_requested.emit()

    def _ask(self) -> None:
        backup = self._chosen()
        if backup is not None:
            self._question.setText(self.tr("Go back to {when}?").format(when=_moment(backup.made_at)))
            self._pages.setCurrentIndex(1)
            self.confirm.setDefault(True)
            self.confirm.setFocus(Qt.FocusReason.OtherFocusReason)

    def _restore(self) -> None:
        backup = self._chosen()
        if backup is not None:
            self.restore_requested.emit(backup)
            self.accept()

    def _why(self, kind: BackupKind) -> str:
        return {
            BackupKind.DAILY: self.tr("Daily"),
            BackupKind.MANUAL: self.tr("By you"),
            BackupKind.BEFORE_MIGRATION: self.tr("Before an update"),
            BackupKind.BEFORE_RESTORE: self.tr("Before a restore"),
        }[kind]

    def _lay_out(self) -> None:
        header = self.rows.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        listed, asked = QWidget(), QWidget()
        column = _column(listed)
        column.addWidget(self._intro)
        column.addWidget(self.rows, 1)
        column.addWidget(self._remark)
        column.addLayout(foot_row([self.make], [self._close, self.restore]))
        column = _column(asked)
        column.addWidget(self._question)
        column.addWidget(
            wrapped_label(
                "body",
                self.tr(
                    "Chats, folders, presets and the chat templates of then become what they were. "
                    "What there is now is backed up first, so that you can come back to it."
                ),
            )
        )
        column.addWidget(wrapped_label("muted", self.tr("Parley closes for a moment and opens again.")))
        column.addStretch(1)
        column.addLayout(foot_row([], [self._back, self.confirm]))
        self._pages.addWidget(listed)
        self._pages.addWidget(asked)
        self.setLayout(self._pages)


def _column(page: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(page)
    column.setContentsMargins(24, 24, 24, 16)
    column.setSpacing(12)
    return column


def _moment(seconds: float) -> str:
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(seconds)), QLocale.FormatType.ShortFormat)


def _held(backup: Backup) -> str:
    return "–" if backup.conversations is None else format_count(backup.conversations)


def _align_numbers(item: QTreeWidgetItem) -> None:
    for column in (2, 3):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
