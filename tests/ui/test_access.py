"""Gated and private repos in a real window: what to accept and where, the token once, and where it goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.core.catalog.hub import TokenPlace
from app.core.paths import Folders
from app.ui.models.access import TokenDialog
from app.ui.models.picker import PickerDialog
from app.ui.text_dialog import MessageDialog
from app.ui.theme import ThemeSource
from tests.hub.hubserver import HubServer
from tests.hub.served import GATED_GGUF, MEMBER, PRIVATE, STRANGER
from tests.kept import files_with
from tests.program import build
from tests.ui.seen import button
from tests.ui.test_picker import words


@pytest.fixture
def program(qtbot: QtBot, tiny_hub: HubServer, own_home: Path) -> Iterator[Program]:
    """The whole window with its real children and its own data folder."""
    folders = Folders.of({"PARLEY_HOME": str(own_home)})
    made = build(folders)
    qtbot.addWidget(made.window)
    with qtbot.waitActive(made.window):
        made.window.show()
        made.window.activateWindow()
    yield made
    made.window.close()
    made.close()


@pytest.fixture
def picker(qtbot: QtBot, program: Program) -> PickerDialog:
    dialog = program.desks.models.picker
    with qtbot.waitActive(dialog):
        dialog.show()
        dialog.activateWindow()
    return dialog


def open_gated(qtbot: QtBot, dialog: PickerDialog) -> None:
    dialog.open_repo(GATED_GGUF)
    qtbot.waitUntil(dialog.view.access.isVisible)


def enter(qtbot: QtBot, dialog: PickerDialog, token: str) -> TokenDialog:
    qtbot.mouseClick(button(dialog, "Enter a token…"), Qt.MouseButton.LeftButton)
    asked = dialog.findChild(TokenDialog)
    assert isinstance(asked, TokenDialog)
    qtbot.waitUntil(lambda: "file that only you can read" in words(asked))
    qtbot.keyClicks(asked.field, token)
    qtbot.mouseClick(asked.save, Qt.MouseButton.LeftButton)
    return asked


def test_a_gated_repo_says_what_to_accept_and_where(qtbot: QtBot, picker: PickerDialog) -> None:
    open_gated(qtbot, picker)
    said = words(picker.view.access)
    assert f"{GATED_GGUF} asks who you are before it lets anyone read its files." in said
    assert f"Accept its terms at {picker.view.address}, then enter a token" in said
    assert picker.view.address.endswith(f"/{GATED_GGUF}")
    assert not picker.footer.download.isEnabled()
    button(picker, "Open its page…").click()
    outside = picker.findChild(MessageDialog)
    assert isinstance(outside, MessageDialog)
    assert picker.view.address in words(outside).replace("\u200b", "")
    outside.close()


def test_a_token_is_entered_once_and_one_goes_on(
    qtbot: QtBot, program: Program, picker: PickerDialog, tiny_hub: HubServer, tmp_path: Path
) -> None:
    open_gated(qtbot, picker)
    dialog = enter(qtbot, picker, MEMBER)
    assert dialog.field.echoMode() is QLineEdit.EchoMode.Password
    qtbot.waitUntil(picker.footer.download.isEnabled)
    assert not picker.view.access.isVisible() and picker.findChild(TokenDialog) is None
    assert picker.view.variant is not None and picker.view.variant.context_length > 0
    picker.open_repo(PRIVATE)
    qtbot.waitUntil(lambda: picker.view.variant is not None)
    assert program.view.isEnabled()


def test_the_token_is_in_one_file_of_the_users_alone_and_goes_to_the_hub_alone(
    qtbot: QtBot, program: Program, picker: PickerDialog, tiny_hub: HubServer, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    open_gated(qtbot, picker)
    enter(qtbot, picker, MEMBER)
    qtbot.waitUntil(picker.footer.download.isEnabled)
    with qtbot.waitSignal(program.desks.models._needs.opened):
        picker.view.rank()
    redirected = tiny_hub.seen("GET /cdn/")
    assert redirected and not any(request["authorized"] for request in redirected)
    assert any(request["authorized"] for request in tiny_hub.seen(GATED_GGUF))
    with qtbot.waitSignal(program.chats.conversations.changed):
        program.chats.refresh()
    home = tmp_path / "home"
    assert (home / "data" / "parley.sqlite3").exists()
    assert files_with(MEMBER, home) == ["config/hub-token"]
    assert (home / "config" / "hub-token").stat().st_mode & 0o077 == 0
    assert (home / "logs" / "hub.log").exists()
    assert MEMBER not in caplog.text


def test_a_token_without_access_says_what_is_missing(qtbot: QtBot, picker: PickerDialog) -> None:
    open_gated(qtbot, picker)
    enter(qtbot, picker, STRANGER)
    qtbot.waitUntil(lambda: "Your account may not read the files" in words(picker))
    assert f"ask for access at {picker.view.address}" in words(picker)


def test_a_token_nobody_knows_can_be_replaced(qtbot: QtBot, picker: PickerDialog) -> None:
    open_gated(qtbot, picker)
    enter(qtbot, picker, "hf_expired_long_ago")
    qtbot.waitUntil(lambda: "does not accept your token" in words(picker))
    asked = enter(qtbot, picker, MEMBER)
    assert "There is a token in a file that only you can read; a new one takes its place." in words(asked)
    qtbot.waitUntil(picker.footer.download.isEnabled)


def test_a_token_can_be_forgotten(qtbot: QtBot, picker: PickerDialog, tmp_path: Path) -> None:
    open_gated(qtbot, picker)
    enter(qtbot, picker, STRANGER)
    qtbot.waitUntil(lambda: "Your account may not read the files" in words(picker))
    qtbot.mouseClick(button(picker, "Enter a token…"), Qt.MouseButton.LeftButton)
    asked = next(dialog for dialog in picker.findChildren(TokenDialog) if dialog.isVisible())
    qtbot.waitUntil(lambda: "There is a token in a file" in words(asked))
    button(asked, "Forget it").click()
    qtbot.waitUntil(lambda: "asks who you are" in words(picker))
    assert files_with(STRANGER, tmp_path / "home") == []


@pytest.mark.parametrize(("has_keyring", "said"), [
    (True, "kept in the system's keyring or, where that refuses, in a file that only you can read"),
    (False, "This system has no keyring: it is kept in a file that only you can read"),
])  # fmt: skip
def test_the_dialog_says_where_the_token_is_kept(
    qtbot: QtBot, themed: ThemeSource, has_keyring: bool, said: str
) -> None:
    dialog = TokenDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.show_place(TokenPlace.NONE, has_keyring=has_keyring)
    assert said in words(dialog)
