"""A lock between processes: what takes minutes is built by one of them, and the others wait for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def alone(folder: Path, waiting: str) -> Iterator[None]:
    """Hold the folder, as soon as no other process does; `waiting` is said once if that is not at once.

    The system lets go of the lock of a process that ends, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a", encoding="utf-8") as file:
        if not _taken(file):
            print(waiting, flush=True)
            _take(file)
        yield


if sys.platform == "win32":
    import msvcrt

    def _taken(file: IO[str]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _take(file: IO[str]) -> None:
        while True:
            try:
                return msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            except OSError:  # it waits ten seconds at most
                file.seek(0)
else:
    import fcntl

    def _taken(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _take(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)
