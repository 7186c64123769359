"""Finding in the picker: what cannot be had, what comes too late, and the ways back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.catalog.hub_errors import HubSilent, HubUntrusted
from app.services.hub_service import Question
from app.ui.models import footer
from app.ui.models.access import TokenDialog
from app.ui.models.picker import PickerDialog
from app.ui.theme import ThemeSource
from tests.hub.hubserver import HubServer
from tests.hub.served import GATED_GGUF, GGUF_13B, MEMBER, TINY
from tests.machines import DESKTOP, LAPTOP
from tests.ui.picker_kit import Opener, buttons, open_repo, opener, words
from tests.ui.seen import button


@pytest.fixture
def picker(qtbot: QtBot, themed: ThemeSource, tiny_hub: HubServer, own_home: Path) -> Iterator[Opener]:
    with opener(qtbot, themed, own_home) as show:
        yield show


def open_failing(qtbot: QtBot, dialog: PickerDialog, repo: str) -> None:
    dialog.search.look_for(repo)
    qtbot.waitUntil(lambda: dialog.view.has_failed and "Try again" in [one.text() for one in buttons(dialog.found)])


def test_where_the_network_is_switched_off_the_settings_are_a_step_away(
    qtbot: QtBot, picker: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    dialog = picker(DESKTOP)
    open_failing(qtbot, dialog, TINY)
    assert dialog.search.field.text() == TINY
    for place in (dialog.found, dialog.view):
        with qtbot.waitSignal(dialog.settings_requested) as asked:
            button(place, "Open settings…").click()
        assert asked.args == ["network.offline"]
    dialog._hub.failed.emit(Question.REPO, HubUntrusted(host="hub.example.org", reason="unknown issuer"))
    with qtbot.waitSignal(dialog.settings_requested) as asked:
        button(dialog.view, "Open settings…").click()
    assert asked.args == ["network.ca_file"]
    dialog._hub.failed.emit(Question.REPO, HubSilent(host="hub.example.org", reason="there is no connection"))
    assert "Open settings…" not in [found.text() for found in buttons(dialog.view)]
    monkeypatch.delenv("HF_HUB_OFFLINE")
    dialog._hub.renew()
    dialog.ask_again()
    qtbot.waitUntil(lambda: dialog.view.page is not None and bool(dialog.found.repos.rows))


def test_the_keyboard_goes_on_where_a_token_opened_the_files(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(DESKTOP)
    open_repo(qtbot, dialog, GATED_GGUF)
    asks = button(dialog.view.access, "Enter a token…")
    asks.setFocus()
    qtbot.keyClick(asks, Qt.Key.Key_Space)
    asked = dialog.findChild(TokenDialog)
    assert isinstance(asked, TokenDialog)
    asked.field.setText(MEMBER)
    qtbot.keyClick(asked.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.view.page is not None and dialog.view.page.refusal is None)
    assert dialog.focusWidget() is dialog.view.table


def test_the_next_page_that_cannot_be_had_takes_nothing_away(
    qtbot: QtBot, picker: Opener, tiny_hub: HubServer, tmp_path: Path
) -> None:
    for number in range(40):
        (tmp_path / "hub" / "bulk" / f"model-{number:02}" / "main").mkdir(parents=True)
    dialog = picker(DESKTOP)
    dialog.search.look_for("model-")
    repos = dialog.found.repos
    qtbot.waitUntil(lambda: len(repos.rows) == 30)
    tiny_hub.faults.add("status", r"GET /api/models\?.*cursor", status=404, times=2)
    repos.setCurrentIndex(repos.model().index(29, 0))
    qtbot.waitUntil(lambda: "answered with an error" in words(dialog.found))
    assert len(repos.rows) == 30 and repos.isVisible()
    retry = button(dialog.found, "Try again")
    retry.setFocus()
    qtbot.keyClick(retry, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: retry.isVisible() and retry.hasFocus())
    qtbot.keyClick(retry, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(repos.rows) == 40)
    assert "answered with an error" not in words(dialog.found) and repos.hasFocus()


def test_what_is_found_after_the_words_were_taken_back_is_not_shown(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(DESKTOP)
    dialog.search.look_for("llama")
    with qtbot.waitSignal(dialog._hub.found):
        dialog.search.field.clear()
    assert "Good on this machine" in words(dialog.found) and "suits this machine" in words(dialog.view)


def test_a_repo_can_be_chosen_again_after_the_way_back(qtbot: QtBot, picker: Opener, tmp_path: Path) -> None:
    (tmp_path / "hub" / "Qwen").mkdir()
    (tmp_path / "hub" / GGUF_13B).rename(tmp_path / "hub" / "Qwen" / "Qwen3-4B-GGUF")
    dialog = picker(LAPTOP)
    first = dialog.found.repos.visualRect(dialog.found.repos.model().index(0, 0)).center()
    for _ in range(2):
        qtbot.mouseClick(dialog.found.repos.viewport(), Qt.MouseButton.LeftButton, pos=first)
        qtbot.waitUntil(lambda: dialog.view.page is not None)
        qtbot.mouseClick(button(dialog.footer, "See what fits here"), Qt.MouseButton.LeftButton)
        assert dialog.view.invites and not dialog.found.repos.currentIndex().isValid()


def test_the_address_of_a_mirrors_page_opens_its_repo(qtbot: QtBot, picker: Opener, tiny_hub: HubServer) -> None:
    dialog = picker(DESKTOP)
    dialog.search.field.setText(f"{tiny_hub.url}/{TINY}/tree/main")
    dialog.search.submit()
    qtbot.waitUntil(lambda: dialog.view.page is not None)
    dialog.search.field.setText("https://example.org/some/page")
    dialog.search.submit()
    qtbot.waitUntil(lambda: "names no model on the Hub" in words(dialog.view))


def test_no_branch_is_asked_for_whose_name_is_half_typed(qtbot: QtBot, picker: Opener, tiny_hub: HubServer) -> None:
    dialog = picker(DESKTOP)
    field, pause = dialog.search.field, dialog.search._pause
    for letter in f"{TINY}:main":
        qtbot.keyClicks(field, letter)
        qtbot.waitUntil(lambda: not pause.isActive())
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.view.page is not None)
    assert not tiny_hub.seen(rf"/api/models/{TINY}/revision/(?!main\b)")
    assert not tiny_hub.seen("search=[^&]*(:|%3A)")
    assert len(tiny_hub.seen(rf"/api/models/{TINY}/revision/main\b")) == 1


@pytest.mark.parametrize("before", ["", "something longer than what comes in its place"])
def test_a_branch_that_is_pasted_opens_by_itself(qtbot: QtBot, picker: Opener, before: str) -> None:
    dialog = picker(DESKTOP)
    dialog.search.field.setText(before)
    dialog.search.field.selectAll()
    QApplication.clipboard().setText(f"{TINY}:main")
    qtbot.keyClick(dialog.search.field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: dialog.view.page is not None)


def test_the_room_is_that_of_the_folder_where_models_go_now(
    qtbot: QtBot, picker: Opener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    room = {str(tmp_path): 10**12}
    monkeypatch.setattr(footer, "_free_bytes", lambda folder: room.get(str(folder), 1))
    dialog = picker(DESKTOP)
    open_repo(qtbot, dialog, TINY)
    assert "The disk has too little room" in words(dialog) and not dialog.footer.download.isEnabled()
    with qtbot.waitSignal(dialog.folders_requested):
        button(dialog.footer, "Folders…").click()
    dialog.footer._folder = lambda: tmp_path
    dialog.show_footer()
    assert dialog.footer.download.isEnabled() and not dialog.footer.folders.isVisible()
