"""Downloads as values, and the frames between a download child and whoever started it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.core.catalog import download_errors as download_errors  # so that every process can say them
from app.core.catalog.hub import RemoteFile
from app.core.catalog.library import LibraryModel
from app.core.catalog.on_the_way import is_prepared_on_the_way, shards_of
from app.core.checkpoints.preparing import Wishes
from app.core.checkpoints.repack import RepackReport, StartRepack
from app.core.errors import Failure


class DownloadState(StrEnum):
    """Where a download of the queue stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"
    DONE = "done"


class Activity(StrEnum):
    """What a running download does: it waits when the Hub asks for it or does not answer.

    It is preparing while there is nothing to fetch until more of what arrived is prepared.
    """

    CONNECTING = "connecting"
    FETCHING = "fetching"
    WAITING = "waiting"
    CHECKING = "checking"
    REPAIRING = "repairing"
    PREPARING = "preparing"


class Patience(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How long to insist: attempts in a row that bring no byte, and the pauses between them, in seconds.

    A pause doubles from the first to the longest one. A connection that is silent for `stall` is given up.
    """

    attempts: int = 12
    first: float = 0.5
    longest: float = 30.0
    stall: float = 30.0


class Source(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Files of one commit of a repo; `branch` is how the user named it. What has `wishes` is prepared then."""

    repo: str
    commit: str
    files: tuple[RemoteFile, ...]
    branch: str = "main"
    wishes: Wishes | None = None

    @property
    def bytes(self) -> int:
        """What all files weigh."""
        return sum(file.bytes for file in self.files)

    @property
    def shards(self) -> tuple[RemoteFile, ...]:
        """The files of weights, in their order."""
        return shards_of(self.files)

    @property
    def is_prepared_on_the_way(self) -> bool:
        """Whether each shard is prepared as soon as it is there, and then goes."""
        return self.wishes is not None and is_prepared_on_the_way(self.files, self.wishes.original)


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the queue.

    `folder` is absolute: the files lie there by their paths in the repo. `done` counts the bytes that
    were on disk when last told. `failure` says why it failed, or paused by itself. Times are Unix seconds.
    """

    id: int
    name: str
    source: Source
    folder: str
    state: DownloadState
    position: int
    done: int = 0
    failure: Failure | None = None
    added_at: float = 0.0
    ended_at: float = 0.0


class _Frame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True, kw_only=True):
    pass


class StartDownload(_Frame, frozen=True, tag="start-download"):
    """Bring these files into a folder; a `limit` of 0 bytes per second is none.

    `endpoint` is the Hub's address, empty for the environment's. The token, which goes to that host
    alone, is found by the child itself unless one is given. With `prepare`, a model is made of the files while they
    arrive, and the weights do not stay.
    """

    source: Source
    folder: str
    endpoint: str = ""
    limit: int = 0
    patience: Patience = Patience()
    token: str = ""
    prepare: StartRepack | None = None

    def __repr__(self) -> str:
        """Without the token: this may end in a log."""
        return f"StartDownload({self.source.repo}, {self.folder})"


class PauseDownload(_Frame, frozen=True, tag="pause-download"):
    """Stop and keep what is there; `DownloadPaused` follows."""


class LimitDownload(_Frame, frozen=True, tag="limit-download"):
    """Change the speed limit, in bytes per second; 0 is none."""

    limit: int


class CheckFile(_Frame, frozen=True, tag="check-file"):
    """Compare a file with `sha256`, else with what the Hub told, else with what it was at the first look."""

    path: str
    sha256: str = ""


class RepairFile(_Frame, frozen=True, tag="repair-file"):
    """Fetch again what is broken of a file that came from the Hub; it ends as a download does."""

    path: str
    endpoint: str = ""
    limit: int = 0
    patience: Patience = Patience()


class MoveModel(_Frame, frozen=True, tag="move-model"):
    """Move a model's files into a folder; `ModelMoved` follows."""

    model: LibraryModel
    folder: str


class FileProgress(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One file in bytes: those on disk, of them those verified, and all."""

    path: str
    done: int
    total: int
    checked: int = 0


class DownloadProgress(_Frame, frozen=True, tag="download-progress"):
    """The file at work, and the whole: bytes, bytes per second, and seconds left where they can be told."""

    activity: Activity
    file: FileProgress
    done: int
    total: int
    rate: float = 0.0
    seconds_left: float | None = None
    file_seconds_left: float | None = None


class DownloadPaused(_Frame, frozen=True, tag="download-paused"):
    """It stopped because it was asked to; `done` bytes are kept."""

    done: int


class DownloadDone(_Frame, frozen=True, tag="download-done"):
    """Every file is verified and in its place; `paths` are absolute. `report` is of what was made of them."""

    paths: tuple[str, ...]
    report: RepackReport | None = None


class DownloadFailed(_Frame, frozen=True, tag="download-failed"):
    """It came to an end without all files; `done` bytes are kept."""

    failure: Failure
    done: int = 0


class CheckProgress(_Frame, frozen=True, tag="check-progress"):
    """How much of a file was read, or of a model moved, in bytes."""

    path: str
    done: int
    total: int


class FileChecked(_Frame, frozen=True, tag="file-checked"):
    """What a check found; `sound` is None where there was nothing to compare with, so that this is noted now.

    `broken` are the ranges of bytes to fetch again, where they are known. `since` is when the checksum
    was noted, in Unix seconds, where it is not from whoever published the file but from our own first look.
    """

    path: str
    sha256: str
    sound: bool | None
    broken: tuple[tuple[int, int], ...] = ()
    since: float = 0.0


class ModelMoved(_Frame, frozen=True, tag="model-moved"):
    """A model is in another place: each file's old and new path."""

    moved: tuple[tuple[str, str], ...]


DownloadCommand = StartDownload | PauseDownload | LimitDownload | CheckFile | RepairFile | MoveModel
DownloadEvent = (
    DownloadProgress | DownloadPaused | DownloadDone | DownloadFailed | CheckProgress | FileChecked | ModelMoved
)
