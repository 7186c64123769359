"""Newer versions as the window has them: when it asks, what it says, and what it hands to the system."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap.starting import child_starter
from app.core.catalog.hub_errors import HubFailed, Offline
from app.core.paths import Folders
from app.core.program.settings import SETTINGS
from app.core.program.update_errors import UpdateNotForHere, UpdatePackageDamaged, UpdateUnsigned
from app.core.program.updates import Installation, UpdateSource, update_source
from app.core.protocol import ChildRole
from app.services.network_settings import NetworkSettings
from app.services.preferences import Preferences
from app.services.relay import Relay
from app.services.updates import DAY, Updates, UpdateState
from app.storage.settings import SettingsFile
from app.ui.about import AboutDialog
from app.ui.changes import ChangesPage
from app.ui.settings.dialog import SettingsDialog
from app.ui.update_desk import UpdateDesk
from app.ui.update_dialog import UpdateDialog
from tests.ui.seen import button
from tests.updates.conftest import HERE, PACKAGE, Feed

START = 1_800_000_000.0


class Bench:
    """The service over a real child and settings file, at a time that the test sets."""

    def __init__(self, feed: Feed, folders: Folders, version: str, installation: Installation) -> None:
        self.now = START
        relay = Relay()
        self.preferences = Preferences(SettingsFile(folders.config / "settings.json"), relay)
        start = child_starter(ChildRole.UPDATE, folders, None, NetworkSettings(self.preferences).environment)
        self.updates = Updates(
            start, relay, self.preferences, feed.source, version, installation, clock=lambda: self.now
        )


MakeBench = Callable[..., Bench]


@pytest.fixture
def bench(qtbot: QtBot, feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeBench]:
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path / "home"))
    folders = Folders.of({"PARLEY_HOME": str(tmp_path / "home")})
    made: list[Bench] = []

    def make(version: str = "0.1.0", installation: Installation = HERE) -> Bench:
        made.append(Bench(feed, folders, version, installation))
        return made[-1]

    yield make
    for each in made:
        each.updates.shutdown()
        each.preferences.shutdown()


def test_off_by_default_nothing_is_asked(feed: Feed, bench: MakeBench) -> None:
    one = bench()
    one.updates.watch()
    one.updates.look_if_due()
    assert one.updates.state is UpdateState.IDLE and feed.asked == []


def test_once_a_day_and_told_once(qtbot: QtBot, feed: Feed, bench: MakeBench) -> None:
    release, one = feed.offer("0.2.0"), bench()
    with qtbot.waitSignal(one.updates.noticed) as noticed:
        one.preferences.set("updates.check", True)
    assert noticed.args == [release] and len(feed.asked) == 2
    one.now += DAY - 1
    one.updates.look_if_due()
    assert one.updates.state is UpdateState.IDLE
    one.now += 1
    one.updates.look_if_due()
    with qtbot.assertNotEmitted(one.updates.noticed):
        qtbot.waitUntil(lambda: one.updates.state is UpdateState.IDLE)
    assert len(feed.asked) == 4
    newer = feed.offer("0.3.0")
    one.now += DAY
    with qtbot.waitSignal(one.updates.noticed) as noticed:
        one.updates.look_if_due()
    assert noticed.args == [newer]


def test_a_clock_that_was_set_back_does_not_end_the_looks(qtbot: QtBot, feed: Feed, bench: MakeBench) -> None:
    feed.offer("0.2.0")
    one = bench()
    one.preferences.set("updates.asked", int(START) + 10 * DAY)
    with qtbot.waitSignal(one.updates.noticed):
        one.preferences.set("updates.check", True)


def test_offline_it_does_not_look_by_itself_and_says_so_when_asked(qtbot: QtBot, feed: Feed, bench: MakeBench) -> None:
    feed.offer("0.2.0")
    one = bench()
    one.preferences.set("network.offline", True)
    one.preferences.set("updates.check", True)
    assert one.updates.state is UpdateState.IDLE
    with qtbot.waitSignal(one.updates.failed) as failed:
        one.updates.look()
    assert isinstance(failed.args[0], Offline) and feed.asked == []


def test_going_offline_ends_a_download(qtbot: QtBot, feed: Feed, bench: MakeBench) -> None:
    release, one = feed.offer("0.2.0"), bench()
    dialog = (_desk := Desk(qtbot, one.updates)).desk.show_release(release)
    dialog.fetch.click()
    one.preferences.set("network.offline", True)
    assert not is_fetching(one) and dialog.status.text() == str(Offline())


def test_a_look_by_itself_that_fails_is_silent(qtbot: QtBot, feed: Feed, bench: MakeBench) -> None:
    one = bench()
    with qtbot.assertNotEmitted(one.updates.failed), qtbot.assertNotEmitted(one.updates.noticed):
        one.preferences.set("updates.check", True)
        qtbot.waitUntil(lambda: one.updates.state is UpdateState.IDLE)
    with qtbot.waitSignal(one.updates.failed) as failed:
        one.updates.look()
    assert isinstance(failed.args[0], HubFailed)


def test_there_is_no_setting_in_a_build_without_an_address(qtbot: QtBot, bench: MakeBench) -> None:
    assert update_source() is None
    dialog = SettingsDialog(bench().preferences, {})
    qtbot.addWidget(dialog)
    assert SETTINGS["updates.check"].hidden
    with pytest.raises(KeyError):
        dialog.row("updates.check")


def test_what_a_build_was_told_is_read(tmp_path: Path) -> None:
    source = UpdateSource("https://parley.example.org/feed.json", "RWQ")
    (tmp_path / "updates.json").write_bytes(msgspec.json.encode(source))
    assert update_source(tmp_path) == source
    (tmp_path / "other").mkdir()
    (tmp_path / "other/updates.json").write_text("{")
    assert update_source(tmp_path / "other") is None


class Desk:
    """The dialogs over a window, with what the system was handed."""

    def __init__(self, qtbot: QtBot, updates: Updates | None, *, opens: bool = True) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.resize(800, 600)
        self.window.show()
        self.handed: list[Path] = []
        self.offers: list[tuple[str, str, Callable[[], object]]] = []

        def take(path: Path) -> bool:
            self.handed.append(path)
            return opens

        self.desk = UpdateDesk(self.window, updates, lambda *offer: self.offers.append(offer), take)

    def dialog(self) -> UpdateDialog:
        return next(one for one in self.window.findChildren(UpdateDialog) if one.isVisible())


def press(about: AboutDialog) -> None:
    button(about, "Look for a newer version").click()


def said(about: AboutDialog) -> str:
    return about._found.text()


def test_from_about_to_the_installer(qtbot: QtBot, feed: Feed, bench: MakeBench) -> None:
    feed.offer("0.2.0")
    one = bench()
    desk = Desk(qtbot, one.updates)
    about = desk.desk.show_about()
    with qtbot.waitSignal(one.updates.found):
        press(about)
        assert said(about) == "Looking…"
    dialog = desk.dialog()
    assert "A thing." in dialog.changes.toPlainText()
    with qtbot.waitSignal(one.updates.fetched):
        dialog.fetch.click()
        assert dialog.cancel.isVisible() and dialog.progress.isVisible()
    (package,) = desk.handed
    assert package.name == "parley_0.2.0_amd64.deb" and package.read_bytes() == PACKAGE
    assert "system's installer has it" in dialog.status.text()
    assert not dialog.fetch.isVisible() and not dialog.folder.isVisible() and dialog.leave.text() == "Close"


def test_the_newest_version_is_said_to_be_that(qtbot: QtBot, feed: Feed, bench: MakeBench) -> None:
    feed.offer("0.1.0")
    one = bench()
    about = (_desk := Desk(qtbot, one.updates)).desk.show_about()
    with qtbot.waitSignal(one.updates.none_newer):
        press(about)
    assert said(about) == "This is the newest version."


def test_a_feed_that_was_changed_opens_nothing(qtbot: QtBot, feed: Feed, bench: MakeBench) -> None:
    feed.offer("0.2.0")
    feed.files["/feed.json"] += b" "
    one = bench()
    desk = Desk(qtbot, one.updates)
    about = desk.desk.show_about()
    with qtbot.waitSignal(one.updates.failed) as failed:
        press(about)
    assert isinstance(failed.args[0], UpdateUnsigned) and said(about) == str(failed.args[0])
    assert desk.handed == [] and desk.window.findChildren(UpdateDialog) == []


def test_a_package_that_was_changed_is_not_handed_over_and_can_be_tried_again(
    qtbot: QtBot, feed: Feed, bench: MakeBench
) -> None:
    release, one = feed.offer("0.2.0"), bench()
    desk = Desk(qtbot, one.updates)
    dialog = desk.desk.show_release(release)
    feed.files["/package"] = PACKAGE[::-1]
    with qtbot.waitSignal(one.updates.failed) as failed:
        dialog.fetch.click()
    assert isinstance(failed.args[0], UpdatePackageDamaged) and dialog.status.text() == str(failed.args[0])
    assert desk.handed == []
    feed.files["/package"] = PACKAGE
    with qtbot.waitSignal(one.updates.fetched):
        dialog.fetch.click()
    assert len(desk.handed) == 1


def is_fetching(bench: Bench) -> bool:
    return bench.updates.state is UpdateState.FETCHING


def test_a_download_is_stopped_by_the_button_and_by_leaving(qtbot: QtBot, feed: Feed, bench: MakeBench) -> None:
    release, one = feed.offer("0.2.0"), bench()
    desk = Desk(qtbot, one.updates)
    dialog = desk.desk.show_release(release)
    dialog.fetch.click()
    assert is_fetching(one) and dialog.cancel.isVisible()
    dialog.cancel.click()
    assert not is_fetching(one)
    assert dialog.fetch.isVisible() and not dialog.cancel.isVisible() and not dialog.progress.isVisible()
    dialog.fetch.click()
    assert is_fetching(one)
    dialog.reject()
    assert not is_fetching(one)
    with qtbot.waitSignal(one.updates.none_newer):
        feed.offer("0.1.0")
        one.updates.look()
    assert desk.handed == []


def test_without_an_installer_the_folder_is_shown(qtbot: QtBot, feed: Feed, bench: MakeBench) -> None:
    release = feed.offer("0.2.0", name="Parley-0.2.0-x86_64.run")
    one = bench(installation=Installation("linux", "x86_64", ".run"))
    desk = Desk(qtbot, one.updates)
    dialog = desk.desk.show_release(release)
    with qtbot.waitSignal(one.updates.fetched) as fetched:
        dialog.fetch.click()
    package: Path = fetched.args[0]
    assert desk.handed == [] and package.stat().st_mode & 0o100
    assert str(package.parent) in dialog.status.text()
    dialog.folder.click()
    assert desk.handed == [package.parent]


def test_a_version_without_a_package_for_here_says_so(qtbot: QtBot, feed: Feed, bench: MakeBench) -> None:
    release = feed.offer("0.2.0")
    one = bench(installation=Installation("linux", "arm64", ".deb"))
    dialog = (_desk := Desk(qtbot, one.updates)).desk.show_release(release)
    dialog.fetch.click()
    assert dialog.status.text() == str(UpdateNotForHere(version="0.2.0"))


def test_what_was_noticed_is_offered_in_a_word(qtbot: QtBot, feed: Feed, bench: MakeBench) -> None:
    feed.offer("0.2.0")
    one = bench()
    desk = Desk(qtbot, one.updates)
    with qtbot.waitSignal(one.updates.noticed):
        one.preferences.set("updates.check", True)
    ((text, button, show),) = desk.offers
    assert (text, button) == ("Parley 0.2.0 is there.", "What is new?")
    show()
    assert desk.dialog().isVisible()


def test_about_has_no_button_where_there_is_no_address(qtbot: QtBot) -> None:
    about = (_desk := Desk(qtbot, None)).desk.show_about()
    assert [one.text() for one in about.findChildren(QPushButton)] == ["Close"]


def test_changes_from_elsewhere_bring_nothing_with_them(qtbot: QtBot, tmp_path: Path) -> None:
    picture = tmp_path / "picture.svg"
    picture.write_text("<svg/>")
    page = ChangesPage(f"- One\n\n![a picture](file://{picture}) <b>bold</b> [link](file:///)")
    qtbot.addWidget(page)
    kind = QTextDocument.ResourceType.ImageResource.value
    assert page.document().resource(kind, QUrl.fromLocalFile(str(picture))) != b"<svg/>"
    assert "<b>bold</b>" in page.toPlainText() and not page.openLinks()
