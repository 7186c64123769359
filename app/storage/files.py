"""Files as the disk has them: how large they are, and that it keeps what was written. On any thread."""

from __future__ import annotations

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Have the disk keep a file's content, and where the system can, a folder's entries.

    Raises:
        OSError: the disk does not take it.
    """
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def size_of(path: Path) -> int:
    """The size in bytes; 0 of what is not there."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def write_whole(path: Path, content: bytes) -> None:
    """Write a file of the user's whole or not at all; its folder is made where it is missing.

    Raises:
        OSError: it cannot be written; what was there before is still there.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        partial.write_bytes(content)
        flush(partial)
        partial.replace(path)
        flush(path.parent)
    finally:
        partial.unlink(missing_ok=True)
