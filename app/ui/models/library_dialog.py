"""The dialog “Models on this machine”: what is there, what is missing, and what can be done with it.

Window process, interface thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.core.catalog.downloads import FileChecked
from app.core.catalog.hub import Format
from app.core.catalog.library import LibraryModel, Owner
from app.core.engine.models import ModelFile
from app.core.errors import Cancelled, ParleyError
from app.core.sizes import format_bytes
from app.services.disk_library import DiskContents, DiskLibrary, Presence, Stray
from app.services.library_work import Job, Work
from app.services.model_library import ModelLibrary
from app.ui.chat.panel import Panel
from app.ui.file_dialogs import ask_folder
from app.ui.fitting_dialog import BoundedDialog
from app.ui.labels import plain_label
from app.ui.models import library_words
from app.ui.models.folders_dialog import FoldersDialog
from app.ui.models.library_list import LibraryList
from app.ui.models.library_row import Act, LibraryRow
from app.ui.models.prepare_words import making_text
from app.ui.models.reveal import reveal
from app.ui.text_dialog import MessageDialog, TextDialog


@dataclass(frozen=True)
class _Entry:
    """What a row shows: a model of the folders, or what is known of a stray one.

    The folders are where it may move; `has_namesake` says that another one is called the same.
    """

    model: LibraryModel | None
    known: ModelFile | None
    stray: Stray
    folders: tuple[Path, ...]
    has_namesake: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """The files that it lacks."""
        return self.model.missing if self.model is not None else self.stray.missing

    @property
    def bytes(self) -> int:
        """Its size."""
        return self.model.bytes if self.model is not None else self.known.identity.bytes if self.known else 0


class LibraryDialog(BoundedDialog):
    """Models in the user's folders, those of other programs, and known ones that are gone."""

    find_requested = Signal(str)  # what to look for, if anything
    import_requested = Signal()
    prepare_requested = Signal(object)  # Path of a folder of safetensors

    def __init__(self, disk: DiskLibrary, library: ModelLibrary, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._disk = disk
        self._library = library
        self._known: dict[str, ModelFile] = {}
        self._entries: dict[str, _Entry] = {}
        self._verdicts: dict[str, tuple[str, str]] = {}
        self.setWindowTitle(self.tr("Models on this machine"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 540)
        self._state = plain_label("muted", self.tr("Looking at the folders…"))
        self._problem = plain_label("bad")
        self._problem.setWordWrap(True)
        self._problem.hide()
        self._nothing = self._make_nothing()
        self._nothing.hide()
        self._list = LibraryList()
        self._find = QPushButton(self.tr("Find a model…"))
        self._close = QPushButton(self.tr("Close"))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(self._state)
        column.addWidget(self._problem)
        column.addWidget(self._nothing, 1)
        column.addWidget(self._list, 1)
        column.addLayout(self._buttons())
        self._connect()
        library.refresh()

    @property
    def rows(self) -> Mapping[str, LibraryRow]:
        """By the paths of their models."""
        return self._list.rows

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

    def _make_nothing(self) -> Panel:
        text = self.tr(
            "Find one that suits this machine, or add a folder that has some. What LM Studio, Ollama, GPT4All, "
            "llama.cpp and the Hugging Face cache have is found by itself."
        )
        panel = Panel("model", self.tr("No model on this machine yet"), text)
        find = panel.add_button(self.tr("Find a model…"), primary=True)
        find.clicked.connect(lambda: self._look_for(""))
        panel.setFocusProxy(find)
        panel.add_button(self.tr("Add a folder…")).clicked.connect(self._ask_for_a_folder)
        return panel

    def _buttons(self) -> QHBoxLayout:
        self._find.setAutoDefault(False)
        self._find.clicked.connect(lambda: self._look_for(""))
        folders = QPushButton(self.tr("Folders…"))
        folders.setAutoDefault(False)
        folders.clicked.connect(lambda: FoldersDialog(self._disk.folders, self).open())
        imports = QPushButton(self.tr("Import a folder…"))
        imports.setToolTip(self.tr("Make a GGUF model of one in safetensors: GPTQ, AWQ, bitsandbytes or unquantized"))
        imports.setAutoDefault(False)
        imports.clicked.connect(self.import_requested)
        self._close.setDefault(True)
        self._close.clicked.connect(self.accept)
        self._list.following = (self._find, folders, imports, self._close)
        buttons = QHBoxLayout()
        buttons.addWidget(self._find)
        buttons.addWidget(folders)
        buttons.addWidget(imports)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        return buttons

    def _take_known(self, files: Sequence[ModelFile]) -> None:
        self._known = {file.identity.path: file for file in files}
        self._disk.set_known(self._known)

    def _show(self, contents: DiskContents) -> None:
        folders, there = tuple(self._disk.folders.now), Stray(Presence.THERE)
        names = Counter(model.name for model in contents.models)
        entries = {
            model.path: _Entry(model, self._known.get(model.path), there, folders, names[model.name] > 1)
            for model in contents.models
        } | {
            path: _Entry(None, self._known[path], stray, folders)
            for path, stray in contents.strays.items()
            if path in self._known
        }
        self._entries = entries
        self._list.show_rows(entries, self._make_row)
        self._show_state()
        for job in self._disk.work.jobs:
            self._show_waiting(job)

    def _show_state(self) -> None:
        whole = [entry.bytes for entry in self._entries.values() if not entry.missing]
        self._state.setText(library_words.total(len(whole), sum(whole), len(self._entries) - len(whole)))
        self._state.setVisible(bool(self._entries))
        self._nothing.setVisible(not self._entries)
        self._list.setVisible(bool(self._entries))
        self._find.setVisible(bool(self._entries))
        self._close.setDefault(bool(self._entries))  # there is one thing to do where there is no model
        focused = self.focusWidget()
        if not self._entries and (focused in (None, self._close) or not focused.isVisible()):
            self._nothing.setFocus(Qt.FocusReason.OtherFocusReason)

    def _make_row(self, path: str) -> LibraryRow:
        entry = self._entries[path]
        if entry.model is not None:
            row = self._row(entry.model, entry)
        else:
            assert entry.known is not None
            row = self._row_of_stray(path, entry.known, entry.stray)
        row.stop.clicked.connect(lambda: self._disk.work.stop(path))
        if path in self._verdicts:
            row.say(*self._verdicts[path])
        return row

    def _row(self, model: LibraryModel, entry: _Entry) -> LibraryRow:
        acts = self._acts(model, entry.folders)
        if model.arriving:
            return LibraryRow(model.name, library_words.arriving(), self._mending(model), acts)
        if model.missing:
            return LibraryRow(model.name, library_words.incomplete(model.missing), self._mending(model), acts, "bad")
        opens: Act = (self.tr("Open"), lambda: self._open(model.path))
        prepares: Act = (self.tr("Prepare…"), lambda: self.prepare_requested.emit(Path(model.path)))
        main = opens if model.format is Format.GGUF else prepares
        place = model.path if entry.has_namesake else ""
        return LibraryRow(model.name, library_words.remark(model, entry.known, place), main, acts)

    def _mending(self, model: LibraryModel) -> Act | None:
        """What helps a model that lacks a file."""
        if model.repairable:
            return self.tr("Repair"), lambda: self._disk.repair(model)
        return (self.tr("Find it again…"), lambda: self._look_for(model.repo)) if model.repo else None

    def _acts(self, model: LibraryModel, folders: Sequence[Path]) -> list[Act | None]:
        acts: list[Act | None] = [(self.tr("Show in folder"), lambda: self._reveal(model.paths[0]))]
        if not model.missing:
            acts.append((self.tr("Verify"), lambda: self._disk.verify(model)))
        if (making := model.making) is not None:
            title = self.tr("How it was made")
            acts.append((title, lambda: TextDialog(title, model.name, making_text(making), self).open()))
        if model.repairable and not model.missing:
            acts.append((self.tr("Repair"), lambda: self._disk.repair(model)))
        if model.owner is not Owner.USER:
            return acts
        acts.append(None)
        home = Path(model.paths[0]).parent
        for folder in folders:
            if not home.is_relative_to(folder):
                text = self.tr("Move to {folder}").format(folder=folder)
                acts.append((text, lambda folder=folder: self._disk.move(model, folder)))  # type: ignore[misc]
        acts.append((self.tr("Move to another folder…"), lambda: self._ask_where(model)))
        return [*acts, None, (self.tr("Delete…"), lambda: self._ask_to_delete(model))]

    def _row_of_stray(self, path: str, file: ModelFile, stray: Stray) -> LibraryRow:
        """A file that was opened from elsewhere, or that is gone."""
        name, forget = file.identity.name, (self.tr("Forget"), lambda: self._library.forget(file.id))
        if stray.presence is Presence.THERE:
            opens = (self.tr("Open"), lambda: self._open(path))
            reveal = (self.tr("Show in folder"), lambda: self._reveal(path))
            parts = (format_bytes(file.identity.bytes), path, library_words.last_used(file))
            return LibraryRow(name, " · ".join(filter(None, parts)), opens, [reveal, None, forget])
        is_gone = path in stray.missing
        remark = library_words.gone(path) if is_gone else library_words.incomplete(stray.missing)
        if stray.presence is Presence.MENDABLE:
            mend = (self.tr("Repair"), lambda: self._disk.fetch_again(path, stray.missing))
            return LibraryRow(name, remark, mend, [forget], "bad")
        return LibraryRow(name, remark, forget, [], "bad")

    def _reveal(self, path: str) -> None:
        reveal(str(Path(path).parent), self)

    def _look_for(self, repo: str) -> None:
        self.accept()
        self.find_requested.emit(repo)

    def _ask_for_a_folder(self) -> None:
        ask_folder(self, self.tr("Add a folder for models"), self._add_folder)

    def _add_folder(self, folder: Path) -> None:
        try:
            self._disk.folders.add(folder)
        except ParleyError as error:
            self._show_problem(error)

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
        told = f"{model.path}\n\n{text.format(size=format_bytes(model.bytes))}"
        dialog = MessageDialog(self.tr("Delete"), heading, told, self)
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
        row.show_work(library_words.at_work(job.work, done, total), done, total)

    def _show_end(self, job: Job, error: ParleyError | Cancelled | None) -> None:
        row = self.rows.get(job.path)
        if isinstance(error, ParleyError):
            self._show_problem(error)
        checks = [result for result in job.results if isinstance(result, FileChecked)]
        if error is None and checks:
            self._verdicts[job.path] = library_words.verdict(checks, repairable=self._is_repairable(job.path))
        elif error is None and job.work is Work.REPAIRING:
            self._verdicts[job.path] = (self.tr("Repaired and verified."), "good")
        if row is not None:
            row.end_work(*self._verdicts.get(job.path, ()))

    def _is_repairable(self, path: str) -> bool:
        entry = self._entries.get(path)
        return entry is not None and entry.model is not None and entry.model.repairable

    def _show_problem(self, error: ParleyError) -> None:
        self._problem.setText(f"{error.sentence} {error.next_step}")
        self._problem.show()
