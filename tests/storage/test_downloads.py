"""The queue of downloads in a real database."""

from __future__ import annotations

import pytest

from app.core.catalog.download_errors import HubUnreachable
from app.core.catalog.downloads import DownloadState, Source
from app.core.catalog.hub import RemoteFile
from app.core.errors import Failure
from app.storage.database import Database
from app.storage.downloads import DownloadStore
from tests.storage.conftest import Clock


@pytest.fixture
def queue(database: Database) -> DownloadStore:
    return DownloadStore(database, clock=Clock())


def source(name: str) -> Source:
    return Source(repo=f"acme/{name}", commit="c0ffee", files=(RemoteFile(f"{name}.gguf", 10, "ab" * 32),))


def test_downloads_keep_their_order(queue: DownloadStore) -> None:
    ids = [queue.add(name, source(name), f"/models/{name}").id for name in "abc"]
    assert [download.name for download in queue.list()] == ["a", "b", "c"]
    queue.arrange([ids[2], ids[0]])
    assert [download.name for download in queue.list()] == ["c", "a", "b"]
    queue.add("d", source("d"), "/models/d")
    assert [download.name for download in queue.list()] == ["c", "a", "b", "d"]
    queue.remove(ids[0])
    assert [download.name for download in queue.list()] == ["c", "b", "d"]


def test_where_a_download_stands_is_kept(queue: DownloadStore) -> None:
    added = queue.add("a", source("a"), "/models/a")
    failure = Failure.of(HubUnreachable(host="hub", reason="no route"))
    queue.update(added.id, DownloadState.FAILED, 7, failure)
    (found,) = queue.list()
    assert (found.source, found.state, found.done, found.failure) == (source("a"), DownloadState.FAILED, 7, failure)
    assert found.ended_at > found.added_at


def test_the_same_files_in_the_same_place_are_one_download(queue: DownloadStore) -> None:
    first = queue.add("a", source("a"), "/models/a")
    queue.update(first.id, DownloadState.FAILED, 7, Failure("HubBusy"))
    again = queue.add("a", source("a"), "/models/a")
    assert (again.id, again.state, again.done, again.failure) == (first.id, DownloadState.QUEUED, 7, None)
    assert queue.add("a", source("a"), "/elsewhere").id != first.id


def test_a_state_of_a_later_version_reads_as_paused(queue: DownloadStore, database: Database) -> None:
    queue.add("a", source("a"), "/models/a")
    with database.transaction() as connection:
        connection.execute("UPDATE downloads SET state = 'frozen'")
    assert [download.state for download in queue.list()] == [DownloadState.PAUSED]
