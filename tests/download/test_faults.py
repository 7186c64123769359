"""Every way in which a transfer goes wrong: it ends in a verified file, or in a clear error with what is kept."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

import pytest

from app.catalog.fetch.journal import SEGMENT, journal_of, kept_bytes, part_of, read_pins
from app.catalog.fetch.puller import Stopped
from app.catalog.fetch.transport import Interrupted, Reply, redirect
from app.core.catalog.download_errors import (
    DownloadDamaged,
    FileChanged,
    FileInTheWay,
    HubBusy,
    HubUnreachable,
    NotOnHub,
    UnsafePath,
    WrongSize,
)
from app.core.catalog.downloads import Activity, Patience
from app.core.catalog.hub import RemoteFile
from app.core.catalog.hub_errors import AccessPending, RepoGated, TokenRejected
from tests.download.conftest import MIB, REPO, TOKEN, Attempt, Hub
from tests.hub import hubserver

SMALL = 3 * MIB + 17
SEVERAL = 70 * MIB + 5  # comes over several connections


def assert_arrived(hub: Hub, attempt: Attempt, file: RemoteFile) -> None:
    target = attempt.folder / file.path
    assert target.read_bytes() == hub.data(file)
    assert not part_of(target).exists()
    pins = read_pins(target)
    assert pins is not None
    assert pins.completed > 0


def assert_kept(attempt: Attempt, file: RemoteFile, least: int) -> None:
    """Nothing was put in place, and what had arrived is still there."""
    target = attempt.folder / file.path
    assert not target.exists()
    assert part_of(target).stat().st_size == file.bytes
    assert kept_bytes(target) >= least


@pytest.mark.parametrize("size", [0, 1, SMALL, SEVERAL])
def test_a_file_arrives_whole_with_where_it_came_from(hub: Hub, attempt: Attempt, size: int) -> None:
    file = hub.put("a.gguf", size)
    assert attempt.run(hub.source(file)) == (attempt.folder / "a.gguf",)
    assert_arrived(hub, attempt, file)
    pins = read_pins(attempt.folder / "a.gguf")
    assert pins is not None
    assert (pins.repo, pins.path, pins.sha256) == (REPO, "a.gguf", file.sha256)
    assert hub.sent() == size
    assert attempt.progress[-1].done == size


def test_small_text_files_are_verified_as_git_has_them(hub: Hub, attempt: Attempt) -> None:
    config = hub.put("sub/config.json", 700)
    attempt.run(hub.source(config))
    assert_arrived(hub, attempt, config)
    (attempt.folder / "sub/config.json").unlink()
    hub.faults.add("corrupt", r"resolve-cache", offset=3, times=-1)
    with pytest.raises(DownloadDamaged):
        attempt.run(hub.source(config))


def test_a_small_text_file_that_lies_there_already_is_taken_if_it_is_the_one(hub: Hub, attempt: Attempt) -> None:
    config = hub.put("config.json", 700)
    attempt.folder.mkdir()
    target = attempt.folder / "config.json"
    target.write_bytes(hub.data(config))
    attempt.run(hub.source(config))
    assert_arrived(hub, attempt, config)
    assert not hub.server.seen("GET ")
    journal_of(target).unlink()
    target.write_bytes(bytes(700))
    with pytest.raises(FileInTheWay):
        attempt.run(hub.source(config))
    assert target.read_bytes() == bytes(700)


@pytest.mark.parametrize("size", [SMALL, SEVERAL])
@pytest.mark.parametrize("reset", [False, True])
def test_dropped_connections_cost_no_byte_twice(hub: Hub, attempt: Attempt, size: int, reset: bool) -> None:
    file = hub.put("a.gguf", size)
    for skip in (0, 1, 2):
        hub.faults.add("drop", r"GET /cdn/", after=MIB, reset=reset, skip=skip)
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)
    if not reset:  # a reset discards what lies in the system's buffers
        assert hub.sent() == size


def test_a_stalled_connection_is_given_up(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("stall", r"GET /cdn/", after=MIB, seconds=30)
    hub.faults.add("stall", r"HEAD /", after=-1, seconds=30)
    attempt.patience = Patience(attempts=20, first=0.01, longest=0.05, stall=0.3)
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)


def test_a_slow_server_is_waited_for(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("throttle", r"GET /cdn/", rate=4 * MIB)
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)
    rates = [progress.rate for progress in attempt.progress if progress.activity is Activity.FETCHING]
    assert max(rates) > 0


@pytest.mark.parametrize("delta", [-1000, 1000])
def test_a_wrong_length_does_no_harm(hub: Hub, attempt: Attempt, delta: int) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("length", r"GET /cdn/", delta=delta, times=2)
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 408])
def test_refusals_are_waited_out(hub: Hub, attempt: Attempt, status: int) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("status", r"HEAD /acme", status=status, headers={"Retry-After": "0.05"})
    hub.faults.add("status", r"GET /cdn/", status=status)
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)


def test_the_wait_that_the_hub_asks_for_is_kept(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("status", r"GET /cdn/", status=429, headers={"Retry-After": "1"})
    attempt.run(hub.source(file))
    assert any(progress.activity is Activity.WAITING for progress in attempt.progress)
    assert_arrived(hub, attempt, file)


def test_a_hub_that_stays_busy_is_named(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("drop", r"GET /cdn/", after=2 * MIB)
    hub.faults.add("status", r"GET /cdn/", status=503, times=-1, skip=1)
    with pytest.raises(HubBusy) as caught:
        attempt.run(hub.source(file))
    assert caught.value.values["status"] == 503
    hub.faults.clear()
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)
    assert hub.sent(r"a\.gguf") < SMALL + 1000


def test_an_expired_address_is_asked_for_anew(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("drop", r"GET /cdn/", after=MIB)
    hub.faults.add("status", r"GET /cdn/", status=403, skip=1)
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)
    assert len(hub.server.seen("HEAD /acme")) >= 2


@pytest.mark.parametrize("offset", [5, 40 * MIB])
def test_a_corrupt_byte_is_found_and_mended(hub: Hub, attempt: Attempt, offset: int) -> None:
    file = hub.put("a.gguf", SEVERAL)
    hub.faults.add("corrupt", r"GET /cdn/", offset=offset, times=2)  # the first two connections
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)


def test_bytes_that_stay_corrupt_are_never_put_in_place(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("corrupt", r"GET /cdn/", offset=MIB, times=-1)
    with pytest.raises(DownloadDamaged):
        attempt.run(hub.source(file))
    assert_kept(attempt, file, SMALL)
    hub.faults.clear()
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)


def test_a_file_that_changes_on_the_way_is_an_error_that_keeps_what_came(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("drop", r"GET /cdn/", after=2 * MIB)
    hub.faults.add("change", r"GET /cdn/", times=-1, skip=1)
    with pytest.raises(DownloadDamaged):
        attempt.run(hub.source(file))
    assert_kept(attempt, file, 2 * MIB)
    hub.faults.clear()
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)


def test_one_odd_answer_does_not_end_a_download(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("drop", r"GET /cdn/", after=2 * MIB)
    hub.faults.add("change", r"GET /cdn/", skip=1)
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)


def test_a_file_replaced_between_two_attempts_is_never_mixed(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    source = hub.source(file)
    hub.faults.add("drop", r"GET /cdn/", after=2 * MIB, times=-1)
    hub.faults.add("status", r"GET /cdn/", times=-1, skip=1)
    with pytest.raises(HubBusy):
        attempt.run(source)
    hub.faults.clear()
    hub.put("a.gguf", SMALL, seed=99)
    with pytest.raises(NotOnHub):  # the commit is gone from this Hub
        attempt.run(source)
    assert_kept(attempt, file, 0)
    file = RemoteFile("a.gguf", SMALL, "0" * 64)
    with pytest.raises(FileChanged):  # the listing is of another time than the file
        attempt.run(hub.source(file))


def test_a_size_that_is_a_lie_is_an_error(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    for size in (SMALL - 5000, SMALL + 5000):
        hub.faults.add("size", r"META acme/tiny-GGUF/a.gguf", size=size, times=-1)
        with pytest.raises((WrongSize, DownloadDamaged)):
            attempt.run(hub.source(RemoteFile("a.gguf", size, file.sha256)))
        assert not (attempt.folder / "a.gguf").exists()
        hub.faults.clear()
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)


def test_a_network_that_is_gone_is_named_and_comes_back(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    source = hub.source(file)
    hub.server.stop()
    with pytest.raises(HubUnreachable):
        attempt.run(source)
    hub.server.start()
    attempt.run(source)
    assert_arrived(hub, attempt, file)


def test_a_network_that_goes_on_the_way_and_returns_is_not_noticed(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("stall", r"GET /cdn/", after=MIB, seconds=60)
    attempt.patience = Patience(attempts=200, first=0.05, longest=0.05, stall=30)

    def cut(progress: object) -> None:
        if attempt.progress[-1].done >= MIB and not cuts:
            cuts.append(1)
            hub.server.stop()
            threading.Timer(0.5, hub.server.start).start()

    cuts: list[int] = []
    attempt.run(hub.source(file), cut)
    assert cuts
    assert_arrived(hub, attempt, file)


def test_gated_files_need_a_token_that_never_leaves_for_the_cdn(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    config = hub.put("config.json", 300)
    (hub.root / REPO / "repo.json").write_text('{"gated": "manual"}')
    source = hub.source(file, config)
    with pytest.raises(RepoGated):
        attempt.run(source)
    attempt.token = "hf_unknown"
    with pytest.raises(TokenRejected):
        attempt.run(source)
    hub.server.tokens["hf_other"] = []
    attempt.token = "hf_other"
    with pytest.raises(AccessPending):
        attempt.run(source)
    attempt.token = TOKEN
    attempt.run(source)
    assert_arrived(hub, attempt, file)
    assert_arrived(hub, attempt, config)
    assert any(request["authorized"] for request in hub.server.seen("HEAD /acme"))
    assert not any(request["authorized"] for request in hub.server.seen("GET /cdn/"))


def test_a_server_that_cannot_continue_sends_the_whole_file_anew(
    hub: Hub, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = hubserver._Handler._content

    def whole(self: Any, *arguments: Any) -> None:
        del self.headers["Range"]
        content(self, *arguments)

    monkeypatch.setattr(hubserver._Handler, "_content", whole)
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("drop", r"GET /cdn/", after=MIB)
    attempt.patience = Patience(attempts=6, first=0.01, longest=0.05, stall=1.0)
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)


def test_an_address_that_really_expires_is_asked_for_anew(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.server.cdn_ttl = -1

    def renew(_: object) -> None:
        if hub.server.seen("GET /cdn/"):
            hub.server.cdn_ttl = 3600

    attempt.patience = Patience(attempts=20, first=0.01, longest=0.05, stall=1.0)
    attempt.run(hub.source(file), renew)
    assert_arrived(hub, attempt, file)
    assert any(request["status"] == 403 for request in hub.server.seen("GET /cdn/"))


def test_a_redirect_to_a_plain_connection_is_not_followed() -> None:
    class Answer:
        status, url = 302, "https://hub.example/a"

        def header(self, name: str) -> str:
            return "http://cdn.example/a" if name == "Location" else ""

    with pytest.raises(Interrupted, match="not encrypted"):
        redirect(cast(Reply, Answer()))


def test_what_is_not_there_is_said(hub: Hub, attempt: Attempt) -> None:
    hub.put("a.gguf", SMALL)
    with pytest.raises(NotOnHub):
        attempt.run(hub.source(RemoteFile("b.gguf", 5, "0" * 64)))


@pytest.mark.parametrize("path", ["../a.gguf", "/a.gguf", "a/../../b.gguf", "a\\b.gguf", "a\nb", ""])
def test_a_path_that_leads_out_of_the_folder_is_refused(hub: Hub, attempt: Attempt, path: str) -> None:
    file = hub.put("a.gguf", SMALL)
    with pytest.raises(UnsafePath):
        attempt.run(hub.source(RemoteFile(path, file.bytes, file.sha256)))


def test_a_pause_keeps_all_that_came(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SEVERAL)
    hub.faults.add("throttle", r"GET /cdn/", rate=20 * MIB, times=-1)

    def pause(_: object) -> None:
        if attempt.progress[-1].done > 4 * MIB:
            attempt.stop.set()

    with pytest.raises(Stopped):
        attempt.run(hub.source(file), pause)
    kept = kept_bytes(attempt.folder / file.path)
    assert_kept(attempt, file, 4 * MIB)
    hub.faults.clear()
    attempt.stop.clear()
    hub.server.log.clear()
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)
    assert hub.sent() == SEVERAL - kept


def test_bytes_spoiled_on_the_disk_are_fetched_again_alone(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SEVERAL)
    attempt.share = SEVERAL
    hub.faults.add("drop", r"GET /cdn/", after=20 * MIB)
    hub.faults.add("status", r"GET /cdn/", times=-1, skip=1)
    with pytest.raises(HubBusy):
        attempt.run(hub.source(file))
    hub.faults.clear()
    part = part_of(attempt.folder / "a.gguf")
    spoil(part, 9 * MIB)
    missing = SEVERAL - kept_bytes(attempt.folder / "a.gguf")
    hub.server.log.clear()
    attempt.run(hub.source(file))
    assert_arrived(hub, attempt, file)
    assert hub.sent() == missing + SEGMENT
    assert journal_of(attempt.folder / "a.gguf").exists()


def spoil(path: Path, offset: int) -> None:
    with path.open("r+b") as stream:
        stream.seek(offset)
        byte = stream.read(1)
        stream.seek(offset)
        stream.write(bytes([byte[0] ^ 0xFF]))
