"""The list of downloads, used with mouse and keyboard over real children and a Hub that misbehaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.bootstrap.starting import child_starter
from app.core.catalog.downloads import DownloadState
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.download_queue import DownloadQueue
from app.services.model_import import ModelImport
from app.services.preferences import Preferences
from app.services.relay import Relay, Storage
from app.storage.lane import Lane
from app.storage.preparations import PreparationFile
from app.storage.settings import SettingsFile
from app.storage.stores import open_stores
from app.ui.models.downloads import DownloadsDialog
from app.ui.text_dialog import MessageDialog
from app.ui.theme import ThemeSource
from tests.download.conftest import MIB, Hub, hub  # noqa: F401 - a fixture
from tests.download.test_queue import SECONDS, add, open_queue, states  # noqa: F401 - a fixture among them
from tests.ui.seen import button

Opener = Callable[[], DownloadQueue]
BIG = 24 * MIB


@pytest.fixture
def queue(open_queue: Opener) -> DownloadQueue:  # noqa: F811
    return open_queue()


@pytest.fixture
def dialog(qtbot: QtBot, themed: ThemeSource, queue: DownloadQueue, tmp_path: Path) -> Iterator[DownloadsDialog]:
    folders = Folders.of({"PARLEY_HOME": str(tmp_path / "settings")})
    preferences = Preferences(SettingsFile(folders.config / "settings.json"), Relay())
    relay = Relay()
    storage = Storage(Lane(lambda: open_stores(folders.database)), relay)
    kept = PreparationFile(folders.data / "preparations.json")
    imports = ModelImport(child_starter(ChildRole.REPACK, folders, None), storage, kept, relay)
    made = DownloadsDialog(queue, imports, preferences)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    with qtbot.waitActive(made):
        made.activateWindow()
    yield made
    made.close()
    imports.shutdown()
    storage.close()
    preferences.shutdown()


@pytest.fixture
def three(qtbot: QtBot, dialog: DownloadsDialog, queue: DownloadQueue, hub: Hub, tmp_path: Path) -> list[int]:  # noqa: F811
    """The first of them runs, slowly."""
    hub.faults.add("throttle", r"GET /cdn/", rate=3 * MIB, times=-1)
    for file in [hub.put(f"{name}.gguf", BIG) for name in "abc"]:
        add(queue, hub, tmp_path / "models", file)
    qtbot.waitUntil(lambda: len(queue.downloads) == 3 and queue.downloads[0].done > 0, timeout=SECONDS)
    return [download.id for download in queue.downloads]


def order(dialog: DownloadsDialog) -> list[int]:
    """The ids as the rows stand on the screen."""
    return sorted(dialog.rows, key=lambda key: dialog.rows[key].y())


def test_rate_and_time_left_are_told_of_each_and_of_all(
    qtbot: QtBot, dialog: DownloadsDialog, three: list[int]
) -> None:
    row = dialog.rows[three[0]]
    qtbot.waitUntil(lambda: "/s · " in row.text and row.text.endswith("left"), timeout=SECONDS)
    assert " of 25.2 MB" in row.text
    said = dialog.summary
    assert said.startswith("All together: ") and " of 75.5 MB · " in said and said.endswith("left")
    assert dialog.rows[three[1]].text.startswith("Waiting for its turn")


def test_the_order_changes_by_mouse_and_keyboard(
    qtbot: QtBot, dialog: DownloadsDialog, queue: DownloadQueue, three: list[int]
) -> None:
    a, b, c = three
    assert not dialog.rows[a].up.isEnabled() and not dialog.rows[c].down.isEnabled()
    assert not dialog.rows[b].first.isEnabled()
    dialog.rows[c].first.trigger()
    qtbot.waitUntil(lambda: order(dialog) == [a, c, b])
    dialog.rows[b].more.setFocus()
    qtbot.keyClick(dialog.rows[b].more, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: order(dialog) == [a, b, c])
    assert dialog.rows[b].more.hasFocus()
    dialog.rows[b].down.trigger()
    qtbot.waitUntil(lambda: order(dialog) == [a, c, b])
    assert [download.id for download in queue.downloads] == [a, c, b]


def test_a_pause_keeps_what_came_and_a_cancel_asks_before_it_is_deleted(
    qtbot: QtBot, dialog: DownloadsDialog, queue: DownloadQueue, three: list[int], tmp_path: Path
) -> None:
    a = three[0]
    part = tmp_path / "models" / "a.gguf.part"
    qtbot.waitUntil(lambda: queue.downloads[0].done > 10_000_000, timeout=SECONDS)
    dialog.rows[a].pause.click()
    assert dialog.rows[a].text == "Pausing…" and not dialog.rows[a].pause.isEnabled()
    qtbot.waitUntil(lambda: states(queue)[:2] == [DownloadState.PAUSED, DownloadState.RUNNING], timeout=SECONDS)
    assert dialog.rows[a].text.startswith("Paused · ")
    dialog.rows[a].cancel.click()
    asked = dialog.findChild(MessageDialog)
    assert isinstance(asked, MessageDialog) and part.exists()
    buttons = {button.text(): button for button in asked.findChildren(QPushButton)}
    buttons["Keep it"].click()
    assert a in dialog.rows
    dialog.rows[a].cancel.click()
    asked = dialog.findChildren(MessageDialog)[-1]
    button(asked, "Cancel the download").click()
    assert a not in dialog.rows
    qtbot.waitUntil(lambda: not part.exists(), timeout=SECONDS)


def test_a_failure_says_why_and_what_is_kept_and_can_be_tried_again(
    qtbot: QtBot,
    dialog: DownloadsDialog,
    queue: DownloadQueue,
    hub: Hub,  # noqa: F811
    tmp_path: Path,
) -> None:
    hub.faults.add("drop", r"GET /cdn/", after=2 * MIB)
    hub.faults.add("status", r"HEAD /acme", status=404, times=1, skip=1)
    add(queue, hub, tmp_path / "models", hub.put("a.gguf", 4 * MIB))
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.FAILED], timeout=SECONDS)
    (row,) = dialog.rows.values()
    assert "of 4.19 MB · a.gguf is not, or no longer, in acme/tiny-GGUF." in row.text
    assert row.resume.isVisible() and row.resume.text() == "Try again" and not row.pause.isVisible()
    row.resume.click()
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.DONE], timeout=SECONDS)
    assert row.text == "4.19 MB, verified" and not row.bar.isVisible()
    assert dialog.clear.isVisible() and dialog.summary == ""
    dialog.clear.click()
    assert queue.downloads == [] and dialog.rows == {} and not dialog.clear.isVisible()
    assert (tmp_path / "models" / "a.gguf").exists()


def test_an_empty_list_leads_to_the_models(qtbot: QtBot, dialog: DownloadsDialog) -> None:
    find = button(dialog, "Find a model…")
    assert find.isVisible()
    with qtbot.waitSignal(dialog.find_requested):
        qtbot.mouseClick(find, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()
