"""The update child, frames in and frames out: what it takes, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import minisign
import pytest

from app.catalog.fetch.update import MOST_FEED_BYTES
from app.children.child import Child
from app.children.outcome import Outcome
from app.core.catalog.hub_errors import HubFailed, HubSilent, Offline
from app.core.program.ledger import Purpose, ledger_path, read_entries
from app.core.program.update_errors import (
    UpdateOlder,
    UpdatePackageDamaged,
    UpdateUnreadable,
    UpdateUnsaved,
    UpdateUnsigned,
)
from app.core.program.update_frames import FetchUpdate, LookForUpdate, UpdateFetched, UpdateKnown, UpdateProgress
from app.core.program.updates import UpdateSource
from app.core.protocol import ChildRole, Command, Event, Failed
from tests.updates.conftest import HERE, PACKAGE, Feed

Ask = Callable[[Command], list[Event | Outcome]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Sends a command; its progress and its end."""
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path / "home"))
    inbox: SimpleQueue[Event | Outcome] = SimpleQueue()
    children: list[Child] = []

    def answer(command: Command) -> list[Event | Outcome]:
        if not children:
            children.append(Child(ChildRole.UPDATE, inbox.put, inbox.put, log=tmp_path / "update.log"))
            children[0].start()
        children[0].send(command)
        events = [inbox.get(timeout=60)]
        while isinstance(events[-1], UpdateProgress):
            events.append(inbox.get(timeout=60))
        return events

    yield answer
    for child in children:
        child.shutdown()


def refusal(events: list[Event | Outcome]) -> Exception:
    assert isinstance(events[-1], Failed), events
    return events[-1].failure.error()


def test_a_newer_version_is_told_and_its_package_fetched(feed: Feed, ask: Ask, tmp_path: Path) -> None:
    release = feed.offer("0.10.0")
    assert ask(LookForUpdate(source=feed.source, current="0.9.9")) == [UpdateKnown(release=release)]
    assert feed.asked == ["/feed.json", "/feed.json.minisig"]
    package = HERE.package(release)
    assert package is not None
    left = tmp_path / "home/cache/updates/parley_0.9.9_amd64.deb"
    left.parent.mkdir(parents=True)
    left.touch()
    *steps, end = ask(FetchUpdate(package=package))
    assert isinstance(end, UpdateFetched)
    assert Path(end.path) == left.with_name("parley_0.10.0_amd64.deb") and Path(end.path).read_bytes() == PACKAGE
    assert not left.exists()
    done = [step.done for step in steps if isinstance(step, UpdateProgress)]
    assert done == sorted(done) and done
    entries = read_entries(ledger_path(tmp_path / "home/logs").read_bytes())
    assert {(entry.host, entry.purpose) for entry in entries} == {("127.0.0.1", Purpose.UPDATE)}


def test_the_version_that_runs_is_no_news(feed: Feed, ask: Ask) -> None:
    feed.offer("1.2.3")
    assert ask(LookForUpdate(source=feed.source, current="1.2.3")) == [UpdateKnown()]


def test_an_older_version_is_refused(feed: Feed, ask: Ask) -> None:
    feed.offer("0.9.0")
    error = refusal(ask(LookForUpdate(source=feed.source, current="0.10.0")))
    assert isinstance(error, UpdateOlder) and "0.9.0" in str(error) and "0.10.0" in str(error)


def test_a_feed_that_was_changed_is_refused(feed: Feed, ask: Ask) -> None:
    feed.offer("2.0.0")
    feed.files["/feed.json"] = feed.files["/feed.json"].replace(b"A thing", b"A trap ")
    assert isinstance(refusal(ask(LookForUpdate(source=feed.source, current="1.0.0"))), UpdateUnsigned)


def test_a_feed_that_another_key_signed_is_refused(feed: Feed, ask: Ask) -> None:
    feed.offer("2.0.0")
    others = UpdateSource(feed.source.address, minisign.KeyPair.generate().public_key.to_base64().decode())
    assert isinstance(refusal(ask(LookForUpdate(source=others, current="1.0.0"))), UpdateUnsigned)


@pytest.mark.parametrize("signature", [b"", b"untrusted comment: x\nRWQ=\n", b"\xff" * 300])
def test_a_broken_signature_is_refused(feed: Feed, ask: Ask, signature: bytes) -> None:
    feed.offer("2.0.0")
    feed.files["/feed.json.minisig"] = signature
    assert isinstance(refusal(ask(LookForUpdate(source=feed.source, current="1.0.0"))), UpdateUnsigned)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"version": "2.0.0"}',
        b'{"version": "newest", "date": "", "changes": "", "packages": []}',
        b"x" * (MOST_FEED_BYTES + 1),
    ],
)
def test_a_feed_that_is_none_is_refused_though_it_is_signed(feed: Feed, ask: Ask, content: bytes) -> None:
    feed.publish(content)
    assert isinstance(refusal(ask(LookForUpdate(source=feed.source, current="1.0.0"))), UpdateUnreadable)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../parley.deb"},
        {"name": "a/b.deb"},
        {"name": ""},
        {"url": "file:///etc/passwd"},
        {"url": "http://[broken"},
        {"sha256": "no digest"},
        {"bytes": -1},
    ],
)
def test_a_package_that_leads_astray_is_refused(feed: Feed, ask: Ask, changes: dict[str, Any]) -> None:
    feed.offer("2.0.0", **changes)
    assert isinstance(refusal(ask(LookForUpdate(source=feed.source, current="1.0.0"))), UpdateUnreadable)


@pytest.mark.parametrize("content", [PACKAGE[:-1] + b"X", PACKAGE[:-1], PACKAGE + b"X", b""])
def test_a_package_that_was_changed_is_not_kept(feed: Feed, ask: Ask, content: bytes, tmp_path: Path) -> None:
    package = HERE.package(feed.offer("2.0.0"))
    assert package is not None
    feed.files["/package"] = content
    error = refusal(ask(FetchUpdate(package=package)))
    assert isinstance(error, UpdatePackageDamaged) and package.name in str(error)
    assert list((tmp_path / "home/cache/updates").iterdir()) == []


def test_a_package_that_breaks_off_is_not_kept(feed: Feed, ask: Ask, tmp_path: Path) -> None:
    package = HERE.package(feed.offer("2.0.0"))
    assert package is not None
    feed.cut = len(PACKAGE) // 2
    assert isinstance(refusal(ask(FetchUpdate(package=package))), HubSilent)
    assert list((tmp_path / "home/cache/updates").iterdir()) == []


def test_a_package_that_cannot_be_written_says_why(feed: Feed, ask: Ask, tmp_path: Path) -> None:
    package = HERE.package(feed.offer("2.0.0"))
    assert package is not None
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home/cache").write_text("a file in the folder's place")
    assert isinstance(refusal(ask(FetchUpdate(package=package))), UpdateUnsaved)


def test_a_feed_that_has_moved_is_followed_but_not_forever(feed: Feed, ask: Ask) -> None:
    release = feed.offer("2.0.0")
    feed.files["/real"] = feed.files["/feed.json"]
    feed.moved = {"/feed.json": "/real"}
    assert ask(LookForUpdate(source=feed.source, current="1.0.0")) == [UpdateKnown(release=release)]
    feed.moved = {"/feed.json": "/feed.json"}
    assert isinstance(refusal(ask(LookForUpdate(source=feed.source, current="1.0.0"))), HubFailed)


def test_a_server_without_a_feed_and_none_at_all(feed: Feed, ask: Ask) -> None:
    error = refusal(ask(LookForUpdate(source=feed.source, current="1.0.0")))
    assert isinstance(error, HubFailed) and "404" in str(error)
    nobody = UpdateSource("http://127.0.0.1:9/feed.json", feed.source.key)
    assert isinstance(refusal(ask(LookForUpdate(source=nobody, current="1.0.0"))), HubSilent)


def test_offline_nothing_is_asked(feed: Feed, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    package = HERE.package(feed.offer("2.0.0"))
    assert package is not None
    assert isinstance(refusal(ask(LookForUpdate(source=feed.source, current="1.0.0"))), Offline)
    assert isinstance(refusal(ask(FetchUpdate(package=package))), Offline)
    assert feed.asked == []
