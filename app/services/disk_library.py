"""What lies in the user's model folders and in those of other programs; looked up on a thread of its own.

Runs on the window's thread; verifying, mending and moving happen in a child process. What reads models on the
disk is imported where it is used: with its libraries it would take longer than listing the conversations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.catalog.fetch.journal import read_pins
from app.core.catalog.downloads import CheckFile, ModelMoved, MoveModel, RepairFile
from app.core.catalog.hub import Variant
from app.core.catalog.library import LibraryModel, Owner
from app.services.child_slot import ChildFactory
from app.services.library_work import Job, LibraryWork, Work
from app.services.model_folders import ModelFolders
from app.services.relay import Relay


class Presence(Enum):
    """How a known model is; what a mendable one lacks can be fetched again."""

    THERE = "there"
    MENDABLE = "mendable"
    GONE = "gone"


@dataclass(frozen=True)
class Stray:
    """A known model that lies in none of the folders; `missing` are its files that are not there."""

    presence: Presence
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class DiskContents:
    """What a look at the disk found: models in the folders, and by their paths those known ones that lie elsewhere."""

    models: tuple[LibraryModel, ...]
    strays: Mapping[str, Stray]


class DiskLibrary(QObject):
    """Looks, and has the work done that takes long; `work` tells how it goes."""

    found = Signal(object)  # DiskContents
    checkpoint = Signal(object, object, str)  # Path, Variant, the card's prompt template
    unreadable = Signal(object)  # ParleyError
    moved = Signal(object)  # tuple[tuple[str, str], ...]: each file's old and new path
    problem = Signal(object)  # ParleyError

    def __init__(
        self,
        start: ChildFactory,
        relay: Relay,
        folders: ModelFolders,
        environment: Mapping[str, str],
        parent: QObject | None = None,
    ) -> None:
        """`environment` tells where other programs keep their models."""
        super().__init__(parent)
        self._relay = relay
        self._environment = environment
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="library")
        self._known: tuple[str, ...] = ()
        self.folders = folders
        self.work = LibraryWork(start, relay, self)
        self.work.ended.connect(self._on_ended)

    def set_known(self, paths: Iterable[str]) -> None:
        """Look for these files too, wherever they lie, now and from now on; `found` follows."""
        self._known = tuple(paths)
        self.refresh()

    def refresh(self) -> None:
        """Look at the folders anew; `found` follows."""
        looked = self._worker.submit(_look, self.folders.now, self._environment, self._known)
        self._relay.deliver(looked, self.found.emit, self.problem.emit)

    def look_at(self, folder: Path) -> None:
        """Read what a folder of safetensors holds; `checkpoint` follows, or `unreadable`."""

        def tell(found: tuple[Variant, str]) -> None:
            self.checkpoint.emit(folder, *found)

        self._relay.deliver(self._worker.submit(_look_at, folder), tell, self.unreadable.emit)

    def delete(self, model: LibraryModel) -> None:
        """Put a model into the system's trash, then look anew."""
        self._relay.deliver(self._worker.submit(_delete, model), lambda _: self.refresh(), self.problem.emit)

    def verify(self, model: LibraryModel) -> None:
        """Compare each file with what it must be, or was at the first look."""
        # Parley's own note beside a file says more than its owner's word, and is asked for by an empty one.
        commands = [
            CheckFile(path=path, sha256="" if model.repairable else sha256)
            for path, sha256 in zip(model.paths, model.hashes, strict=True)
        ]
        self.work.add(Job(model.path, Work.VERIFYING, commands))

    def repair(self, model: LibraryModel) -> None:
        """Fetch again what is missing or, where nothing is, what is broken of each file."""
        self.fetch_again(model.path, model.missing or model.paths)

    def fetch_again(self, path: str, files: Iterable[str]) -> None:
        """Fetch again what is missing or broken of these files of the model at a path."""
        self.work.add(Job(path, Work.REPAIRING, [RepairFile(path=file) for file in files]))

    def move(self, model: LibraryModel, folder: Path) -> None:
        """Move a model into another folder; into one of the user's, as deep as it lies now."""
        from app.catalog.shelf.keep import place_in

        roots = self.folders.now
        target = place_in(model, folder, roots) if folder in roots else folder
        self.work.add(Job(model.path, Work.MOVING, [MoveModel(model=model, folder=str(target))]))

    def shutdown(self) -> None:
        """End the thread and the child."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        self.work.shutdown()

    def _on_ended(self, job: Job) -> None:
        for result in job.results:
            if isinstance(result, ModelMoved):
                self.moved.emit(result.moved)
        if job.work is not Work.VERIFYING:
            self.refresh()


def _look(mine: Sequence[Path], environment: Mapping[str, str], known: Sequence[str]) -> DiskContents:
    from app.catalog.shelf.adopt import Place, places
    from app.catalog.shelf.folders import scan

    models = scan([*(Place(folder, Owner.USER) for folder in mine), *places(environment, Path.home())])
    listed = {path for model in models for path in (*model.paths, *model.missing)}
    return DiskContents(tuple(models), {path: _stray(Path(path)) for path in known if path not in listed})


def _stray(path: Path) -> Stray:
    from app.catalog.shelf.library import missing_parts

    missing = missing_parts(path)
    if not missing:
        return Stray(Presence.THERE)
    return Stray(Presence.MENDABLE if all(map(read_pins, missing)) else Presence.GONE, tuple(map(str, missing)))


def _look_at(folder: Path) -> tuple[Variant, str]:
    from app.catalog.find.local_checkpoint import local_checkpoint

    return local_checkpoint(folder)


def _delete(model: LibraryModel) -> None:
    from app.catalog.shelf.keep import to_trash

    to_trash(model)
