"""Exports and imports as the window asks for them: where to, the work, and what came of it.

Window process, interface thread. Made when the first is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.core.chat.conversations import ConversationSummary
from app.core.data.exchange import ExportFormat, ExportReport, ImportReport
from app.core.errors import ParleyError
from app.exchange.writing import file_name
from app.services.exchange import ExchangeService, Work
from app.ui.exchange.dialog import ExchangeDialog
from app.ui.file_dialogs import ask_files, ask_folder, ask_target
from app.ui.front import in_front


class ExchangeDesk(QObject):
    """One piece of work at a time; a single chat is exported without a dialog, and told in a word."""

    exported_one = Signal(str)  # the file's path
    imported = Signal()
    problem = Signal(object)  # ParleyError: of a single chat's export

    def __init__(self, service: ExchangeService, window: QWidget) -> None:
        super().__init__(window)
        self._service = service
        self._window = window
        self.dialog: ExchangeDialog | None = None
        self._shown: Work | None = None
        service.progress.connect(self._on_progress)
        service.exported.connect(self._on_exported)
        service.imported.connect(self._on_imported)
        service.stopped.connect(self._on_stopped)
        service.failed.connect(self._on_failed)

    def export(self, summary: ConversationSummary, form: ExportFormat) -> None:
        """Ask where to, then write one chat."""
        self._ask_one(summary, form.suffix, {form: self._filters_of_one()[form]})

    def export_chosen(self, chosen: Sequence[ConversationSummary]) -> None:
        """Ask where to and as what, then write these; a single one is a file by itself."""
        if len(chosen) == 1:
            self._ask_one(chosen[0], "", self._filters_of_one())
        else:
            ids = [summary.id for summary in chosen]
            self._ask_many(ids, self.tr("Export chats"), self.tr("Exporting chats"))

    def export_all(self) -> None:
        """Ask where to and as what, then write every chat."""
        self._ask_many([], self.tr("Export all chats"), self.tr("Exporting all chats"))

    def _ask_one(self, summary: ConversationSummary, suffix: str, filters: dict[ExportFormat, str]) -> None:
        owner = in_front(self._window)
        name = file_name(summary.title or self.tr("Chat"), suffix)
        self._ask_where(owner, name, filters, lambda target, form: self.write([summary.id], form, target))

    def _ask_many(self, conversations: Sequence[int], title: str, activity: str) -> None:
        owner = in_front(self._window)

        def begin(target: Path, form: ExportFormat) -> None:
            self._open(title, owner).work(activity)
            self._shown = self.write(conversations, form, target)

        self._ask_where(owner, self.tr("Chats"), self._filters_of_many(), begin)

    def write(self, conversations: Sequence[int], form: ExportFormat, target: Path) -> Work:
        """Write these, all if none is named; the file dialog has asked before one is replaced."""
        return self._service.export(conversations, form, target, overwrite=True)

    def show_import(self) -> ExchangeDialog:
        """Ask what to import."""
        dialog = self._open(self.tr("Import chats"), in_front(self._window))
        dialog.ask()
        return dialog

    def read(self, paths: Sequence[Path]) -> None:
        """Import files and folders."""
        if self.dialog is not None:
            self.dialog.work(self.tr("Importing"))
        self._shown = self._service.import_paths(paths)

    def _open(self, title: str, owner: QWidget) -> ExchangeDialog:
        dialog = self.dialog = ExchangeDialog(title, owner)
        which = self.tr("Import chats")
        dialog.paths_chosen.connect(self.read)
        dialog.files_wanted.connect(lambda: ask_files(dialog, which, self.read))
        dialog.folder_wanted.connect(lambda: ask_folder(dialog, which, lambda folder: self.read([folder])))
        dialog.stop_requested.connect(self._stop)
        dialog.folder_requested.connect(_show_in_folder)
        dialog.finished.connect(self._forget_dialog)
        dialog.open()
        return dialog

    def _stop(self) -> None:
        if self._shown is not None:
            self._service.cancel(self._shown)

    def _forget_dialog(self) -> None:
        self.dialog = self._shown = None

    def _dialog_of(self, work: Work) -> ExchangeDialog | None:
        """Where to tell of it; a single chat may be written behind the dialog of something else."""
        return self.dialog if work == self._shown else None

    def _ask_where(
        self, owner: QWidget, name: str, filters: dict[ExportFormat, str], then: Callable[[Path, ExportFormat], object]
    ) -> None:
        forms = {text: form for form, text in filters.items()}
        title = self.tr("Export")
        ask_target(owner, title, name, list(forms), lambda target, text: then(target, forms[text]))

    def _filters_of_one(self) -> dict[ExportFormat, str]:
        return {
            ExportFormat.JSON: self.tr("JSON, with everything (*.json)"),
            ExportFormat.MARKDOWN: self.tr("Markdown (*.md)"),
            ExportFormat.HTML: self.tr("Web page (*.html)"),
            ExportFormat.PDF: self.tr("PDF (*.pdf)"),
        }

    def _filters_of_many(self) -> dict[ExportFormat, str]:
        return {
            ExportFormat.JSON: self.tr("JSON, with everything (*.json)"),
            ExportFormat.MARKDOWN: self.tr("Markdown files in an archive (*.zip)"),
            ExportFormat.HTML: self.tr("Web pages in an archive (*.zip)"),
            ExportFormat.PDF: self.tr("PDFs in an archive (*.zip)"),
        }

    def _on_progress(self, work: Work, done: int, total: int) -> None:
        if (dialog := self._dialog_of(work)) is not None:
            dialog.set_progress(done, total)

    def _on_exported(self, work: Work, report: ExportReport) -> None:
        if (dialog := self._dialog_of(work)) is not None:
            dialog.show_exported(report)
        else:
            self.exported_one.emit(report.path)

    def _on_imported(self, work: Work, report: ImportReport) -> None:
        self.imported.emit()
        if (dialog := self._dialog_of(work)) is not None:
            dialog.show_imported(report)

    def _on_stopped(self, work: Work) -> None:
        if (dialog := self._dialog_of(work)) is not None:
            dialog.show_stopped()

    def _on_failed(self, work: Work, error: ParleyError) -> None:
        if (dialog := self._dialog_of(work)) is not None:
            dialog.show_error(error)
        else:
            self.problem.emit(error)


def _show_in_folder(path: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))
