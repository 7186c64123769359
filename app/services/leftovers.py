"""What has arrived of a download that was given up: deleted, as far as nobody else is at it. Runs on any thread."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from app.catalog.fetch.checkpoint import preparation_of
from app.catalog.fetch.layout import target_of
from app.core.catalog.download_errors import DownloadElsewhere, LeftBehind, NameRefused, UnsafePath
from app.core.catalog.downloads import Download, Source
from app.core.checkpoints.preparing import Wishes


def delete_leftovers(download: Download) -> None:
    """Delete the unfinished files; one that cannot be deleted does not keep the others.

    Raises:
        LeftBehind: there was such a one.
    """
    source, folder = download.source, Path(download.folder)
    steps = [partial(_discard, folder, file.path) for file in source.files]
    if source.wishes is not None and source.is_prepared_on_the_way:
        steps.insert(0, partial(_discard_prepared, source, source.wishes, folder))
    errors = [error for step in steps if (error := _failure(step)) is not None]
    if errors:
        reason = errors[0].strerror or str(errors[0])
        raise LeftBehind(str(errors[0]), file=download.name, folder=download.folder, reason=reason) from errors[0]


def _failure(step: Callable[[], None]) -> OSError | None:
    try:
        step()
    except OSError as error:
        return error
    return None


def _discard(folder: Path, path: str) -> None:
    from app.catalog.fetch.place import discard

    with suppress(UnsafePath, NameRefused, DownloadElsewhere):
        discard(target_of(folder, path))


def _discard_prepared(source: Source, wishes: Wishes, folder: Path) -> None:
    """What was made so far, and shards that are of no use once others are gone."""
    from app.repack import part, skeleton

    with suppress(UnsafePath, NameRefused):
        part.discard(preparation_of(source, wishes, folder).result)
        shards = [target_of(folder, shard.path) for shard in source.shards]
        is_whole = all(shard.exists() for shard in shards)
        for shard in shards:
            skeleton.discard(shard)
            if not is_whole:
                shard.unlink(missing_ok=True)
