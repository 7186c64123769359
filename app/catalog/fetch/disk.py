"""Space on a disk: how much there is, and keeping it for a file. Runs in a download child."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path

import psutil

from app.core.catalog.download_errors import DiskFilling, DiskTooSmall, FileTooLarge, FolderRefused
from app.core.errors import ParleyError
from app.core.sizes import format_bytes

_FULL = {errno.ENOSPC, errno.EDQUOT}
_LEAVE_FREE = 256 * 1000 * 1000
_RESERVING = frozenset({"btrfs", "ext4", "f2fs", "overlay", "tmpfs", "xfs"})
"""File systems that set space aside without writing to it; on others the C library writes every block."""


def floor(folder: Path) -> int:
    """The space that a download leaves to the system, in bytes: a hundredth of the disk, 256 MB at most."""
    return min(_LEAVE_FREE, shutil.disk_usage(folder).total // 100)


def free(folder: Path) -> int:
    """What may still be used of the disk a folder is on, in bytes."""
    return shutil.disk_usage(folder).free


def require(folder: Path, size: int) -> None:
    """Check that so many bytes fit, with some to spare.

    Raises:
        DiskTooSmall: they do not.
    """
    available = free(folder)
    if size > 0 and size + floor(folder) > available:
        raise DiskTooSmall(folder=str(folder), need=format_bytes(size + floor(folder)), free=format_bytes(available))


def is_low(folder: Path) -> bool:
    """Whether a download should make room for other programs."""
    return free(folder) < floor(folder) // 2


def reserve(path: Path, size: int) -> None:
    """Give a file its whole size, with its space set aside where the file system can do so.

    Raises:
        DiskFilling: there is not enough.
        FolderRefused: the system refuses.
    """
    try:
        with path.open("r+b" if path.exists() else "xb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size != size:
                file.truncate(size)
            if size and sys.platform == "linux" and _file_system(path) in _RESERVING:
                os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        raise write_error(error, path.parent) from error


def write_error(error: OSError, folder: Path) -> ParleyError:
    """The typed error of a failed write."""
    if error.errno in _FULL:
        return DiskFilling(str(error), folder=str(folder))
    if error.errno == errno.EFBIG:
        return FileTooLarge(str(error), folder=str(folder))
    return FolderRefused(str(error), folder=str(folder), reason=error.strerror or str(error))


def _file_system(path: Path) -> str:
    whole = path.resolve()
    mounts = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    return next((mounts[folder] for folder in whole.parents if folder in mounts), "")
