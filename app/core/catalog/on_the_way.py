"""Which checkpoints are prepared while they are downloaded, and the room that takes; pure, for any process.

Those of several shards that nobody wants to keep: each shard becomes its part of the model as soon as it is there, and
then goes.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.core.catalog.hub import RemoteFile
from app.core.checkpoints.preparing import Original

SHARDS_AT_ONCE = 2
_WEIGHTS = ".safetensors"


def shards_of(files: Sequence[RemoteFile]) -> tuple[RemoteFile, ...]:
    """The files of weights, in their order."""
    return tuple(sorted((file for file in files if file.path.endswith(_WEIGHTS)), key=lambda file: file.path))


def is_prepared_on_the_way(files: Sequence[RemoteFile], original: Original) -> bool:
    """Whether these files are; what has served is gone, so that the Hub must have told what each has to be."""
    shards = shards_of(files)
    return original is Original.DELETE and len(shards) > 1 and all(shard.sha256 for shard in shards)


def room_for(files: Sequence[RemoteFile], result: int, original: Original) -> int:
    """What it takes on the disk at most: the files that lie there together, and what is made of them."""
    all_bytes = sum(file.bytes for file in files)
    if not is_prepared_on_the_way(files, original):
        return all_bytes + result
    shards = sorted((shard.bytes for shard in shards_of(files)), reverse=True)
    return all_bytes - sum(shards[SHARDS_AT_ONCE:]) + result
