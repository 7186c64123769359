"""`parley models import`: make a GGUF model of a quantized or unquantized one in safetensors, here or on the Hub."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from queue import SimpleQueue

import msgspec
from send2trash import send2trash

from app.catalog.fetch.checkpoint import preparation_of
from app.catalog.fetch.layout import folder_for
from app.catalog.find.hub_client import Connection
from app.catalog.find.repo_ref import RepoRef, parse_repo_ref
from app.catalog.shelf.named import model_folders
from app.children.child import Child
from app.children.outcome import Outcome
from app.cli.downloader import DownloadChild
from app.cli.engine import Engine
from app.cli.hub import connected, recommended
from app.cli.invocation import CommandTable, Invocation
from app.cli.measurements import keep_measurements
from app.cli.models import choose_model
from app.cli.output import Terminal
from app.core.catalog.download_errors import TrashRefused
from app.core.catalog.downloads import Source
from app.core.catalog.hub import Format, Variant
from app.core.checkpoints.preparing import Original, Wishes
from app.core.checkpoints.repack import (
    RepackActivity,
    RepackDone,
    RepackProgress,
    RepackReport,
    StartRepack,
    TypeChoice,
)
from app.core.checkpoints.repack_errors import NoCheckpoint, RepackerLost
from app.core.engine.engine_frames import Digest, Generate, Piece
from app.core.engine.messages import Message, Role
from app.core.engine.model_errors import OutOfMemory
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.core.errors import Cancelled
from app.core.paths import expanded
from app.core.protocol import Cancel, ChildRole, Event, Failed, Stopped
from app.core.sizes import format_bytes
from app.storage.lane import Lane

_PROMPT = "Write one sentence about the sea."
_SAMPLE_TOKENS = 32
_ACTIVITIES = {
    RepackActivity.PLANNING: "reading the checkpoint",
    RepackActivity.WRITING: "repacking",
    RepackActivity.HASHING: "hashing the source",
    RepackActivity.VERIFYING: "verifying",
}
_STEP = 10


class RepackChild:
    """A child of the role `repack`."""

    def __init__(self, log: Path, terminal: Terminal) -> None:
        self._terminal = terminal
        self._inbox: SimpleQueue[Event | Outcome] = SimpleQueue()
        self._child = Child(ChildRole.REPACK, self._inbox.put, self._inbox.put, log=log)
        self._told = (RepackActivity.PLANNING, -1)
        self._child.start()

    def close(self) -> None:
        """End the child."""
        self._child.shutdown()

    def repack(self, command: StartRepack) -> RepackReport:
        """Run it to its end.

        Raises:
            Cancelled: the user stopped it; what was written is kept.
            ParleyError: it failed.
        """
        self._child.send(command)
        while True:
            try:
                event = self._inbox.get()
            except KeyboardInterrupt:
                self._child.send(Cancel())
                continue
            match event:
                case RepackProgress():
                    self._show(event)
                case RepackDone(report=report):
                    return report
                case Stopped():
                    self._terminal.note("Stopped. The same command goes on from there.")
                    raise Cancelled
                case Failed(failure=failure):
                    raise failure.error()
                case Outcome():
                    raise RepackerLost(reason=event.sentence)

    def _show(self, progress: RepackProgress) -> None:
        """A line that changes where somebody watches, else one for every tenth."""
        if self._terminal.shows_progress:
            self._terminal.progress(progress_line(progress))
            return
        now = (progress.activity, 100 * progress.done // max(progress.total, 1) // _STEP)
        if now != self._told:
            self._told = now
            self._terminal.note(progress_line(progress))


def progress_line(progress: RepackProgress) -> str:
    """`repacking: 1.2 GB of 3.9 GB, 412 MB/s, 7 s left`."""
    parts = [f"{format_bytes(progress.done)} of {format_bytes(progress.total)}"] if progress.total else []
    if progress.rate > 0 and progress.seconds_left is not None:
        parts += [f"{format_bytes(int(progress.rate))}/s", f"{progress.seconds_left:.0f} s left"]
    return ": ".join(part for part in (_ACTIVITIES[progress.activity], ", ".join(parts)) if part)


def import_model(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Make the model, try it, remember it, and then do with the original as was asked."""
    report = _made(arguments, invocation)
    with invocation.storage() as lane:
        file = choose_model(lane, Path(report.path))
        sample = _sample(file, lane, invocation)
    if arguments.remove_original:
        _remove(map(Path, report.sources))
    _tell(report, sample, arguments, invocation.terminal)
    return 0


def _made(arguments: argparse.Namespace, invocation: Invocation) -> RepackReport:
    folder = expanded(arguments.model).absolute()
    models = expanded(model_folders(str(invocation.settings.get("models.folders")), invocation.folders)[0]).absolute()
    into = expanded(arguments.folder).absolute() if arguments.folder else None
    choice = TypeChoice(arguments.type) if arguments.type else None
    if folder.is_dir():
        return _repacked(StartRepack(folder=str(folder), into=str(into or models), choice=choice), invocation)
    ref = parse_repo_ref(arguments.model, Connection.of(os.environ).endpoint)
    original = Original.DELETE if arguments.remove_original else Original.KEEP
    return _downloaded(ref, Wishes(choice=choice, original=original), models, into, invocation)


def _repacked(command: StartRepack, invocation: Invocation) -> RepackReport:
    child = RepackChild(invocation.folders.logs / "repack.log", invocation.terminal)
    try:
        return child.repack(command)
    finally:
        child.close()


def _downloaded(ref: RepoRef, wishes: Wishes, models: Path, into: Path | None, invocation: Invocation) -> RepackReport:
    """Download first and repack then, or both at once where that saves room."""
    page = connected(invocation).open_repo(ref)
    if page.refusal is not None:
        raise page.refusal.error()
    variants = tuple(one for one in page.variants if one.format is not Format.GGUF)
    if not variants:
        raise NoCheckpoint(folder=page.summary.id, reason="it has no .safetensors files")
    found = _chosen(variants, invocation)
    wishes = msgspec.structs.replace(wishes, prompt_template=page.prompt_template)
    source = Source(repo=found.repo, commit=found.commit, files=found.files, branch=found.branch, wishes=wishes)
    folder = folder_for(models, found.repo, found.branch)
    command = preparation_of(source, wishes, folder, into)
    limit = int(invocation.settings.get("downloads.limit"))
    child = DownloadChild(invocation.folders.logs / "download.log", invocation.terminal)
    try:
        if source.is_prepared_on_the_way:
            invocation.terminal.note(
                f"Each of {len(source.shards)} shards is prepared when it is there, and then goes."
            )
            return child.prepare(source, folder, limit, command)
        child.download(source, folder, limit)
    finally:
        child.close()
    return _repacked(command, invocation)


def _chosen(variants: tuple[Variant, ...], invocation: Invocation) -> Variant:
    """The branch that was named has one; of several, the main one, or the best for this machine."""
    if len(variants) == 1:
        return variants[0]
    main = [one for one in variants if one.branch == "main"]
    return main[0] if len(main) == 1 else recommended(variants, invocation) or variants[0]


def _sample(file: ModelFile, lane: Lane, invocation: Invocation) -> str | None:
    """The model's likeliest continuation of a short prompt; None where it does not fit into memory now."""
    engine = Engine(invocation.folders.logs / "engine.log", _ignore, keep_measurements(lane))
    sampling = Sampling(temperature=0, max_tokens=_SAMPLE_TOKENS)
    try:
        engine.load(file, lambda _: None)
        pieces = engine.generate(Generate(1, (Message(Role.USER, _PROMPT),), sampling))
        return "".join(piece.text for piece in pieces if isinstance(piece, Piece))
    except OutOfMemory as error:
        invocation.terminal.note(str(error))
        return None
    finally:
        engine.close()


def _ignore(_: Digest) -> None:
    """The hash of a file that was just made is not needed now."""


def _remove(paths: Iterable[Path]) -> None:
    """What was prepared on the way is gone already."""
    for path in filter(Path.exists, paths):
        try:
            send2trash(path)
        except OSError as error:
            raise TrashRefused(str(error), file=path.name, reason=error.strerror or str(error)) from error


def _tell(report: RepackReport, sample: str | None, arguments: argparse.Namespace, terminal: Terminal) -> None:
    notes = [note.sentence for note in report.notes]
    gaps = [gap.sentence for gap in report.template_gaps]
    if arguments.json:
        terminal.record(
            {
                "path": report.path,
                "method": report.method,
                "tensors": report.tensors,
                "lossless": report.lossless,
                "bytes": report.bytes,
                "source_bytes": report.source_bytes,
                "architecture": report.architecture,
                "seconds": round(report.seconds, 3),
                "notes": notes,
                "template": report.template.value,
                "template_gaps": gaps,
                "sample": sample,
                "original_removed": arguments.remove_original,
            }
        )
        return
    size = f"{format_bytes(report.bytes)} from {format_bytes(report.source_bytes)}"
    rows = [("Model", report.path), ("Made of", report.method), ("Size", size)]
    rows.append(("Lossless", "yes" if report.lossless else "no"))
    rows += [("What happened", note) for note in notes]
    rows += [("Chat template", report.template.value), *(("Template", gap) for gap in gaps)]
    rows += [("It says", sample)] if sample is not None else []
    terminal.table(rows)


COMMANDS: CommandTable = {"models import": import_model}
