"""The dialog “Models on this machine”: what is there, what is missing, and what can be done with it.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.core.catalog.downloads import FileChecked
from app.core.catalog.hub import Format
from app.core.catalog.library import LibraryModel, Owner
from app.core.engine.models import ModelFile
from app.core.errors import Cancelled, ParleyError
from app.core.sizes import format_bytes
from app.services.disk_library import DiskContents, DiskLibrary, Presence
from app.services.library_work import Job, Work
from app.services.model_library import ModelLibrary
from app.ui.file_dialogs import ask_folder
from app.ui.fitting_dialog import BoundedDialog
from app.ui.labels import plain_label
from app.ui.models import words
from app.ui.models.folders_dialog import FoldersDialog
from app.ui.models.library_row import Act, LibraryRow
from app.ui.models.prepare_words import making_text
from app.ui.text_dialog import MessageDialog, TextDialog

_WORST_FIRST = (False, None, True)


class LibraryDialog(BoundedDialog):
    """Models in the user's folders, those of other programs, and known ones that are gone."""

    find_requested = Signal()
    import_requested = Signal()
    prepare_requested = Signal(object)  # Path of a folder of safetensors

    def __init__(self, disk: DiskLibrary, library: ModelLibrary, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._disk = disk
        self._library = library
        self._known: dict[str, ModelFile] = {}
        self._repairable: set[str] = set()
        self._verdicts: dict[str, tuple[str, str]] = {}
        self.rows: dict[str, LibraryRow] = {}
        self.setWindowTitle(self.tr("Models on this machine"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 540)
        self._state = plain_label("muted", self.tr("Looking at the folders…"))
        self._problem = plain_label("bad")
        self._problem.setWordWrap(True)
        self._problem.hide()
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inner)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(self._state)
        column.addWidget(self._problem)
        column.addWidget(area, 1)
        column.addLayout(self._buttons())
        self._connect()
        library.refresh()

    def _connect(self) -> None:
        disk = self._disk
        disk.found.connect(self._show)
        disk.problem.connect(self._show_problem)
        disk.unreadable.connect(self._show_problem)
        disk.folders.changed.connect(disk.refresh)
        disk.work.begun.connect(self._show_waiting)
        disk.work.progress.connect(self._show_work)
        disk.work.ended.connect(self._show_end)
        self._library.changed.connect(self._take_known)
        self._library.problem.connect(self._show_problem)

    def _buttons(self) -> QHBoxLayout:
        find = QPushButton(self.tr("Find a model…"))
        find.setAutoDefault(False)
        find.clicked.connect(self.accept)
        find.clicked.connect(self.find_requested)
        folders = QPushButton(self.tr("Folders…"))
        folders.setAutoDefault(False)
        folders.clicked.connect(lambda: FoldersDialog(self._disk.folders, self).open())
        imports = QPushButton(self.tr("Import a folder…"))
        imports.setToolTip(self.tr("Make a GGUF model of one in safetensors: GPTQ, AWQ, bitsandbytes or unquantized"))
        imports.setAutoDefault(False)
        imports.clicked.connect(self.import_requested)
        close = QPushButton(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(find)
        buttons.addWidget(folders)
        buttons.addWidget(imports)
        buttons.addStretch(1)
        buttons.addWidget(close)
        return buttons

    def _take_known(self, files: Sequence[ModelFile]) -> None:
        self._known = {file.identity.path: file for file in files}
        self._disk.set_known(self._known)

    def _show(self, contents: DiskContents) -> None:
        for row in self.rows.values():
            row.deleteLater()
        self.rows = {}
        self._repairable = {model.path for model in contents.models if model.repairable}
        for model in contents.models:
            self._add(model.path, self._row(model))
        for path, presence in contents.strays.items():
            if path in self._known:
                self._add(path, self._row_of_stray(self._known[path], presence))
        total = format_bytes(sum(model.bytes for model in contents.models))
        one, several = self.tr("One model, {total}"), self.tr("{count} models, {total}")
        text = (one if len(self.rows) == 1 else several).format(count=len(self.rows), total=total)
        nothing = self.tr("There are no models in the folders yet. Find one, or add a folder that has some.")
        self._state.setText(text if self.rows else nothing)
        for job in self._disk.work.jobs:
            self._show_waiting(job)

    def _add(self, path: str, row: LibraryRow) -> None:
        self._column.insertWidget(len(self.rows), row)
        row.stop.clicked.connect(lambda: self._disk.work.stop(path))
        self.rows[path] = row
        if path in self._verdicts:
            row.say(*self._verdicts[path])

    def _row(self, model: LibraryModel) -> LibraryRow:
        opens: Act = (self.tr("Open"), lambda: self._open(model.path))
        prepares: Act = (self.tr("Prepare…"), lambda: self.prepare_requested.emit(Path(model.path)))
        main = opens if model.format is Format.GGUF else prepares
        return LibraryRow(model.name, self._remark(model), main, self._acts(model))

    def _remark(self, model: LibraryModel) -> str:
        program = words.owner_name(model.owner)
        owner = "" if model.owner is Owner.USER else self.tr("from {program}").format(program=program)
        files = self.tr("{count} files").format(count=len(model.paths)) if len(model.paths) > 1 else ""
        parts = (words.format_name(model.format), format_bytes(model.bytes), files, owner, self._last_used(model.path))
        return " · ".join(filter(None, parts))

    def _last_used(self, path: str) -> str:
        file = self._known.get(path)
        if file is None or not file.last_used_at:
            return ""
        return self.tr("last used {day}").format(day=_day(file.last_used_at))

    def _acts(self, model: LibraryModel) -> list[Act | None]:
        acts: list[Act | None] = [
            (self.tr("Show in folder"), lambda: _reveal(model.paths[0])),
            (self.tr("Verify"), lambda: self._disk.verify(model)),
        ]
        if (making := model.making) is not None:
            title = self.tr("How it was made")
            acts.append((title, lambda: TextDialog(title, model.name, making_text(making), self).open()))
        if model.repairable:
            acts.append((self.tr("Repair"), lambda: self._disk.repair(model)))
        if model.owner is not Owner.USER:
            return acts
        acts.append(None)
        home = Path(model.paths[0]).parent
        for folder in self._disk.folders.now:
            if not home.is_relative_to(folder):
                text = self.tr("Move to {folder}").format(folder=folder)
                acts.append((text, lambda folder=folder: self._disk.move(model, folder)))  # type: ignore[misc]
        acts.append((self.tr("Move to another folder…"), lambda: self._ask_where(model)))
        return [*acts, None, (self.tr("Delete…"), lambda: self._ask_to_delete(model))]

    def _row_of_stray(self, file: ModelFile, presence: Presence) -> LibraryRow:
        """A file that was opened from elsewhere, or that is gone."""
        path = file.identity.path
        if presence is Presence.THERE:
            opens = (self.tr("Open"), lambda: self._open(path))
            reveal = (self.tr("Show in folder"), lambda: _reveal(path))
            remark = " · ".join(filter(None, (format_bytes(file.identity.bytes), path, self._last_used(path))))
            return LibraryRow(file.identity.name, remark, opens, [reveal, None, self._forgetting(file)])
        remark = self.tr("missing: {path}").format(path=path)
        if presence is Presence.MENDABLE:
            mend = (self.tr("Repair"), lambda: self._disk.repair_file(path))
            return LibraryRow(file.identity.name, remark, mend, [self._forgetting(file)])
        return LibraryRow(file.identity.name, remark, self._forgetting(file), [])

    def _forgetting(self, file: ModelFile) -> Act:
        return (self.tr("Forget"), lambda: self._library.forget(file.id))

    def _open(self, path: str) -> None:
        self._library.open(Path(path))
        self.accept()

    def _ask_where(self, model: LibraryModel) -> None:
        title = self.tr("Move {name}").format(name=model.name)
        start = str(Path(model.paths[0]).parent)
        ask_folder(self, title, lambda folder: self._disk.move(model, folder), start=start)

    def _ask_to_delete(self, model: LibraryModel) -> None:
        text = self.tr("{size} go to the trash, from where they can be taken back.")
        heading = self.tr("Delete {name}?").format(name=model.name)
        dialog = MessageDialog(self.tr("Delete"), heading, text.format(size=format_bytes(model.bytes)), self)
        dialog.add_button(self.tr("Cancel"), dialog.reject, default=True)
        dialog.add_button(self.tr("Delete"), lambda: self._delete(model))
        dialog.open()

    def _delete(self, model: LibraryModel) -> None:
        self._disk.delete(model)
        if model.path in self._known:
            self._library.forget(self._known[model.path].id)

    def _show_waiting(self, job: Job) -> None:
        self._problem.hide()
        self._verdicts.pop(job.path, None)
        if (row := self.rows.get(job.path)) is not None:
            row.show_work(self.tr("Waiting for its turn"), 0, 1)

    def _show_work(self, job: Job, done: int, total: int) -> None:
        row = self.rows.get(job.path)
        if row is None:
            return
        texts = {
            Work.VERIFYING: self.tr("Verifying, {percent} %"),
            Work.REPAIRING: self.tr("Repairing, {percent} %"),
            Work.MOVING: self.tr("Moving, {percent} %"),
        }
        row.show_work(texts[job.work].format(percent=100 * done // max(total, 1)), done, total)

    def _show_end(self, job: Job, error: ParleyError | Cancelled | None) -> None:
        row = self.rows.get(job.path)
        if isinstance(error, ParleyError):
            self._show_problem(error)
        checks = [result for result in job.results if isinstance(result, FileChecked)]
        if error is None and checks:
            self._verdicts[job.path] = self._verdict(checks, repairable=job.path in self._repairable)
        elif error is None and job.work is Work.REPAIRING:
            self._verdicts[job.path] = (self.tr("Repaired and verified."), "good")
        if row is not None:
            row.end_work(*self._verdicts.get(job.path, ("", "small")))

    def _verdict(self, checks: Sequence[FileChecked], *, repairable: bool) -> tuple[str, str]:
        """Of a model's files; the worst one counts."""
        worst = min(checks, key=lambda check: _WORST_FIRST.index(check.sound))
        day = _day(worst.since)
        if worst.sound is False:
            return self._damage(worst, repairable=repairable), "bad"
        if worst.sound is None and worst.since:
            return self.tr("Another file than on {day}; its checksum is noted now.").format(day=day), "small"
        if worst.sound is None:
            return self.tr("No checksum was known; it is noted now, for later checks."), "small"
        if worst.since:
            return self.tr("Verified: it is what it was on {day}.").format(day=day), "good"
        return self.tr("Verified: it is what it must be."), "good"

    def _damage(self, check: FileChecked, *, repairable: bool) -> str:
        if check.broken:
            size = format_bytes(sum(length for _, length in check.broken))
            return self.tr("Damaged. Repair fetches {size} of it again.").format(size=size)
        if repairable:
            return self.tr("Damaged. Repair fetches what is broken.")
        return self.tr("Damaged. Parley does not know where it came from: download it again, as a whole.")

    def _show_problem(self, error: ParleyError) -> None:
        self._problem.setText(f"{error.sentence} {error.next_step}")
        self._problem.show()


def _day(seconds: float) -> str:
    date = QDateTime.fromSecsSinceEpoch(round(seconds)).date()
    return QLocale().toString(date, QLocale.FormatType.ShortFormat)


def _reveal(path: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))
