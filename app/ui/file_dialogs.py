"""Asks for files and folders by the system's dialogs, which begin where the user last chose something.

Window process, interface thread. Each returns at once; `then` is called with what was chosen, if anything was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QDir, QSettings, QStandardPaths, Qt

if TYPE_CHECKING:
    from PySide6.QtWidgets import QFileDialog, QWidget

_LATEST = "latest_folder"
"""The application's property with the folder in which something was last chosen."""


def keep_in(folder: Path) -> None:
    """Let Qt's own file dialog note in this folder which ones it was shown, instead of among other programs' files."""
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, str(folder))


def ask_file(
    parent: QWidget | None, title: str, then: Callable[[Path], object], *, filters: str = "", start: str = ""
) -> None:
    """Which file to read; `filters` as QFileDialog takes them, `start` a folder or a file in it."""
    dialog = _dialog(parent, title, start or _latest())
    dialog.setFileMode(dialog.FileMode.ExistingFile)
    if filters:
        dialog.setNameFilter(filters)
    dialog.fileSelected.connect(lambda chosen: then(Path(chosen)))
    dialog.open()


def ask_files(parent: QWidget | None, title: str, then: Callable[[list[Path]], object]) -> None:
    """Which files to read."""
    dialog = _dialog(parent, title, _latest())
    dialog.setFileMode(dialog.FileMode.ExistingFiles)
    dialog.filesSelected.connect(lambda chosen: then([Path(path) for path in chosen]))
    dialog.open()


def ask_folder(parent: QWidget | None, title: str, then: Callable[[Path], object], *, start: str = "") -> None:
    """Which folder."""
    dialog = _dialog(parent, title, start or _latest())
    dialog.setFileMode(dialog.FileMode.Directory)
    dialog.setOption(dialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda chosen: then(Path(chosen)))
    dialog.open()


def ask_target(
    parent: QWidget | None, title: str, name: str, filters: Sequence[str], then: Callable[[Path, str], object]
) -> None:
    """Where to write a file of this name, and in which form: `then` is given the filter too, which names the ending."""
    dialog = _dialog(parent, title, str(Path(_latest(), name)))
    dialog.setAcceptMode(dialog.AcceptMode.AcceptSave)

    if filters:
        dialog.setNameFilters(list(filters))
        dialog.filterSelected.connect(lambda form: dialog.setDefaultSuffix(_ending(form)))
        dialog.setDefaultSuffix(_ending(filters[0]))

    def take(chosen: str) -> None:
        form = dialog.selectedNameFilter()
        then(_with_ending(Path(chosen), _ending(form) if filters else ""), form)

    dialog.fileSelected.connect(take)
    dialog.open()


def _ending(form: str) -> str:
    """The ending that a filter such as `Text (*.txt)` names."""
    return form.rpartition("*.")[2].rstrip(")")


def _with_ending(path: Path, ending: str) -> Path:
    """Add the ending, which Qt adds to no name with a dot in it; never naming a file that nobody agreed to replace."""
    if not ending or path.name.lower().endswith(f".{ending}"):
        return path
    names = chain([path.name], (f"{path.name} ({number})" for number in count(2)))
    return next(one for name in names if not (one := path.with_name(f"{name}.{ending}")).exists())


def _dialog(parent: QWidget | None, title: str, start: str) -> QFileDialog:
    from PySide6.QtWidgets import QFileDialog  # not needed for the first paint

    dialog = QFileDialog(parent, title, start)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(lambda _chosen: _keep(dialog.directory().absolutePath()))
    return dialog


def _latest() -> str:
    application = QCoreApplication.instance()
    kept = application.property(_LATEST) if application is not None else None
    return str(kept) if kept else _documents()


def _documents() -> str:
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return folder if QDir(folder).exists() else QDir.homePath()


def _keep(folder: str) -> None:
    if (application := QCoreApplication.instance()) is not None:
        application.setProperty(_LATEST, folder)
