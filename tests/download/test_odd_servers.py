"""Servers that are unlike the Hub: mirrors with ETags of their own, redirects to nowhere, silence while one pauses."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.catalog.fetch.crew import Crew
from app.catalog.fetch.hasher import Hasher
from app.catalog.fetch.journal import SEGMENT, Journal, Pins, journal_of, kept_bytes, part_of
from app.catalog.fetch.network import Network, Origin
from app.catalog.fetch.place import Errand, is_in_place
from app.catalog.fetch.puller import Control, Limiter, Puller, Stopped
from app.core.catalog.download_errors import FolderRefused, HubUnreachable, ProxyUnusable
from app.core.catalog.downloads import Patience
from app.core.catalog.hub import RemoteFile
from app.core.catalog.hub_errors import HubUntrusted
from app.core.errors import Cancelled
from tests.conftest import WAIT_MS
from tests.download.conftest import MIB, QUICK, Attempt, Headers, Hub
from tests.hub import hubserver
from tests.remote.authority import Authority

SMALL = 3 * MIB + 17


def test_a_mirror_whose_etag_is_no_hash_serves(hub: Hub, attempt: Attempt, headers: Callable[[Headers], None]) -> None:
    def plain(name: str, value: str, path: str) -> str | None:
        if name == "X-Linked-ETag":
            return None
        return '"66a1b2-1f"' if name == "ETag" and "/resolve/" in path else value

    headers(plain)
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("drop", r"GET /cdn/", after=MIB)
    attempt.run(hub.source(file))
    assert (attempt.folder / "a.gguf").read_bytes() == hub.data(file)


def test_a_server_that_does_not_tell_the_size_beside_a_part_serves(
    hub: Hub, attempt: Attempt, headers: Callable[[Headers], None]
) -> None:
    headers(lambda name, value, _: f"{value.split('/')[0]}/*" if name == "Content-Range" else value)
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("drop", r"GET /cdn/", after=MIB)
    attempt.run(hub.source(file))
    assert (attempt.folder / "a.gguf").read_bytes() == hub.data(file)


@pytest.mark.parametrize("location", ["http://127.0.0.1:port/a", "http://[::1/a", "ftp://127.0.0.1/a", "file:///a"])
def test_a_redirect_to_nowhere_is_told_as_what_the_hub_did(
    hub: Hub, attempt: Attempt, headers: Callable[[Headers], None], location: str
) -> None:
    headers(lambda name, value, _: location if name == "Location" else value)
    with pytest.raises(HubUnreachable, match="redirects to nowhere"):
        attempt.run(hub.source(hub.put("a.gguf", SMALL)))


def test_a_redirect_with_letters_that_no_address_has_is_followed(
    hub: Hub, attempt: Attempt, headers: Callable[[Headers], None]
) -> None:
    headers(lambda name, value, _: f"{value}&name=modèle 1" if name == "Location" else value)
    file = hub.put("a.gguf", SMALL)
    attempt.run(hub.source(file))
    assert (attempt.folder / "a.gguf").read_bytes() == hub.data(file)


@pytest.mark.parametrize(("method", "name"), [("HEAD", "config.json"), ("GET", "a.gguf")])
def test_a_pause_does_not_wait_for_a_silent_server(hub: Hub, attempt: Attempt, method: str, name: str) -> None:
    file = hub.put(name, SMALL)
    attempt.patience = Patience(attempts=3, first=0.01, stall=600)
    hub.faults.add("stall", f"^{method} ", after=-1, seconds=600, times=-1)
    ended: list[BaseException] = []

    def run() -> None:
        try:
            attempt.run(hub.source(file))
        except BaseException as error:
            ended.append(error)

    running = threading.Thread(target=run)
    running.start()
    while not hub.faults[0].hits:
        assert running.is_alive()
    attempt.stop.set()
    running.join(WAIT_MS / 1000)
    assert not running.is_alive()
    assert [type(error) for error in ended] == [Stopped]


def test_one_connection_serves_range_after_range(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", 9 * SEGMENT)
    attempt.share = 100 * SEGMENT
    attempt.run(hub.source(file))
    assert len(hub.server.seen("^GET /cdn/")) == 2
    hub.server.stop()
    hub.join()
    assert len(hub.server.received) == 1


def test_nothing_is_asked_twice(hub: Hub, attempt: Attempt) -> None:
    attempt.run(hub.source(hub.put("config.json", 700)))
    assert len(hub.server.seen("^HEAD ")) == 2  # where it is, and what lies there
    assert len(hub.server.seen("^GET ")) == 1


def test_a_pause_does_not_ask_anew_over_a_connection_that_was_kept(hub: Hub, attempt: Attempt) -> None:
    """The second range goes over the first one's connection; what is broken off there is not asked for again."""
    file = hub.put("a.gguf", 9 * SEGMENT)
    attempt.share = 100 * SEGMENT
    attempt.patience = Patience(attempts=3, first=0.01, stall=600)
    hub.faults.add("stall", r"^GET /cdn/", after=-1, seconds=600, times=-1, skip=1)

    def pause(_: object) -> None:
        if hub.faults[0].hits:
            attempt.stop.set()

    with pytest.raises(Stopped):
        attempt.run(hub.source(file), pause)
    assert kept_bytes(attempt.folder / "a.gguf") == 8 * SEGMENT
    assert hub.faults[0].hits == 1


def test_a_mend_from_a_server_that_cannot_continue_is_an_error_with_a_name(
    hub: Hub, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = hubserver._Handler._content

    def whole(self: Any, *arguments: Any) -> None:
        del self.headers["Range"]
        content(self, *arguments)

    monkeypatch.setattr(hubserver._Handler, "_content", whole)
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("corrupt", r"GET /cdn/", offset=2 * MIB)
    hub.faults.add("drop", r"GET /cdn/", after=MIB, skip=1)
    attempt.patience = Patience(attempts=6, first=0.01, longest=0.05, stall=1.0)
    with pytest.raises(HubUnreachable, match="cannot continue"):
        attempt.run(hub.source(file))


def test_a_disk_that_fails_while_the_last_bytes_are_verified_is_not_taken_for_the_end(tmp_path: Path) -> None:
    """It fails between the look for failures and the look for who still works."""
    target, may_read = tmp_path / "a.gguf", threading.Event()
    part_of(target).write_bytes(bytes(10))

    class Unreadable:
        def update(self, _: bytes, /) -> None:
            may_read.wait()
            raise OSError("the disk does not give it back")

        def copy(self) -> Unreadable:
            return self

        def hexdigest(self) -> str:
            return ""

    class Late(Journal):
        def complete(self, index: int) -> bool:
            if threading.current_thread() is threading.main_thread():
                may_read.set()
                crew._hasher.wait()  # type: ignore[union-attr]
            return super().complete(index)

    pins = Pins(repo="a/b", commit="c", path="a.gguf", bytes=10, sha256="0" * 64)
    with journal_of(target).open("w+b", buffering=0) as file:
        journal = Late(journal_of(target), file, pins, [(10, 0)])
        control = Control(Limiter(0), QUICK)
        crew = Crew(target, journal, Unreadable(), control, share=SEGMENT, whole=False)
        with pytest.raises(OSError, match="does not give it back"):
            while crew.works(nobody):
                pass
        crew.end()


def test_a_disk_that_spoils_whatever_arrives_is_given_up(tmp_path: Path) -> None:
    target, stop = tmp_path / "a.gguf", threading.Event()
    part_of(target).write_bytes(bytes(10))

    class Refetched(Journal):
        def note(self, index: int, done: int, crc: int) -> None:
            super().note(index, 10, 1)

    pins = Pins(repo="a/b", commit="c", path="a.gguf", bytes=10, sha256="0" * 64)
    with journal_of(target).open("w+b", buffering=0) as file:
        hasher = Hasher(part_of(target), Refetched(journal_of(target), file, pins, [(10, 1)]), hashlib.sha256(), stop)
        limit = threading.Timer(WAIT_MS / 1000, stop.set)
        limit.start()
        hasher.start()
        hasher.wait()
        limit.cancel()
    assert isinstance(hasher.error, FolderRefused)


def nobody() -> Puller:
    raise AssertionError("there is nothing to fetch")


def test_a_limit_that_is_lifted_holds_nobody_back() -> None:
    limiter = Limiter(1)
    limiter.take(1000)
    assert limiter.pause > 900
    limiter.rate = 10
    assert 0 < limiter.pause <= 100
    limiter.rate = 0
    assert limiter.pause == 0
    limiter.rate = 1
    with limiter._lock:
        taking = threading.Thread(target=limiter.take, args=(1000,))
        taking.start()
        limiter._rate = 0
    taking.join()
    assert limiter.pause == 0


def test_a_large_file_that_lies_there_is_not_compared_to_its_end_once_it_is_to_stop(tmp_path: Path) -> None:
    target = tmp_path / "a.gguf"
    target.write_bytes(bytes(100))
    stop = threading.Event()
    stop.set()
    errand = Errand("acme/tiny", "c0ffee", RemoteFile("a.gguf", 100, hashlib.sha256(bytes(100)).hexdigest()), target)
    with pytest.raises(Cancelled):
        is_in_place(errand, str, stop)
    assert not journal_of(target).exists()
    stop.clear()
    assert is_in_place(errand, str, stop)


@pytest.mark.parametrize("proxy", ["http://ada:se/cret@127.0.0.1:1", "http://127.0.0.1:port", "socks5://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    for name in ("http_proxy", "no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(ProxyUnusable) as caught:
        Network("http://hub.example", "", stall=5).connect(Origin.of("http://hub.example"))
    assert "cret" not in str(caught.value) and "se" not in str(caught.value.values["proxy"])


def test_a_certificate_that_nobody_vouches_for_ends_it_at_once(tmp_path: Path) -> None:
    root = tmp_path / "hub"
    root.mkdir()
    with hubserver.HubServer(root, tls=Authority(tmp_path).server("127.0.0.1")) as server:
        hub = Hub(server, root, set(threading.enumerate()))
        file = hub.put("a.gguf", SMALL)
        attempt = Attempt(hub, tmp_path / "models", patience=Patience(attempts=1000, first=3600, longest=3600, stall=1))
        with pytest.raises(HubUntrusted):
            attempt.run(hub.source(file))
    hub.join()
