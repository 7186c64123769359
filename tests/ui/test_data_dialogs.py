"""What the window says and offers when something is wrong with the data, and the dialogs for it."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap.errand import Errand, moving, run, salvaging
from app.bootstrap.frame import Frame
from app.bootstrap.program import Program, furnish
from app.core.data.backups import BackupKind
from app.core.data.data_errors import DataFolderGone, DataFolderNested
from app.core.data.database_errors import DatabaseDamaged, DatabaseLocked, DatabaseNewer, DatabaseUnreachable
from app.core.errors import ParleyError
from app.core.file_errors import DiskFull
from app.core.paths import Folders
from app.services import backups
from app.services.single_instance import SingleInstance
from app.storage.backup import make_backup
from app.storage.stores import open_stores
from app.ui.data_backups import BackupsDialog
from app.ui.data_errand import ErrandDialog
from app.ui.data_move import MoveDialog
from tests.program import build
from tests.storage.filling import create
from tests.ui.conftest import SCRIPT


def words(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


def buttons(widget: QWidget) -> list[str]:
    return [one.text() for one in widget.findChildren(QPushButton) if one.isVisible() and one.text()]


def press(qtbot: QtBot, widget: QWidget, text: str) -> None:
    qtbot.waitUntil(lambda: text in buttons(widget))
    found = next(one for one in widget.findChildren(QPushButton) if one.isVisible() and one.text() == text)
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def chat(database: Path, title: str) -> None:
    stores = open_stores(database)
    create(stores.conversations, title)
    stores.database.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = Folders.of({"PARLEY_HOME": str(tmp_path / "home")}).database
    chat(path, "old")
    return path


@pytest.fixture
def start(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Program]]:
    """Opens windows that make no backup by themselves, however long a test takes."""
    monkeypatch.setattr(backups, "_FIRST_MS", backups._EVERY_MS)
    programs: list[Program] = []

    def make() -> Program:
        program = build(Folders.of({"PARLEY_HOME": str(tmp_path / "home")}), [sys.executable, str(SCRIPT)])
        programs.append(program)
        program.window.resize(1280, 800)
        with qtbot.waitActive(program.window):
            program.window.show()
            program.window.activateWindow()
        program.start()
        return program

    yield make
    for program in programs:
        program.window.close()
        program.close()


def problem(qtbot: QtBot, program: Program) -> ParleyError:
    notice = program.view.page.notice
    qtbot.waitUntil(lambda: notice.error is not None)
    assert notice.error is not None
    assert words(notice) == [notice.error.sentence, notice.error.next_step]
    assert all(words(notice))
    return notice.error


def test_a_damaged_database_offers_its_rescue(qtbot: QtBot, start: Callable[[], Program], database: Path) -> None:
    database.write_bytes(b"x" * 100 + database.read_bytes()[100:])
    program = start()
    assert isinstance(problem(qtbot, program), DatabaseDamaged)
    notice = program.view.page.notice
    offered = ["Try again", "Save what can be read", "Restore a backup…"]
    qtbot.waitUntil(lambda: buttons(notice)[:3] == offered)
    press(qtbot, notice, "Restore a backup…")
    dialog = program.window.findChild(BackupsDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: "There is no backup yet. Parley makes one every day." in words(dialog))
    dialog.reject()
    with qtbot.waitSignal(program.window.errand_requested) as caught:
        press(qtbot, notice, "Save what can be read")
    assert isinstance(caught.args[0], Errand)
    assert not program.window.isVisible()


def test_what_else_can_be_wrong_is_a_sentence_with_a_next_step(
    qtbot: QtBot, start: Callable[[], Program], database: Path
) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        program = start()
        qtbot.waitUntil(lambda: program.view.page.notice.error is not None)
        assert isinstance(problem(qtbot, program), DatabaseLocked)
        other.execute("COMMIT")
    with qtbot.waitSignal(program.chats.conversations.changed):
        press(qtbot, program.view.page.notice, "Try again")


def test_a_database_of_a_later_version_is_shown_but_refuses_a_change(
    qtbot: QtBot, start: Callable[[], Program], database: Path
) -> None:
    with closing(sqlite3.connect(database)) as other:
        other.execute("PRAGMA user_version = 9999")
    program = start()
    program.chats.conversations.rename(1, "new")
    assert isinstance(problem(qtbot, program), DatabaseNewer)


def test_a_folder_in_the_place_of_the_database_is_told(
    qtbot: QtBot, start: Callable[[], Program], database: Path
) -> None:
    database.unlink()
    database.mkdir()
    assert isinstance(problem(qtbot, start()), DatabaseUnreachable)


def test_a_data_folder_that_is_away_is_told_and_not_made_anew(
    qtbot: QtBot, start: Callable[[], Program], tmp_path: Path
) -> None:
    folders = Folders.of({"PARLEY_HOME": str(tmp_path / "home")})
    folders.config.mkdir(parents=True)
    folders.pointer.write_text(str(tmp_path / "unplugged"))
    program = start()
    assert isinstance(problem(qtbot, program), DataFolderGone)
    assert not (tmp_path / "unplugged").exists()
    chat(tmp_path / "unplugged" / "parley.sqlite3", "there again")
    with qtbot.waitSignal(program.chats.conversations.changed):
        press(qtbot, program.view.page.notice, "Try again")


def test_a_full_disk_is_told_where_it_is_met(qtbot: QtBot, start: Callable[[], Program], database: Path) -> None:
    program = start()

    def limit(pages: int) -> None:
        program.ground.storage.lane.submit(
            lambda stores: stores.database._connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()
        ).result()

    limit(1)
    program.chats.conversations.rename(1, "x" * 500_000)
    assert isinstance(problem(qtbot, program), DiskFull)
    limit(1_000_000)
    with qtbot.waitSignal(program.chats.conversations.changed):
        program.chats.conversations.rename(1, "y" * 500_000)


def test_a_backup_is_made_chosen_and_confirmed(qtbot: QtBot, start: Callable[[], Program], database: Path) -> None:
    program = start()
    program.view.backups_requested.emit()
    dialog = program.window.findChild(BackupsDialog)
    assert dialog is not None
    with qtbot.waitSignal(program.ground.backups.made):
        press(qtbot, dialog, "Back up now")
    qtbot.waitUntil(lambda: dialog.rows.topLevelItemCount() == 1)
    assert dialog.rows.topLevelItem(0).text(2) == "1"
    press(qtbot, dialog, "Restore…")
    assert any("is backed up first" in text for text in words(dialog))
    press(qtbot, dialog, "Cancel")
    press(qtbot, dialog, "Restore…")
    with qtbot.waitSignal(program.window.errand_requested):
        press(qtbot, dialog, "Restore")


def test_a_damaged_backup_cannot_be_chosen(qtbot: QtBot, start: Callable[[], Program], database: Path) -> None:
    made = make_backup(database, BackupKind.MANUAL)
    made.path.write_bytes(b"\0" * 5000)
    program = start()
    program.view.backups_requested.emit()
    dialog = program.window.findChild(BackupsDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.rows.topLevelItemCount() == 1)
    assert not dialog.restore.isEnabled()


def test_another_folder_is_checked_before_it_can_be_chosen(
    qtbot: QtBot, start: Callable[[], Program], database: Path, tmp_path: Path
) -> None:
    program = start()
    program.view.move_data_requested.emit()
    dialog = program.window.findChild(MoveDialog)
    assert dialog is not None
    assert str(database.parent) in words(dialog)
    with qtbot.waitSignal(program.ground.data_folder.unsuited) as caught:
        dialog.check_requested.emit(database.parent)
    assert isinstance(caught.args[0], DataFolderNested)
    assert not dialog.move_there.isEnabled()
    with qtbot.waitSignal(program.ground.data_folder.suited):
        dialog.check_requested.emit(tmp_path / "new")
    assert str(tmp_path / "new") in words(dialog)
    with qtbot.waitSignal(program.window.errand_requested) as caught:
        press(qtbot, dialog, "Move")
    errand = caught.args[0]
    program.close()
    assert ErrandDialog(errand.title, errand.work, cancellable=errand.cancellable).exec()
    assert (tmp_path / "new" / "parley.sqlite3").exists()
    assert Folders.of({"PARLEY_HOME": str(tmp_path / "home")}).moved


def test_enter_on_a_backup_asks_before_anything_is_restored(
    qtbot: QtBot, start: Callable[[], Program], database: Path
) -> None:
    make_backup(database, BackupKind.MANUAL)
    program = start()
    program.view.backups_requested.emit()
    dialog = program.window.findChild(BackupsDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.rows.topLevelItemCount() == 1)
    with qtbot.assertNotEmitted(dialog.restore_requested):
        QTest.keyClick(dialog.rows, Qt.Key.Key_Return)
        qtbot.waitUntil(dialog.confirm.isVisible)
    with qtbot.waitSignal(dialog.restore_requested):
        QTest.keyClick(dialog.confirm, Qt.Key.Key_Return)


def test_the_key_that_makes_a_backup_does_not_close_the_list(
    qtbot: QtBot, start: Callable[[], Program], database: Path
) -> None:
    program = start()
    program.view.backups_requested.emit()
    dialog = program.window.findChild(BackupsDialog)
    assert dialog is not None
    dialog.make.setFocus()
    with qtbot.waitSignal(program.ground.backups.made):
        for _ in range(2):
            focused = dialog.focusWidget()
            assert focused is not None
            QTest.keyClick(focused, Qt.Key.Key_Space)
    assert dialog.isVisible()


def test_an_errand_that_fails_says_why_and_waits(qtbot: QtBot, qapp: QApplication) -> None:
    def fail(_progress: object) -> str:
        raise DiskFull(folder="/data")

    dialog = ErrandDialog("Moving your data", fail, cancellable=True)
    qtbot.addWidget(dialog)
    seen: list[list[str]] = []

    def look() -> None:
        if dialog.error is None:
            QTimer.singleShot(0, look)
            return
        seen.append(words(dialog))
        dialog.button.click()

    QTimer.singleShot(0, look)
    dialog.exec()
    assert seen == [["The disk that holds /data is full.", DiskFull.advice]]


def read_after(qtbot: QtBot, errand: Errand) -> list[str]:
    """What an errand that does not close by itself says when it is over."""
    dialog = ErrandDialog(errand.title, errand.work, cancellable=errand.cancellable)
    qtbot.addWidget(dialog)
    seen: list[str] = []

    def look() -> None:
        if not dialog.button.isVisible() or dialog.button.text() != "Open Parley":
            QTimer.singleShot(0, look)
            return
        seen.extend(words(dialog))
        QTest.keyClick(dialog, Qt.Key.Key_Escape)

    QTimer.singleShot(0, look)
    dialog.exec()
    return seen


def test_what_could_not_be_removed_from_the_old_place_is_named(
    qtbot: QtBot, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = {"PARLEY_HOME": str(tmp_path / "home")}
    folders = Folders.of(home)
    held = folders.data / "models" / "held.gguf"
    held.parent.mkdir()
    held.write_bytes(b"GGUF")
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == held:
            raise PermissionError(13, "another program has it open", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    heading, text = read_after(qtbot, moving(folders, home, tmp_path / "new"))
    assert heading == "Done" and str(held) in text
    assert (tmp_path / "new" / "models" / "held.gguf").exists()


def test_what_was_saved_of_a_damaged_database_is_said(qtbot: QtBot, database: Path, tmp_path: Path) -> None:
    chat(database, "another")
    _, text = read_after(qtbot, salvaging(Folders.of({"PARLEY_HOME": str(tmp_path / "home")})))
    assert text.startswith("Saved: 2 chats, 0 messages.")
    assert "The damaged database is kept as" in text


def test_a_second_start_meets_the_work_and_its_file_is_opened_after_it(qtbot: QtBot, tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path / "data"), SingleInstance(tmp_path / "data")
    assert first.claim()
    first.listen()
    answers: list[bool] = []

    def work(_progress: Callable[[int, int], None]) -> str:
        answers.extend((second.claim(), second.hand_over(tmp_path / "a.gguf"), second.hand_over(None)))
        return ""

    assert run(Errand("Moving your data", work), first) == tmp_path / "a.gguf"
    assert answers == [False, True, True]
    first.release()


def test_the_composer_can_have_the_focus_as_soon_as_the_window_is_filled(qtbot: QtBot, tmp_path: Path) -> None:
    frame = Frame.build(Folders.of({"PARLEY_HOME": str(tmp_path / "home")}))
    qtbot.addWidget(frame.window)
    with qtbot.waitExposed(frame.window):
        frame.window.show()
    program = furnish(frame, [sys.executable, str(SCRIPT)])
    assert frame.window.focusWidget() is program.view.page.composer.edit
    assert program.view.page.composer.edit.isVisible()
    frame.window.close()
    program.close()


def test_an_errand_can_be_cancelled(qtbot: QtBot) -> None:
    def work(progress: Callable[[int, int], None]) -> str:
        while True:
            progress(1, 2)

    dialog = ErrandDialog("Moving your data", work, cancellable=True)
    qtbot.addWidget(dialog)
    QTimer.singleShot(0, dialog.button.click)
    dialog.exec()
    assert dialog.error is None
