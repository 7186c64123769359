"""Moves models between folders and into the trash. May take long: never on the window's thread."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from app.catalog.fetch import disk
from app.catalog.fetch.journal import is_journal, journal_of
from app.catalog.gguf.prefix import is_gguf
from app.catalog.shelf.adopt import files_below
from app.core.catalog.download_errors import CopyDiffers, FileInTheWay, NotOurs, TrashRefused
from app.core.catalog.hub import Format
from app.core.catalog.library import LibraryModel, Owner
from app.core.errors import Cancelled
from app.core.file_errors import FileGone

_BLOCK = 1024 * 1024
COPY = ".copy"
"""How a copy is called until it was compared."""


def to_trash(model: LibraryModel) -> None:
    """Put a model's files into the system's trash.

    Raises:
        NotOurs: it belongs to another program.
        TrashRefused: the system has no trash for it.
    """
    from send2trash import send2trash

    _require_ours(model)
    for path in _files(model):
        try:
            send2trash(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise TrashRefused(str(error), file=path.name, reason=error.strerror or str(error)) from error
        journal_of(path).unlink(missing_ok=True)


def place_in(model: LibraryModel, folder: Path, roots: Iterable[Path]) -> Path:
    """Where a model's files belong below another of the user's folders: as deep as they lie now."""
    home = Path(model.paths[0]).parent
    inside = [root for root in roots if home.is_relative_to(root)]
    return folder / home.relative_to(max(inside, key=lambda root: len(root.parts))) if inside else folder


def move(
    model: LibraryModel,
    folder: Path,
    tell: Callable[[int, int], None],
    stopped: Callable[[], bool],
) -> tuple[tuple[Path, Path], ...]:
    """Move a model's files into a folder; each one's old and new path. `tell` gets bytes done, and all.

    From disk to disk a file is copied, brought onto the disk, read back and compared; only when all of
    them are in place do the old ones go. Killed at any moment, each file is whole in at least one of the
    two places, and moving once more finishes.

    Raises:
        NotOurs: it belongs to another program.
        Cancelled: it was stopped; everything is where it was.
        FileGone, FileInTheWay, DiskTooSmall, DiskFilling, FolderRefused, CopyDiffers: nothing was lost.
    """
    _require_ours(model)
    pairs = [(source, folder / source.name) for source in _files(model)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        near = pairs[0][0].parent.stat().st_dev == folder.stat().st_dev
        carrier = _Carrier(sum(source.stat().st_size for source, _ in pairs), tell, stopped)
        missing = [(source, target) for source, target in pairs if not carrier.is_there(source, target)]
        if not near:
            disk.require(folder, sum(source.stat().st_size for source, _ in missing))
        for source, target in pairs:
            if journal_of(source).exists():
                shutil.copy2(journal_of(source), journal_of(target))
        _bring(missing, Path.replace if near else carrier.copy)
        for source, _ in pairs:
            source.unlink(missing_ok=True)
            journal_of(source).unlink(missing_ok=True)
    except FileNotFoundError as error:
        raise FileGone(file=Path(error.filename or model.path).name, folder=str(folder)) from error
    except OSError as error:
        raise disk.write_error(error, folder) from error
    return tuple(pairs)


def _bring(pairs: Sequence[tuple[Path, Path]], act: Callable[[Path, Path], object]) -> None:
    """Bring each file into its new place; where one cannot be, those before it are taken back."""
    brought = []
    try:
        for source, target in pairs:
            act(source, target)
            brought.append((source, target))
    except BaseException:
        with contextlib.suppress(OSError):
            for source, target in brought:
                target.unlink() if source.exists() else target.replace(source)
            for _, target in pairs:
                journal_of(target).unlink(missing_ok=True)
        raise


class _Carrier:
    """Copies files so that nothing is believed that was not read back."""

    def __init__(self, total: int, tell: Callable[[int, int], None], stopped: Callable[[], bool]) -> None:
        self._total = 2 * total  # every byte is written once and read back once
        self._done = 0
        self._tell = tell
        self._stopped = stopped

    def is_there(self, source: Path, target: Path) -> bool:
        """Whether a file was carried by an earlier move that was cut off.

        Raises:
            FileInTheWay: there is another file.
        """
        if not target.exists():
            return False
        if target.samefile(source):
            raise FileInTheWay(file=target.name, folder=str(target.parent))
        if target.stat().st_size != source.stat().st_size or self._digest(source) != self._digest(target):
            raise FileInTheWay(file=target.name, folder=str(target.parent))
        return True

    def copy(self, source: Path, target: Path) -> None:
        """Bring a copy into its place in one step."""
        partial = target.with_name(target.name + COPY)
        try:
            if self._write(source, partial) != self._digest(partial):
                raise CopyDiffers(file=source.name, folder=str(target.parent))
            shutil.copystat(source, partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    def _write(self, source: Path, partial: Path) -> str:
        digest = hashlib.sha256()
        with source.open("rb", buffering=0) as old, partial.open("wb", buffering=0) as new:
            while block := old.read(_BLOCK):
                digest.update(block)
                rest = memoryview(block)
                while rest:
                    rest = rest[new.write(rest) :]
                self._step(len(block))
            os.fsync(new.fileno())
        return digest.hexdigest()

    def _digest(self, path: Path) -> str:
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                self._step(len(block))
        return digest.hexdigest()

    def _step(self, size: int) -> None:
        if self._stopped():
            raise Cancelled
        self._done = min(self._done + size, self._total)
        self._tell(self._done, self._total)


def _files(model: LibraryModel) -> list[Path]:
    """A GGUF model is its files; one of safetensors is its folder's, for its config lies beside, but no other model."""
    if model.format is Format.GGUF:
        return [Path(path) for path in model.paths]
    beside = [path for path in files_below(Path(model.path)) if path.parent == Path(model.path)]
    return [path for path in beside if not is_journal(path) and not is_gguf(path)]


def _require_ours(model: LibraryModel) -> None:
    if model.owner is not Owner.USER:
        raise NotOurs(file=model.name, program=model.owner.value)
