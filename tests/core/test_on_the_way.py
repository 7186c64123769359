"""Which checkpoints are prepared while they are downloaded, and the room for that."""

from __future__ import annotations

import pytest

from app.core.catalog.hub import RemoteFile
from app.core.catalog.on_the_way import is_prepared_on_the_way, room_for, shards_of
from app.core.checkpoints.preparing import Original

SMALL = RemoteFile("config.json", 5)
SHARDS = tuple(
    RemoteFile(f"model-{number:05}-of-00004.safetensors", 100 + number, "ab" * 32) for number in (4, 1, 3, 2)
)


def test_only_two_of_several_shards_need_room() -> None:
    files = (SMALL, *SHARDS)
    assert [shard.bytes for shard in shards_of(files)] == [101, 102, 103, 104]
    assert is_prepared_on_the_way(files, Original.DELETE)
    assert room_for(files, 1000, Original.DELETE) == 5 + 104 + 103 + 1000
    assert room_for(files, 1000, Original.KEEP) == 5 + 410 + 1000


@pytest.mark.parametrize(
    ("files", "original"),
    [
        ((SMALL, *SHARDS), Original.KEEP),
        ((SMALL, *SHARDS), Original.TRASH),
        ((SMALL, SHARDS[0]), Original.DELETE),
        ((SMALL, *SHARDS, RemoteFile("model-00005.safetensors", 7)), Original.DELETE),
    ],
    ids=["kept", "to the trash", "one file", "no checksum"],
)
def test_all_others_lie_there_whole(files: tuple[RemoteFile, ...], original: Original) -> None:
    assert not is_prepared_on_the_way(files, original)
    assert room_for(files, 1000, original) == sum(file.bytes for file in files) + 1000
