"""The dialogs for files and folders: where they begin, and what they give."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QDir, QStandardPaths
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.ui.file_dialogs import ask_file, ask_files, ask_folder, ask_target


@pytest.fixture
def parent(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> QWidget:
    monkeypatch.chdir(tmp_path)
    qapp.setProperty("latest_folder", None)
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def opened(parent: QWidget) -> QFileDialog:
    (dialog,) = [one for one in parent.findChildren(QFileDialog) if one.isVisible()]
    return dialog


def choose(parent: QWidget, path: Path) -> None:
    dialog = opened(parent)
    dialog.selectFile(str(path))
    dialog.accept()


def test_the_first_begins_with_the_users_documents_and_not_where_the_program_was_started(parent: QWidget) -> None:
    ask_files(parent, "Which?", print)
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    assert opened(parent).directory().path() in {documents, QDir.homePath()}
    opened(parent).reject()


def test_what_qt_notes_of_its_dialogs_stays_in_the_given_folder(tmp_path: Path) -> None:
    lines = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QEvent",
        "from PySide6.QtWidgets import QApplication; from app.ui.file_dialogs import ask_folder, keep_in",
        "application = QApplication([]); keep_in(Path(sys.argv[1])); ask_folder(None, '', print)",
        "application.topLevelWidgets()[0].close(); application.sendPostedEvents(None, QEvent.Type.DeferredDelete)",
    )
    home, own = tmp_path / "home", tmp_path / "own"
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run([sys.executable, "-c", "\n".join(lines), str(own)], env=environment, check=True)
    assert not any(home.rglob("*.conf"))
    assert [file.name for file in own.iterdir()] == ["QtProject.conf"]


def test_the_next_begins_where_the_last_was_chosen(parent: QWidget, tmp_path: Path) -> None:
    file = tmp_path / "there" / "one.txt"
    file.parent.mkdir()
    file.touch()
    taken: list[Path] = []
    ask_file(parent, "Which?", taken.append, start=str(file.parent))
    choose(parent, file)
    assert taken == [file]
    ask_folder(parent, "Which?", taken.append)
    assert Path(opened(parent).directory().path()) == file.parent
    opened(parent).reject()


def test_the_next_begins_where_several_were_chosen_too(parent: QWidget, tmp_path: Path) -> None:
    files = [tmp_path / "there" / name for name in ("one.txt", "two.txt")]
    files[0].parent.mkdir()
    for file in files:
        file.touch()
    taken: list[Path] = []
    ask_files(parent, "Which?", taken.extend)
    dialog = opened(parent)
    dialog.setDirectory(str(files[0].parent))
    field = dialog.findChild(QLineEdit)
    assert field is not None
    field.setText(" ".join(f'"{file.name}"' for file in files))
    dialog.accept()
    assert taken == files
    ask_files(parent, "Which?", print)
    assert Path(opened(parent).directory().path()) == files[0].parent
    opened(parent).reject()


def test_a_target_gets_the_ending_of_its_form(parent: QWidget, tmp_path: Path) -> None:
    taken: list[tuple[Path, str]] = []
    forms = ["Text (*.txt)", "Page (*.html)"]
    ask_target(parent, "Where?", "chat", forms, lambda path, form: taken.append((path, form)))
    dialog = opened(parent)
    dialog.selectNameFilter(forms[1])
    dialog.filterSelected.emit(forms[1])
    choose(parent, tmp_path / "mine")
    assert taken == [(tmp_path / "mine.html", forms[1])]


def test_a_target_without_forms_keeps_its_name(parent: QWidget, tmp_path: Path) -> None:
    taken: list[Path] = []
    ask_target(parent, "Where?", "code.py", (), lambda path, _form: taken.append(path))
    choose(parent, tmp_path / "Makefile")
    assert taken == [tmp_path / "Makefile"]


def saved_as(parent: QWidget, folder: Path, typed: str) -> Path:
    taken: list[Path] = []
    ask_target(parent, "Where?", "chat", ["Page (*.html)"], lambda path, _form: taken.append(path))
    dialog = opened(parent)
    dialog.setDirectory(str(folder))
    field = dialog.findChild(QLineEdit)
    assert field is not None
    field.setText(typed)
    dialog.accept()
    (path,) = taken
    return path


def test_a_date_in_a_name_is_not_taken_for_an_ending(parent: QWidget, tmp_path: Path) -> None:
    assert saved_as(parent, tmp_path, "Chats 21.11.2026") == tmp_path / "Chats 21.11.2026.html"
    assert saved_as(parent, tmp_path, "Chats 21.11.HTML") == tmp_path / "Chats 21.11.HTML"


def test_a_file_that_nobody_agreed_to_replace_is_not_named(parent: QWidget, tmp_path: Path) -> None:
    (tmp_path / "Chats 21.11.html").touch()
    assert saved_as(parent, tmp_path, "Chats 21.11") == tmp_path / "Chats 21.11 (2).html"
