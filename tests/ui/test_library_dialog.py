"""The models on this machine: real folders, a real child that verifies."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.bootstrap.starting import child_starter
from app.catalog.fetch.journal import Pins, journal_of, part_of, read_pins
from app.catalog.shelf.library import identify
from app.core.engine.messages import ModelIdentity
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services import disk_library
from app.services.disk_library import DiskLibrary
from app.services.model_folders import ModelFolders
from app.services.model_library import ModelLibrary
from app.services.preferences import Preferences
from app.services.relay import Relay, Storage
from app.storage.lane import Lane
from app.storage.settings import SettingsFile
from app.storage.stores import Stores, open_stores
from app.ui.models.folders_dialog import FoldersDialog
from app.ui.models.library_dialog import LibraryDialog
from app.ui.text_dialog import MessageDialog, TextDialog
from app.ui.theme import ThemeSource
from tests.download.conftest import REPO, Attempt, Hub, attempt, hub  # noqa: F401 - fixtures
from tests.models.split_gguf import split_gguf
from tests.repack import models
from tests.ui.seen import button, words


@pytest.fixture
def dialog(
    qtbot: QtBot,
    themed: ThemeSource,
    tmp_path: Path,
    tiny_gguf: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[LibraryDialog]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    # The library looks for the trash when it is imported, which another test may have caused already.
    for module in [name for name in sys.modules if name.startswith("send2trash")]:
        monkeypatch.delitem(sys.modules, module)
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copy(tiny_gguf, folder / "tiny.gguf")
    folders, relay = Folders.of({"PARLEY_HOME": str(tmp_path / "home")}), Relay()
    storage = Storage(Lane(lambda: open_stores(folders.database)), relay)
    library = ModelLibrary(storage, identify)
    start = child_starter(ChildRole.DOWNLOAD, folders, None)
    preferences = Preferences(SettingsFile(folders.config / "settings.json"), relay)
    preferences.set("models.folders", str(folder))
    disk = DiskLibrary(start, relay, ModelFolders(preferences, folders), {"XDG_CACHE_HOME": str(tmp_path / "cache")})
    disk.moved.connect(library.follow)
    known = identify(folder / "tiny.gguf")
    digest = hashlib.sha256(tiny_gguf.read_bytes()).hexdigest()

    def remember(stores: Stores) -> None:
        gone = ModelIdentity("Gone", str(tmp_path / "gone.gguf"), 5)
        stores.models.remember(gone, 0, 0)
        identity = msgspec.structs.replace(known.identity, sha256=digest)
        stores.models.remember(identity, known.modified_ns, known.context_length)

    storage.lane.submit(remember).result()
    made = LibraryDialog(disk, library)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: len(made.rows) == 2)
    yield made
    disk.shutdown()
    library.shutdown()
    preferences.shutdown()
    storage.close()


def press(dialog: LibraryDialog, path: Path, text: str) -> None:
    """On the row's button, or in its menu."""
    row = dialog.rows[str(path)]
    for one in row.findChildren(QPushButton):
        if one.text() == text:
            one.click()
            return
    next(action for action in row.menu.actions() if action.text() == text).trigger()


def told(dialog: LibraryDialog) -> str:
    return "\n".join(words(dialog))


def says(qtbot: QtBot, dialog: LibraryDialog, path: Path, text: str) -> None:
    """Wait until the row says so; a look at the folders may put another row in its place meanwhile."""
    qtbot.waitUntil(lambda: str(path) in dialog.rows and text in dialog.rows[str(path)].remark)


def test_models_are_listed_and_missing_ones_are_said_to_be(qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path) -> None:
    assert dialog.rows[str(tmp_path / "models" / "tiny.gguf")].remark.startswith("GGUF Q8_0 · ")
    assert dialog.rows[str(tmp_path / "gone.gguf")].remark.startswith("missing: ")
    press(dialog, tmp_path / "gone.gguf", "Forget")
    qtbot.waitUntil(lambda: len(dialog.rows) == 1)


def test_models_of_one_name_are_told_apart(qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path) -> None:
    first, second = tmp_path / "models" / "tiny.gguf", tmp_path / "models" / "copy.gguf"
    assert str(first) not in told(dialog)
    shutil.copy(first, second)
    dialog._disk.refresh()
    says(qtbot, dialog, second, str(second))
    says(qtbot, dialog, first, str(first))
    second.unlink()
    dialog._disk.refresh()
    qtbot.waitUntil(lambda: str(second) not in dialog.rows)
    assert str(first) not in told(dialog)


def test_where_no_folder_can_be_opened_it_is_named(
    dialog: LibraryDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    press(dialog, tmp_path / "models" / "tiny.gguf", "Show in folder")
    asked = dialog.findChild(MessageDialog)
    assert isinstance(asked, MessageDialog) and str(tmp_path / "models") in words(asked)


def test_how_a_model_was_made_stays_with_it(qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path) -> None:
    path = tmp_path / "models" / "made.gguf"
    models.run(models.BNB8, path)
    dialog._disk.refresh()
    qtbot.waitUntil(lambda: str(path) in dialog.rows)
    press(dialog, path, "How it was made")
    (told,) = dialog.findChildren(TextDialog)
    assert "Made of\n  bitsandbytes int8" in told.text and "Original\n  model.safetensors" in told.text
    tiny = dialog.rows[str(tmp_path / "models" / "tiny.gguf")]
    assert "How it was made" not in [action.text() for action in tiny.menu.actions()]


def test_verifying_without_a_checksum_compares_with_the_first_look(
    qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path
) -> None:
    path = tmp_path / "models" / "tiny.gguf"
    press(dialog, path, "Verify")
    says(qtbot, dialog, path, "it is noted now")
    press(dialog, path, "Verify")
    says(qtbot, dialog, path, "Verified: it is what it was")
    with path.open("r+b") as file:
        file.seek(-9, 2)
        file.write(b"damage")
    press(dialog, path, "Verify")
    says(qtbot, dialog, path, "Another file than on")
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(-9, 2)
        file.write(b"broken")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    press(dialog, path, "Verify")
    says(qtbot, dialog, path, "Damaged. Parley does not know where it came from")


def offered(dialog: LibraryDialog, path: Path) -> list[str]:
    """What can be done with a model, on its buttons and in its menu."""
    row = dialog.rows[str(path)]
    buttons = [one.text() for one in row.findChildren(QPushButton) if one.isVisible()]
    return buttons + [action.text() for action in row.menu.actions() if action.text()]


@pytest.mark.parametrize("gone", [0, 1])
def test_a_model_that_lacks_a_part_is_said_to_be_incomplete(
    qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path, gone: int
) -> None:
    folder = tmp_path / "models"
    parts = split_gguf(folder / "tiny.gguf", folder, tensors=8)
    dialog._library.add(parts[0])
    says(qtbot, dialog, parts[0], "GGUF Q8_0 · ")
    assert "2 models" in told(dialog)
    parts[gone].unlink()
    dialog._disk.refresh()
    says(qtbot, dialog, parts[0], f"incomplete: {parts[gone].name} is missing")
    assert not {"Open", "Verify", "Repair"} & set(offered(dialog, parts[0]))
    assert "Delete…" in offered(dialog, parts[0])
    assert "One model, " in told(dialog) and "2 missing or incomplete" in told(dialog)
    assert len(dialog.rows) == 3


def test_a_model_whose_download_is_not_over_is_no_damaged_one(
    qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    first, second, *_ = split_gguf(folder / "tiny.gguf", folder, tensors=8)
    second.rename(part_of(second))
    dialog._disk.refresh()
    says(qtbot, dialog, first, "not all of it has been downloaded yet")
    assert "Open" not in offered(dialog, first)
    part_of(second).rename(second)
    dialog._disk.refresh()
    says(qtbot, dialog, first, "GGUF Q8_0 · ")


def test_a_part_that_lies_elsewhere_and_is_gone_is_missed_too(
    qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    first, second, *_ = split_gguf(tmp_path / "models" / "tiny.gguf", tmp_path / "elsewhere", tensors=8)
    dialog._library.add(first)
    qtbot.waitUntil(lambda: str(first) in dialog.rows)
    assert "Open" in offered(dialog, first)
    second.unlink()
    dialog._disk.refresh()
    says(qtbot, dialog, first, f"incomplete: {second.name} is missing")
    assert offered(dialog, first) == ["Forget"]


def test_a_missing_part_is_fetched_again(
    qtbot: QtBot,
    dialog: LibraryDialog,
    tmp_path: Path,
    hub: Hub,  # noqa: F811
    attempt: Attempt,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.server.url)
    served = hub.root / REPO / "main"
    served.mkdir(parents=True)
    names = [part.name for part in split_gguf(tmp_path / "models" / "tiny.gguf", served, tensors=8)]
    attempt.run(hub.source(*map(hub.catalog_file, names)))
    first, second = (attempt.folder / name for name in names[:2])
    second.unlink()
    dialog._disk.refresh()
    says(qtbot, dialog, first, f"incomplete: {second.name} is missing")
    press(dialog, first, "Repair")
    says(qtbot, dialog, first, "Repaired and verified.")
    assert second.read_bytes() == (served / second.name).read_bytes()
    qtbot.waitUntil(lambda: "Open" in offered(dialog, first))
    second.unlink()
    journal_of(second).unlink()
    dialog._disk.refresh()
    qtbot.waitUntil(lambda: "Find it again…" in offered(dialog, first))
    with qtbot.waitSignal(dialog.find_requested) as asked:
        press(dialog, first, "Find it again…")
    assert asked.args == [REPO]


def test_where_there_is_no_model_the_next_step_is_offered(
    qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path, tiny_gguf: Path
) -> None:
    (tmp_path / "models" / "tiny.gguf").unlink()
    for path in [*dialog.rows]:
        dialog._library.forget(dialog._known[path].id)
    qtbot.waitUntil(lambda: not dialog.rows)
    assert "No model on this machine yet" in told(dialog)
    find, add = dialog._nothing.findChildren(QPushButton)
    assert (find.text(), find.property("kind"), add.text()) == ("Find a model…", "primary", "Add a folder…")
    (tmp_path / "more").mkdir()
    shutil.copy(tiny_gguf, tmp_path / "more")
    dialog._add_folder(tmp_path / "more")
    qtbot.waitUntil(lambda: len(dialog.rows) == 1)
    assert "No model on this machine yet" not in told(dialog)


def test_a_look_at_the_folders_disturbs_nobody(qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path) -> None:
    row = dialog.rows[str(tmp_path / "models" / "tiny.gguf")]
    row.more.setFocus()
    row.more.click()
    with qtbot.waitSignal(dialog._disk.found):
        dialog._disk.refresh()
    assert row.menu.isVisible() and dialog.focusWidget() is row.more
    row.menu.close()


def test_the_keyboard_is_not_lost_with_a_row(qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path) -> None:
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    tiny, gone = dialog.rows[str(tmp_path / "models" / "tiny.gguf")], dialog.rows[str(tmp_path / "gone.gguf")]
    tiny.more.setFocus()
    press(dialog, tmp_path / "models" / "tiny.gguf", "Verify")
    assert dialog.focusWidget() is tiny.stop
    says(qtbot, dialog, tmp_path / "models" / "tiny.gguf", "it is noted now")
    assert dialog.focusWidget() is tiny.more
    path = str(tmp_path / "models" / "tiny.gguf")
    os.truncate(path, 1_000_000)
    dialog._disk.refresh()
    qtbot.waitUntil(lambda: dialog.rows[path] is not tiny)
    assert dialog.rows[path].isAncestorOf(dialog.focusWidget())
    dialog.rows[path].more.setFocus()
    qtbot.keyClick(dialog.rows[path].more, Qt.Key.Key_Tab)
    assert gone.isAncestorOf(dialog.focusWidget())
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(dialog.rows) == 1)
    assert dialog.rows[path].isAncestorOf(dialog.focusWidget())
    dialog._library.forget(dialog._known[path].id)
    Path(path).unlink()
    dialog._disk.refresh()
    qtbot.waitUntil(lambda: not dialog.rows)
    assert dialog.focusWidget() is button(dialog, "Find a model…")


def test_work_can_be_stopped_while_it_runs_and_while_it_waits(
    qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path
) -> None:
    path, large = tmp_path / "models" / "tiny.gguf", tmp_path / "models" / "large.gguf"
    shutil.copy(path, large)
    os.truncate(large, 50_000_000_000)
    dialog._disk.refresh()
    qtbot.waitUntil(lambda: str(large) in dialog.rows)
    press(dialog, large, "Verify")
    press(dialog, path, "Verify")
    says(qtbot, dialog, large, "Verifying, ")
    assert dialog.rows[str(path)].remark == "Waiting for its turn"
    assert not dialog.rows[str(path)].more.isEnabled()
    for waits in (path, large):
        press(dialog, waits, "Stop")
        says(qtbot, dialog, waits, "GGUF Q8_0 · ")
        assert dialog.rows[str(waits)].more.isEnabled()
    press(dialog, path, "Verify")
    says(qtbot, dialog, path, "it is noted now")


def test_a_downloaded_model_is_found_damaged_and_repaired(
    qtbot: QtBot,
    dialog: LibraryDialog,
    tmp_path: Path,
    hub: Hub,  # noqa: F811
    attempt: Attempt,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.server.url)
    made = tmp_path / "models" / "tiny.gguf"
    (hub.root / REPO / "main").mkdir(parents=True)
    shutil.copy(made, hub.root / REPO / "main" / "other.gguf")
    attempt.run(hub.source(hub.catalog_file("other.gguf")))
    path = attempt.folder / "other.gguf"
    dialog._disk.refresh()
    qtbot.waitUntil(lambda: str(path) in dialog.rows)
    press(dialog, path, "Verify")
    says(qtbot, dialog, path, "Verified: it is what it must be.")
    with path.open("r+b") as file:
        file.seek(-9, 2)
        file.write(b"damage")
    press(dialog, path, "Verify")
    says(qtbot, dialog, path, "Damaged. Repair fetches")
    press(dialog, path, "Repair")
    says(qtbot, dialog, path, "Repaired and verified.")
    assert path.read_bytes() == made.read_bytes()


def test_whether_damage_can_be_repaired_is_not_looked_up_by_the_windows_thread(
    qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "models" / "tiny.gguf"
    asked: list[threading.Thread] = []

    def noted(target: Path) -> Pins | None:
        asked.append(threading.current_thread())
        return read_pins(target)

    monkeypatch.setattr(disk_library, "read_pins", noted)
    dialog._disk.refresh()
    press(dialog, path, "Verify")
    says(qtbot, dialog, path, "it is noted now")
    status = path.stat()
    with path.open("r+b") as file:
        file.write(b"damage")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    press(dialog, path, "Verify")
    says(qtbot, dialog, path, "Damaged. Parley does not know where it came from")
    assert asked and threading.main_thread() not in asked


def test_moving_keeps_what_is_known_and_goes_to_a_folder_of_the_users(
    qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path
) -> None:
    path, other = tmp_path / "models" / "tiny.gguf", tmp_path / "other"
    other.mkdir()
    folders = FoldersDialog(dialog._disk.folders, dialog)
    folders.add(other)
    assert list(folders.rows) == [tmp_path / "models", other]
    folders.add(tmp_path / "none")
    assert "cannot be a folder for models" in " ".join(label.text() for label in folders.findChildren(QLabel))
    move = f"Move to {other}"
    qtbot.waitUntil(lambda: move in [action.text() for action in dialog.rows[str(path)].menu.actions()])
    press(dialog, path, move)
    qtbot.waitUntil(lambda: str(other / "tiny.gguf") in dialog.rows and len(dialog.rows) == 2)
    assert not path.exists()
    qtbot.waitUntil(lambda: str(other / "tiny.gguf") in dialog._known)
    folders.remove(tmp_path / "models")
    assert list(folders.rows) == [other]


def test_deleting_asks_first_and_goes_to_the_trash(qtbot: QtBot, dialog: LibraryDialog, tmp_path: Path) -> None:
    path = tmp_path / "models" / "tiny.gguf"
    press(dialog, path, "Delete…")
    asked = dialog.findChild(MessageDialog)
    assert isinstance(asked, MessageDialog) and path.exists() and str(path) in "\n".join(words(asked))
    button(asked, "Delete").click()
    qtbot.waitUntil(lambda: str(path) not in dialog.rows)
    assert not path.exists()
    assert list(tmp_path.rglob("Trash/files/tiny.gguf"))
