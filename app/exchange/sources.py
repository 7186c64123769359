"""The files that an import reads: one file, a folder with all below it, or what is inside a zip.

Nothing is ever unpacked to the disk: members of an archive are read as streams, so that a name such
as `../../x` means nothing, and what they unpack to is counted while it is read.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from app.core.data.exchange_errors import ArchiveDamaged, ArchiveTooLarge, ImportUnreadable
from app.core.data.zip_faults import ZIP_FAULTS
from app.core.sizes import format_bytes

MAX_UNPACKED_BYTES = 20_000_000_000
MAX_RATIO = 200
FREE_BYTES = 64 * 1024 * 1024
"""What an archive may unpack to whatever its ratio; above this, each packed byte allows `MAX_RATIO`."""

if TYPE_CHECKING:
    from typing_extensions import Buffer

_ZIP_MAGIC = b"PK\x03\x04"
_SUFFIXES = (".json", ".jsonl", ".chat")


@dataclass(frozen=True)
class Entry:
    """A file to read; `name` is its path below what the user chose, with slashes."""

    name: str
    open: Callable[[], BinaryIO]

    @property
    def folder(self) -> str:
        """The path of the folder it lies in."""
        return str(PurePosixPath(self.name).parent)

    @property
    def file_name(self) -> str:
        """Its last part."""
        return PurePosixPath(self.name).name


@contextmanager
def entries_of(path: Path) -> Iterator[Iterator[Entry]]:
    """The files that may hold conversations, by their names' ends; a file that was chosen itself may have any name.

    They can be opened as long as the context lasts.

    Raises:
        ImportUnreadable: it is not there, or may not be read.
        ArchiveDamaged: it is a zip that cannot be opened.
    """
    try:
        is_zip = not path.is_dir() and _has_magic(path)
    except OSError as error:
        raise unreadable(path.name, error) from None
    if is_zip:
        with _opened(path) as archive:
            yield _in_archive(path, archive)
    else:
        yield _in_folder(path) if path.is_dir() else _alone(path)


def unreadable(name: str, error: OSError) -> ImportUnreadable:
    """What to say of a file that the system does not give."""
    return ImportUnreadable(str(error), file=name, reason=(error.strerror or str(error)).lower())


def _has_magic(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC


def _alone(path: Path) -> Iterator[Entry]:
    """A file, and where it is one half of a thread of Jan's, the other one."""
    yield Entry(path.name, lambda: path.open("rb"))
    for half, other in (("thread.json", "messages.jsonl"), ("messages.jsonl", "thread.json")):
        if path.name == half and path.with_name(other).is_file():
            yield _entry(path.parent, path.with_name(other))


def _in_folder(folder: Path) -> Iterator[Entry]:
    """The files below it; a folder that cannot be looked into is an entry that cannot be opened."""
    refused: list[OSError] = []
    for root, folders, names in os.walk(folder, onerror=refused.append):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(_SUFFIXES):
                yield _entry(folder, Path(root) / name)
    for error in refused:
        yield Entry(Path(error.filename).relative_to(folder).as_posix(), _refusing(error))


def _refusing(error: OSError) -> Callable[[], BinaryIO]:
    def refuse() -> BinaryIO:
        raise error

    return refuse


def _entry(folder: Path, path: Path) -> Entry:
    return Entry(path.relative_to(folder).as_posix(), lambda: path.open("rb"))


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (*ZIP_FAULTS, OSError) as error:
        raise ArchiveDamaged(str(error), file=path.name, reason="it is not a whole zip file") from None


def _in_archive(path: Path, archive: zipfile.ZipFile) -> Iterator[Entry]:
    meter = _Meter(path.name)
    for member in archive.infolist():
        if member.filename.lower().endswith(_SUFFIXES):
            yield Entry(member.filename, _opener(archive, member, meter))


def _opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo, meter: _Meter) -> Callable[[], BinaryIO]:
    def open_member() -> BinaryIO:
        if member.flag_bits & 1:
            raise ArchiveDamaged(file=meter.name, reason="it is protected by a password")
        with _faults(meter.name):
            return cast(BinaryIO, io.BufferedReader(_Metered(archive.open(member), member, meter), 1 << 16))

    return open_member


@contextmanager
def _faults(name: str) -> Iterator[None]:
    """What reading a zip can raise, as one error."""
    try:
        yield
    except ZIP_FAULTS as error:
        raise ArchiveDamaged(str(error), file=name, reason="it is damaged") from None


class _Meter:
    """How much an archive has unpacked to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.total = 0


class _Metered(io.RawIOBase):
    """A member of an archive that refuses to grow without measure."""

    def __init__(self, stream: IO[bytes], member: zipfile.ZipInfo, meter: _Meter) -> None:
        self._stream = stream
        self._meter = meter
        self._limit = FREE_BYTES + member.compress_size * MAX_RATIO
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        with _faults(self._meter.name):
            data = self._stream.read(len(view))
        self._count += len(data)
        self._meter.total += len(data)
        for limit, count in ((self._limit, self._count), (MAX_UNPACKED_BYTES, self._meter.total)):
            if count > limit:
                raise ArchiveTooLarge(file=self._meter.name, limit=format_bytes(limit))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
