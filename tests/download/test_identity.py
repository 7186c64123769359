"""Is it still the same file? Other servers with ETags of their own, pages of proxies, repos that are gone."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from app.catalog.fetch.journal import kept_bytes
from app.core.catalog.download_errors import FileChanged, HubBusy, HubUnreachable, WrongSize
from app.core.catalog.downloads import Activity, Source
from app.core.catalog.hub import RemoteFile
from app.core.catalog.hub_errors import RepoNotFound
from tests.download.conftest import MIB, REPO, TOKEN, Attempt, Headers, Hub
from tests.hub import hubserver

SMALL = 3 * MIB + 17
HALF = 2 * MIB


def begin(hub: Hub, attempt: Attempt, source: Source) -> int:
    """Have half of a file, as when one is paused; the bytes that are kept."""
    hub.faults.add("drop", r"GET /cdn/", after=HALF)
    hub.faults.add("status", r"GET /cdn/", times=-1, skip=1)
    with pytest.raises(HubBusy):
        attempt.run(source)
    hub.faults.clear()
    attempt.progress.clear()
    kept = kept_bytes(attempt.folder / source.files[0].path)
    assert kept == HALF
    return kept


def assert_went_on(hub: Hub, attempt: Attempt, file: RemoteFile, kept: int) -> None:
    assert (attempt.folder / file.path).read_bytes() == hub.data(file)
    assert min(progress.done for progress in attempt.progress) >= kept


def test_it_goes_on_with_another_server_whose_etag_is_another_one(
    hub: Hub, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = hub.put("a.gguf", SMALL)
    source = hub.source(file)
    kept = begin(hub, attempt, source)
    named = property(lambda entry: hashlib.sha256(b"moved" + entry.pointer).hexdigest())
    monkeypatch.setattr(hubserver.Entry, "xet", named)
    attempt.run(source)
    assert_went_on(hub, attempt, file, kept)


def test_it_goes_on_with_a_server_that_has_no_etags(
    hub: Hub, attempt: Attempt, headers: Callable[[Headers], None]
) -> None:
    file = hub.put("a.gguf", SMALL)
    source = hub.source(file)
    kept = begin(hub, attempt, source)
    headers(lambda name, value, path: None if name == "ETag" and path.startswith("/cdn/") else value)
    attempt.run(source)
    assert_went_on(hub, attempt, file, kept)


def test_without_a_hash_another_etag_is_another_file(
    hub: Hub, attempt: Attempt, headers: Callable[[Headers], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def plain(name: str, value: str, path: str) -> str | None:
        if name == "X-Linked-ETag":
            return None
        return '"66a1b2-1f"' if name == "ETag" and "/resolve/" in path else value

    headers(plain)
    file = hub.put("a.gguf", SMALL)
    source = hub.source(RemoteFile(file.path, file.bytes, ""))
    kept = begin(hub, attempt, source)
    named = property(lambda entry: hashlib.sha256(b"moved" + entry.pointer).hexdigest())
    with monkeypatch.context() as moved, pytest.raises(FileChanged):
        moved.setattr(hubserver.Entry, "xet", named)
        attempt.run(source)
    assert kept_bytes(attempt.folder / file.path) == kept
    attempt.run(source)
    assert_went_on(hub, attempt, file, kept)


def test_odd_answers_that_are_far_apart_do_not_add_up(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    for request in (0, 2, 4):
        hub.faults.add("drop", r"GET /cdn/", after=MIB // 2, skip=request)
        hub.faults.add("change", r"GET /cdn/", skip=request + 1)
    attempt.run(hub.source(RemoteFile(file.path, file.bytes, file.sha256)))
    assert_went_on(hub, attempt, file, 0)
    assert not any(progress.activity is Activity.REPAIRING for progress in attempt.progress)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_page_that_a_proxy_shows_costs_nothing_that_has_arrived(
    hub: Hub, attempt: Attempt, headers: Callable[[Headers], None], monkeypatch: pytest.MonkeyPatch, chunked: bool
) -> None:
    def blocked(self: Any, *_: Any) -> None:
        page = b"<html>This site is blocked.</html>"
        self._send(200, {"Content-Type": "text/html"}, [page], -1 if chunked else len(page))

    headers(lambda name, value, path: None if name == "ETag" and path.startswith("/cdn/") else value)
    file = hub.put("a.gguf", SMALL)
    source = hub.source(file)
    kept = begin(hub, attempt, source)
    with monkeypatch.context() as proxied, pytest.raises(HubUnreachable if chunked else WrongSize):
        proxied.setattr(hubserver._Handler, "_content", blocked)
        attempt.run(source)
    attempt.run(source)
    assert_went_on(hub, attempt, file, kept)


def test_one_server_of_several_that_ignores_ranges_costs_nothing(
    hub: Hub, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, lock, asked = hubserver._Handler._content, threading.Lock(), [0]

    def sometimes(self: Any, *arguments: Any) -> None:
        with lock:
            asked[0] += 1
            ignores = asked[0] % 3 == 2
        if ignores:
            del self.headers["Range"]
        content(self, *arguments)

    monkeypatch.setattr(hubserver._Handler, "_content", sometimes)
    file = hub.put("a.gguf", 70 * MIB + 5)
    for request in range(0, 12, 3):
        hub.faults.add("drop", r"GET /cdn/", after=MIB, skip=request)
    attempt.run(hub.source(file))
    assert_went_on(hub, attempt, file, 0)
    done = [progress.done for progress in attempt.progress]
    assert done == sorted(done)


def test_a_refused_range_is_asked_for_anew(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    source = hub.source(file)
    kept = begin(hub, attempt, source)
    hub.faults.add("status", r"GET /cdn/", status=416, times=2)
    attempt.run(source)
    assert_went_on(hub, attempt, file, kept)


def test_a_repo_that_is_gone_is_said_and_nothing_is_lost(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    source = hub.source(file)
    kept = begin(hub, attempt, source)
    repo = hub.root / REPO
    repo.rename(repo.with_name("renamed"))
    with pytest.raises(RepoNotFound):
        attempt.run(source)
    repo.with_name("renamed").rename(repo)
    attempt.run(source)
    assert_went_on(hub, attempt, file, kept)


def test_a_repo_that_has_another_name_now_is_found(hub: Hub, attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    file = hub.put("a.gguf", SMALL)
    source = hub.source(file)
    resolve = hubserver._Handler._resolve

    def renamed(self: Any, repo: str, rev: str, path: str) -> None:
        if repo == "acme/old-name":
            self._send(307, {"Location": f"/{REPO}/resolve/{rev}/{path}"}, [b""], 0)
        else:
            resolve(self, repo, rev, path)

    monkeypatch.setattr(hubserver._Handler, "_resolve", renamed)
    attempt.run(Source(repo="acme/old-name", commit=source.commit, files=source.files))
    assert_went_on(hub, attempt, file, 0)


def test_a_wait_until_a_date_is_by_the_servers_own_clock(
    hub: Hub, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubserver._Handler, "date_time_string", lambda *_: "Thu, 01 Jan 1970 10:00:00 GMT")
    hub.faults.add("status", r"GET /cdn/", status=429, headers={"Retry-After": "Thu, 01 Jan 1970 10:00:01 GMT"})
    file = hub.put("a.gguf", SMALL)
    attempt.run(hub.source(file))
    assert any(progress.activity is Activity.WAITING for progress in attempt.progress)
    assert_went_on(hub, attempt, file, 0)


@contextmanager
def other_host() -> Iterator[tuple[str, list[bool]]]:
    """A server that leads to the address it is asked with, or to itself; and for each question whether a token came."""
    tokens: list[bool] = []

    class Leading(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append("Authorization" in self.headers)
            self.send_response(302)
            self.send_header("Location", unquote(urlsplit(self.path).query) or f"http://{self.headers['Host']}/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Leading) as listener:
        threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://localhost:{listener.server_address[1]}/", tokens
        listener.shutdown()


def test_a_chain_of_redirects_is_followed_and_the_token_stays_with_the_hub(
    hub: Hub, attempt: Attempt, headers: Callable[[Headers], None]
) -> None:
    file = hub.put("a.gguf", SMALL)
    (hub.root / REPO / "repo.json").write_text('{"gated": "manual"}')
    hub.faults.add("drop", r"GET /cdn/", after=HALF)
    attempt.token = TOKEN
    with other_host() as (address, tokens):
        headers(lambda name, value, path: f"{address}?{value}" if name == "Location" and "resolve" in path else value)
        attempt.run(hub.source(file))
    assert_went_on(hub, attempt, file, 0)
    assert tokens == [False, False]
    assert not any(request["authorized"] for request in hub.server.seen("GET /cdn/"))


def test_a_circle_of_redirects_is_told(hub: Hub, attempt: Attempt, headers: Callable[[Headers], None]) -> None:
    with other_host() as (address, _):
        headers(lambda name, value, _: address if name == "Location" else value)
        with pytest.raises(HubUnreachable, match="in a circle"):
            attempt.run(hub.source(hub.put("a.gguf", SMALL)))


def test_a_repo_that_was_deleted_leaves_what_was_there(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    source = hub.source(file)
    attempt.run(source)
    shutil.rmtree(hub.root / REPO)
    attempt.run(source)
    assert (attempt.folder / file.path).stat().st_size == file.bytes
