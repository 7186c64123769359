"""The queue of downloads; plain synchronous methods for the thread that owns the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.core.catalog.downloads import Download, DownloadState, Source
from app.core.errors import Failure
from app.storage.database import Database
from app.storage.own_paths import kept, whole
from app.storage.rows import decode_struct, encode_struct, storable

_COLUMNS = "id, name, source, folder, state, position, done, failure, added_at, ended_at"


class DownloadStore:
    """Every download that was not taken off the list, those that are done included.

    All methods raise the errors of `Database.snapshot` when they read and of `Database.transaction`
    when they write. Writes to a download that was removed meanwhile change nothing.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives Unix seconds."""
        self._database = database
        self._folder = database.path.parent
        self._clock = clock

    def add(self, name: str, source: Source, folder: str) -> Download:
        """Put a download at the end of the queue; one of the same files in the same place is queued again."""
        text, place = encode_struct(source), kept(folder, self._folder)
        with self._database.transaction() as connection:
            row = connection.execute(
                f"""
                UPDATE downloads SET state = ?, failure = NULL, ended_at = 0 WHERE source = ? AND folder = ?
                RETURNING {_COLUMNS}
                """,
                (DownloadState.QUEUED.value, text, place),
            ).fetchone()
            if row is None:
                row = connection.execute(
                    f"""
                    INSERT INTO downloads ({_COLUMNS}) VALUES
                        (NULL, ?, ?, ?, ?, (SELECT 1 + coalesce(max(position), 0) FROM downloads), 0, NULL, ?, 0)
                    RETURNING {_COLUMNS}
                    """,
                    (storable(name), text, place, DownloadState.QUEUED.value, self._clock()),
                ).fetchone()
        found = _download_of(row, self._folder)
        assert found is not None
        return found

    def list(self) -> list[Download]:
        """The whole queue in its order; what this version cannot read is left out."""
        with self._database.snapshot() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM downloads ORDER BY position, id").fetchall()
        return [download for row in rows if (download := _download_of(row, self._folder)) is not None]

    def update(self, download_id: int, state: DownloadState, done: int, failure: Failure | None = None) -> None:
        """Note where a download stands."""
        ended = self._clock() if state in (DownloadState.DONE, DownloadState.FAILED) else 0.0
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE downloads SET state = ?, done = ?, failure = ?, ended_at = ? WHERE id = ?",
                (state.value, done, encode_struct(failure) if failure is not None else None, ended, download_id),
            )

    def arrange(self, order: Sequence[int]) -> None:
        """Bring the queue into the order of these ids; those that are not named come last."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE downloads SET position = position + ?", (len(order),))
            connection.executemany(
                "UPDATE downloads SET position = ? WHERE id = ?", [(place, key) for place, key in enumerate(order)]
            )

    def remove(self, download_id: int) -> None:
        """Take a download off the list; its files stay."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM downloads WHERE id = ?", (download_id,))


def _download_of(row: tuple[Any, ...], folder: Path) -> Download | None:
    """From a row of `_COLUMNS` of the database in a folder; a state of a later version reads as paused."""
    source = decode_struct(row[2], Source)
    if source is None:
        return None
    known = row[4] in set(DownloadState)
    return Download(
        id=row[0],
        name=row[1],
        source=source,
        folder=whole(row[3], folder),
        state=DownloadState(row[4]) if known else DownloadState.PAUSED,
        position=row[5],
        done=row[6],
        failure=decode_struct(row[7], Failure),
        added_at=row[8],
        ended_at=row[9],
    )
