"""Make pictures of the downloads and of the library in their states; a display is needed.

python -m tests.pictures.shelf FOLDER [NAME...] [--size 760x540] [--dark]
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtWidgets import QApplication, QDialog

from app.bootstrap.starting import child_starter
from app.catalog.shelf.library import identify
from app.core.catalog.download_errors import DiskFilling, NotOnHub
from app.core.catalog.downloads import (
    Activity,
    Download,
    DownloadProgress,
    DownloadState,
    FileChecked,
    FileProgress,
    Source,
)
from app.core.catalog.hub import Format, RemoteFile
from app.core.catalog.library import LibraryModel, Owner
from app.core.checkpoints.preparing import Original, Preparation, PreparationState
from app.core.checkpoints.repack import RepackActivity, RepackProgress, RepackReport, StartRepack
from app.core.checkpoints.repack_errors import TensorMissing
from app.core.engine.messages import ModelIdentity
from app.core.engine.models import ModelFile
from app.core.errors import Failure
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.disk_library import DiskContents, DiskLibrary, Presence, Stray
from app.services.download_queue import DownloadQueue
from app.services.library_work import Job, Work
from app.services.model_folders import ModelFolders
from app.services.model_import import ModelImport
from app.services.model_library import ModelLibrary
from app.services.preferences import Preferences
from app.services.relay import Relay, Storage
from app.storage.lane import Lane
from app.storage.preparations import PreparationFile
from app.storage.settings import SettingsFile
from app.storage.stores import open_stores
from app.ui.models.downloads import DownloadsDialog
from app.ui.models.folders_dialog import FoldersDialog
from app.ui.models.library_dialog import LibraryDialog
from app.ui.theme import ThemeSource
from tests.pictures.__main__ import settle
from tests.pictures.order import Order, command_line, take_order

GB = 1_000_000_000
MODELS = "/home/ada/models"


class Shelf:
    """The services of one picture, over a data folder of its own; nothing of them runs by itself."""

    def __init__(self, home: Path) -> None:
        folders, relay = Folders.of({"PARLEY_HOME": str(home)}), Relay()
        start = child_starter(ChildRole.DOWNLOAD, folders, None)
        self.storage = Storage(Lane(lambda: open_stores(folders.database)), relay)
        self.preferences = Preferences(SettingsFile(folders.config / "settings.json"), relay)
        self.preferences.set("models.folders", f"{MODELS}\n/media/ada/Disk/models")
        self.queue = DownloadQueue(start, self.storage, relay)
        kept = PreparationFile(folders.data / "preparations.json")
        self.imports = ModelImport(child_starter(ChildRole.REPACK, folders, None), self.storage, kept, relay)
        self.library = ModelLibrary(self.storage, identify)
        self.disk = DiskLibrary(start, relay, ModelFolders(self.preferences, folders), {})

    def close(self) -> None:
        self.queue.shutdown()
        self.imports.shutdown()
        self.disk.shutdown()
        self.library.shutdown()
        self.preferences.shutdown()
        self.storage.close()


def download(number: int, name: str, size: int, done: float, state: DownloadState, error: object = None) -> Download:
    files = tuple(RemoteFile(f"{name}-{part}.gguf", size // 2, "0" * 64) for part in (1, 2))
    source = Source(repo=f"acme/{name}", commit="c0ffee", files=files)
    failure = Failure.of(error) if isinstance(error, BaseException) else None
    told = {"id": number, "name": name, "source": source, "folder": MODELS, "state": state, "position": number}
    return Download(**told, done=round(size * done), failure=failure)  # type: ignore[arg-type]


def preparing(shelf: Shelf) -> QDialog:
    """Each state that a preparation can be in."""
    report = RepackReport(
        path=f"{MODELS}/m.gguf", architecture="llama", method="GPTQ 4-bit groups of 128", tensors={"Q4_0": 224},
        lossless=True, bytes=4 * GB, source_bytes=4 * GB, sources=(),
    )  # fmt: skip
    failure = Failure.of(TensorMissing(tensor="model.layers.7.mlp.up_proj.scales"))
    told: list[tuple[str, PreparationState, dict[str, Any]]] = [
        ("Llama-2-13B-chat-GPTQ · gptq-4bit-32g-actorder_True", PreparationState.RUNNING, {}),
        ("Mistral-7B-AWQ · AWQ 4-bit 128g", PreparationState.QUEUED, {}),
        ("Qwen3-8B · BF16", PreparationState.STOPPED, {}),
        ("vicuna-7B-GPTQ · main", PreparationState.FAILED, {"failure": failure}),
        ("Llama-2-7B-GPTQ · main", PreparationState.DONE, {"report": report, "original": Original.DELETE}),
    ]
    command = StartRepack(folder=MODELS, into=MODELS)
    shelf.imports.preparations = [
        Preparation(id=number, name=name, command=command, state=state, **{"original": Original.KEEP, **more})
        for number, (name, state, more) in enumerate(told, 1)
    ]
    dialog = downloads(shelf, download(1, "Qwen3-30B-A3B-GGUF · Q4_K_M", 18 * GB, 0.42, DownloadState.PAUSED))
    now = RepackProgress(activity=RepackActivity.WRITING, done=3 * GB, total=8 * GB, rate=162e6, seconds_left=31)
    shelf.imports.progress.emit(1, now)
    return dialog


def downloads(shelf: Shelf, *several: Download) -> DownloadsDialog:
    dialog = DownloadsDialog(shelf.queue, shelf.imports, shelf.preferences)
    shelf.queue.downloads = list(several)
    shelf.queue.changed.emit(shelf.queue.downloads)
    return dialog


def busy(shelf: Shelf) -> QDialog:
    running = download(1, "Qwen3-30B-A3B-GGUF · Q4_K_M", 18 * GB, 0.42, DownloadState.RUNNING)
    waits = [
        download(2, "Llama-2-13B-chat-GGUF · Q5_K_M", 9 * GB, 0.0, DownloadState.QUEUED),
        download(3, "gemma-3-4b-it-GGUF · Q8_0", 4 * GB, 0.3, DownloadState.QUEUED),
    ]
    dialog = downloads(shelf, running, *waits)
    file = FileProgress(path=running.source.files[0].path, done=7 * GB, total=9 * GB)
    progress = DownloadProgress(
        activity=Activity.FETCHING, file=file, done=running.done, total=18 * GB, rate=38.2e6, seconds_left=273,
        file_seconds_left=52,
    )  # fmt: skip
    shelf.queue.progress.emit(1, progress)
    return dialog


def ended(shelf: Shelf) -> QDialog:
    return downloads(
        shelf,
        download(1, "Mistral-7B-Instruct-v0.3-GGUF · Q4_K_M", 4 * GB, 1.0, DownloadState.DONE),
        download(2, "Llama-2-70B-chat-GGUF · Q4_K_M", 41 * GB, 0.6, DownloadState.PAUSED, DiskFilling(folder=MODELS)),
        download(3, "tiny-GGUF · Q8_0", GB, 0.2, DownloadState.FAILED, NotOnHub(file="tiny.gguf", repo="acme/tiny")),
        download(4, "phi-4-GGUF · Q6_K", 12 * GB, 0.1, DownloadState.PAUSED),
    )


def no_downloads(shelf: Shelf) -> QDialog:
    return downloads(shelf)


def model(name: str, file: str, size: int, owner: Owner = Owner.USER, kind: Format = Format.GGUF) -> LibraryModel:
    path = f"{MODELS}/{file}"
    return LibraryModel(
        name=name, path=path, paths=(path,), bytes=size, format=kind, owner=owner, modified=0, hashes=("",),
        repairable=owner is Owner.USER,
    )  # fmt: skip


FOUND = (
    model("Llama 2 13B Chat", "llama-2-13b-chat.Q4_K_M.gguf", 7_865_956_224),
    model("Mistral 7B Instruct v0.3", "mistral-7b.Q8_0.gguf", 7_702_565_088),
    model("Qwen3 30B A3B", "qwen3.Q4_K_M.gguf", 18_556_686_912),
    model("llama3.2:3b", "blobs/sha256-0", 2_019_377_376, Owner.OLLAMA),
    model("TheBloke/Llama-2-7B-GPTQ", "gptq", 3_896_725_000, Owner.HUGGING_FACE, Format.GPTQ),
)


def library(shelf: Shelf) -> LibraryDialog:
    dialog = LibraryDialog(shelf.disk, shelf.library)
    settle()
    used = ModelIdentity(FOUND[0].name, FOUND[0].path, FOUND[0].bytes)
    gone = ModelIdentity("Gemma 3 4B", f"{MODELS}/gemma-3-4b.Q4_0.gguf", 2 * GB)
    dialog._known = {
        identity.path: ModelFile(id=number, identity=identity, modified_ns=0, last_used_at=time.time())
        for number, identity in enumerate((used, gone))
    }
    dialog._show(DiskContents(FOUND, {gone.path: Stray(Presence.GONE, (gone.path,))}))
    return dialog


def at_work(shelf: Shelf) -> QDialog:
    dialog = library(shelf)
    jobs = [Job(each.path, work, ()) for each, work in zip(FOUND, Work, strict=False)]
    moving = msgspec.structs.replace(FOUND[2])
    shelf.disk.work.begun.emit(jobs[1])
    shelf.disk.work.progress.emit(jobs[0], 3, 10)
    shelf.disk.work.progress.emit(Job(moving.path, Work.MOVING, ()), 6, 10)
    return dialog


def verified(shelf: Shelf) -> QDialog:
    dialog = library(shelf)
    checks: list[tuple[bool | None, float]] = [(True, 0.0), (False, 0.0), (None, 0.0), (True, time.time())]
    for each, (sound, since) in zip(FOUND, checks, strict=False):
        broken = ((0, 8 << 20),) if sound is False else ()
        checked = FileChecked(path=each.path, sha256="0" * 64, sound=sound, since=since, broken=broken)
        shelf.disk.work.ended.emit(Job(each.path, Work.VERIFYING, (), [checked]), None)
    dialog._show_problem(NotOnHub(file="mistral-7b.Q8_0.gguf", repo="acme/mistral"))
    return dialog


def menu(shelf: Shelf) -> QDialog:
    dialog = library(shelf)
    dialog.show()
    settle()
    dialog.rows[FOUND[0].path].more.click()
    return dialog


def nothing(shelf: Shelf) -> QDialog:
    dialog = LibraryDialog(shelf.disk, shelf.library)
    settle()
    dialog._known = {}
    dialog._show(DiskContents((), {}))
    return dialog


def folders(shelf: Shelf) -> QDialog:
    dialog = FoldersDialog(shelf.disk.folders)
    dialog.add(Path("/home/ada/none"))
    return dialog


SCENES: dict[str, Callable[[Shelf], QDialog]] = {
    "downloads-busy": busy,
    "downloads-ended": ended,
    "downloads-none": no_downloads,
    "downloads-preparing": preparing,
    "library": library,
    "library-at-work": at_work,
    "library-verified": verified,
    "library-menu": menu,
    "library-none": nothing,
    "library-folders": folders,
}


def take(name: str, order: Order) -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        shelf = Shelf(Path(home))
        dialog = SCENES[name](shelf)
        if name != "library-folders":
            dialog.resize(*order.size)
        dialog.show()
        settle()
        popup = QApplication.activePopupWidget()
        picture = dialog.grab()
        if popup is not None:
            popup.render(picture, dialog.mapFromGlobal(popup.pos()))
            popup.close()
        order.keep(picture, name)
        dialog.close()
        shelf.close()


def main() -> None:
    order = take_order(command_line(__doc__, SCENES, "760x540"))
    ThemeSource(order.application, order.appearance)
    for name in order.names:
        take(name, order)


if __name__ == "__main__":
    main()
