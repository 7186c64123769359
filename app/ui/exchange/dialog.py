"""Exporting and importing many chats: how far it is, what came of it, and what was left out and why.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.core.data.exchange import ExportReport, ImportReport
from app.core.errors import ParleyError
from app.core.sizes import format_bytes, format_count
from app.ui.fitting_dialog import FittingDialog
from app.ui.foot_row import foot_row
from app.ui.labels import wrapped_label

_NO_IMPORT = ImportReport()


class ExchangeDialog(FittingDialog):
    """At most three pages after one another: what to import, the work, the result."""

    paths_chosen = Signal(list)  # list[Path]
    files_wanted = Signal()
    folder_wanted = Signal()
    stop_requested = Signal()
    folder_requested = Signal(str)  # path of a file that is to be shown

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(520)
        self.is_working = False
        self._target = ""
        self._pages = QStackedWidget()
        self._make_question()
        self._make_work()
        self._make_result()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.addWidget(self._pages)

    def ask(self) -> None:
        """Let the user choose what to import."""
        self.setAcceptDrops(True)
        self._pages.setCurrentWidget(self._question)
        self._offer(self.files)

    def work(self, heading: str) -> None:
        """Show that something is being done."""
        self.setAcceptDrops(False)
        self.is_working = True
        self.heading.setText(heading)
        self.bar.setRange(0, 0)
        self.count.setText("")
        self.stop.setEnabled(True)
        self._pages.setCurrentWidget(self._work)
        self.stop.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_progress(self, done: int, total: int) -> None:
        """Conversations done, and of how many, 0 if nobody knows."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        many = self.tr("Chats: {done} of {total}") if total else self.tr("Chats so far: {done}")
        self.count.setText(many.format(done=format_count(done), total=format_count(total)))

    def show_exported(self, report: ExportReport) -> None:
        """Tell what was written."""
        self._target = report.path
        text = self.tr("Chats: {count}\nSize: {size}\n{path}").format(
            count=format_count(report.conversations), size=format_bytes(report.bytes), path=report.path
        )
        self._end(self.tr("Exported"), text)
        self.show_folder.show()

    def show_imported(self, report: ImportReport) -> None:
        """Tell what came in, and what did not."""
        parts = (
            (report.added, self.tr("New chats: {count}")),
            (report.grown, self.tr("Chats with new messages: {count}")),
            (report.present, self.tr("Here already: {count}")),
            (report.trashed, self.tr("In the trash, from where you can bring them back: {count}")),
            (report.messages, self.tr("New messages: {count}")),
        )
        text = "\n".join(words.format(count=format_count(count)) for count, words in parts if count)
        nothing = not report.added and not report.grown
        heading = self.tr("Nothing new came in") if nothing else self.tr("Imported")
        self._end(heading, text or self.tr("There was no chat in it."), report)

    def show_stopped(self) -> None:
        """Tell that the user stopped it."""
        self._end(self.tr("Stopped"), self.tr("Nothing was written."))

    def show_error(self, error: ParleyError) -> None:
        """Tell what went wrong."""
        self._end(error.sentence, error.next_step)

    def reject(self) -> None:
        """Stop what runs first; its end is waited for."""
        if self.is_working:
            self._stop()
        else:
            super().reject()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Import what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.paths_chosen.emit(paths)

    def _stop(self) -> None:
        self.stop.setEnabled(False)
        self.stop_requested.emit()

    def _end(self, heading: str, text: str, report: ImportReport = _NO_IMPORT) -> None:
        self.is_working = False
        self.verdict.setText(heading)
        self.facts.setText(text)
        self.facts.setVisible(bool(text))
        count = format_count(report.skipped_count)
        self.left_out.setText(self.tr("Could not be read: {count}").format(count=count))
        lines = [f"{one.place}: {one.failure.error().sentence}" for one in report.skipped]
        self.skipped.setPlainText("\n".join([*lines, "", *report.next_steps]))
        for widget in (self.left_out, self.skipped, self.copy):
            widget.setVisible(bool(report.skipped))
        self._pages.setCurrentWidget(self._result)
        self._offer(self.close_button)

    def _offer(self, button: QPushButton) -> None:
        """Let Enter press it: the default of a hidden page is nobody's."""
        button.setDefault(True)
        button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _make_question(self) -> None:
        self.files, folder = QPushButton(self.tr("Choose files…")), QPushButton(self.tr("Choose a folder…"))
        cancel = QPushButton(self.tr("Cancel"))
        self.files.clicked.connect(self.files_wanted)
        folder.clicked.connect(self.folder_wanted)
        cancel.clicked.connect(self.reject)
        text = self.tr(
            "Parley reads its own JSON, the exports of ChatGPT, Claude and Open WebUI (zip or JSON), and the chats of "
            "LM Studio, Jan and GPT4All (their folders). Drop them here, or choose them. Importing twice brings "
            "nothing in twice."
        )
        words = (
            wrapped_label("heading", self.tr("Import chats"), selectable=True),
            wrapped_label("muted", text, selectable=True),
        )
        self._question = self._page(words, [cancel], [folder, self.files])

    def _make_work(self) -> None:
        self.heading = wrapped_label("heading", selectable=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.count = wrapped_label("muted", selectable=True)
        self.stop = QPushButton(self.tr("Stop"))
        self.stop.clicked.connect(self._stop)
        self._work = self._page((self.heading, self.bar, self.count), [], [self.stop])

    def _make_result(self) -> None:
        self.verdict, self.facts = wrapped_label("heading", selectable=True), wrapped_label("muted", selectable=True)
        self.left_out = wrapped_label("body", selectable=True)
        self.skipped = QPlainTextEdit()
        self.skipped.setProperty("kind", "record")
        self.skipped.setReadOnly(True)
        self.skipped.setMinimumHeight(160)
        self.skipped.setAccessibleName(self.tr("What was left out"))
        self.copy = QPushButton(self.tr("Copy the list"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.skipped.toPlainText()))
        self.show_folder = QPushButton(self.tr("Show in folder"))
        self.show_folder.clicked.connect(lambda: self.folder_requested.emit(self._target))
        for later in (self.left_out, self.skipped, self.copy, self.show_folder):
            later.hide()
        self.close_button = QPushButton(self.tr("Close"))
        self.close_button.clicked.connect(self.accept)
        words = (self.verdict, self.facts, self.left_out, self.skipped)
        self._result = self._page(words, [self.copy, self.show_folder], [self.close_button])

    def _page(
        self, widgets: Sequence[QWidget], leading: Sequence[QPushButton], trailing: Sequence[QPushButton]
    ) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for widget in widgets:
            column.addWidget(widget, 1 if isinstance(widget, QPlainTextEdit) else 0)
        column.addStretch(0)
        column.addLayout(foot_row(leading, trailing))
        self._pages.addWidget(page)
        return page
