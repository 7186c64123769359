"""Files as the disk has them: how large they are, and that it keeps what was written. On any thread."""

from __future__ import annotations

import os
from pathlib import Path

from app.core.data.exchange_errors import ExportFailed


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
    """Write a file whole or not at all.

    Raises:
        OSError: it cannot be written; what was there before is still there.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        flush(partial)
        partial.replace(path)
        flush(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def export_text(path: Path, text: str) -> None:
    """Write a text where the user wants it, whole or not at all.

    Raises:
        ExportFailed: it cannot be written.
    """
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise ExportFailed(str(error), file=path.name, reason=(error.strerror or str(error)).lower()) from error
