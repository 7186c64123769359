"""Checkpoints that are prepared while they are downloaded: shard by shard, from a local Hub, also in real children."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.catalog.fetch.checkpoint import preparation_of
from app.catalog.fetch.download import Downloader
from app.catalog.fetch.fetch import Terms
from app.catalog.fetch.network import Network
from app.catalog.fetch.puller import Limiter, Stopped
from app.core.catalog.download_errors import DiskTooSmall, DownloadDamaged
from app.core.catalog.downloads import (
    Activity,
    DownloadDone,
    DownloadFailed,
    DownloadPaused,
    DownloadProgress,
    PauseDownload,
    Source,
    StartDownload,
)
from app.core.catalog.hub import RemoteFile
from app.core.catalog.safetensors import read_header
from app.core.checkpoints.preparing import Original, Wishes
from app.core.checkpoints.repack import RepackReport, TypeChoice
from app.core.checkpoints.repack_errors import ArchitectureNotRepacked, ResultInTheWay, SourceChanged, TensorLeftOver
from app.core.errors import Cancelled, ParleyError
from app.repack import part as result_part
from app.repack.skeleton import Shard, make_skeleton
from app.worker import preparing
from app.worker.preparing import PreparedDownload
from app.worker.repacking import repacked
from app.worker.shipment import Shipment
from tests.download.conftest import MIB, QUICK, DownloadChild, Hub
from tests.repack import files, models, shards
from tests.repack.packing import Gptq

REPO = "acme/tiny-GPTQ"
COUNT = 6
LOST = 512 * 1024
"""What at most is on its way when a child is killed."""


@dataclass
class Log:
    """What a shipment was asked to do, in order."""

    steps: list[tuple[str, str]] = field(default_factory=list)

    @property
    def most(self) -> int:
        """The most shards that lay on the disk at once, whole or in part."""
        there: set[str] = set()
        most = 0
        for step, name in self.steps:
            there = there | {name} if step == "bring" else there - {name}
            most = max(most, len(there))
        return most


@dataclass
class Preparing:
    """A repo of shards on the local Hub, and one folder that they go to."""

    hub: Hub
    folder: Path
    choice: TypeChoice | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    progress: list[DownloadProgress] = field(default_factory=list)

    @property
    def wishes(self) -> Wishes:
        return Wishes(choice=self.choice, original=Original.DELETE)

    @property
    def source(self) -> Source:
        found = self.hub.server.catalog.commit(REPO, "main")
        assert found is not None
        told = [RemoteFile(path, entry.size, entry.etag if entry.pointer else "") for path, entry in found[1].items()]
        return Source(repo=REPO, commit=found[0], files=tuple(told), wishes=self.wishes)

    @property
    def shards(self) -> list[Path]:
        return [self.folder / shard.path for shard in self.source.shards]

    @property
    def command(self) -> Any:
        return preparation_of(self.source, self.wishes, self.folder)

    @property
    def result(self) -> Path:
        return Path(self.command.result)

    def run(self, tell: Callable[[DownloadProgress], None] = lambda _: None) -> RepackReport:
        def told(progress: DownloadProgress) -> None:
            self.progress.append(progress)
            tell(progress)

        command = StartDownload(source=self.source, folder=str(self.folder), prepare=self.command)
        return PreparedDownload(command, self.command, self.terms, told).run()

    @property
    def terms(self) -> Terms:
        network = Network(self.hub.server.url, "", QUICK.stall, {})
        return Terms(network, Limiter(0), QUICK, self.stop)

    def in_two_steps(self, folder: Path) -> bytes:
        """What the same download makes that is prepared when all of it is there."""
        folder = folder / self.folder.name
        Downloader(self.source, folder, self.terms, lambda _: None).run()
        command = preparation_of(self.source, self.wishes, folder)
        repacked(command, lambda _: None, lambda: False)
        return command.result.read_bytes()

    def is_clean(self) -> bool:
        """Whether nothing but the model and its companions is left."""
        left = {path.name for path in self.folder.iterdir() if not path.name.endswith(".parley")}
        companions = {file.path for file in self.source.files} - {shard.path for shard in self.source.shards}
        journals = {path.name for path in self.folder.glob("*.parley")}
        return left == companions | {self.result.name} and journals == {f".{name}.parley" for name in companions}


Publish = Callable[..., Preparing]


@pytest.fixture
def publish(hub: Hub, tmp_path: Path) -> Publish:
    """Puts a checkpoint onto the Hub, in shards."""

    def put(make: Callable[[Path], Any], choice: TypeChoice | None = None, count: int = COUNT) -> Preparing:
        folder = hub.root / REPO / "main"
        make(folder)
        shards.split(folder, count)
        return Preparing(hub, tmp_path / "models" / REPO, choice)

    return put


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """Notes what shipments do."""
    made = Log()

    class Noted(Shipment):
        def bring(self, shard: Path, halt: threading.Event) -> None:
            made.steps.append(("bring", shard.name))
            super().bring(shard, halt)

        def take_away(self, shard: Path) -> None:
            super().take_away(shard)
            made.steps.append(("take away", shard.name))

    monkeypatch.setattr(preparing, "Shipment", Noted)
    return made


def gptq(folder: Path) -> None:
    """An order of inputs that crosses shards: that of down_proj decides on the rows of gate_proj and up_proj."""
    models.made_gptq(folder, Gptq(4, 32, act_order=True))


def asymmetric(folder: Path) -> None:
    models.made_gptq(folder, Gptq(4, 128, symmetric=False))


def plain(folder: Path) -> None:
    models.lay_out(
        folder, {name: values.astype(np.float16) for name, values in models.trained().items()}, models.config()
    )


def four_bit(folder: Path) -> None:
    models.by_the_tools(folder, "tiny-bnb4")


def with_bf16(folder: Path) -> None:
    """An embedding whose range has to be looked at."""
    gptq(folder)
    change(folder, lambda tensors: tensors.update({EMBEDDING: as_bf16(tensors[EMBEDDING])}))


EMBEDDING, OUTPUT = "model.embed_tokens.weight", "lm_head.weight"


def as_bf16(values: Any) -> Any:
    return files.as_bf16(values.astype(np.float32))


def change(folder: Path, make: Callable[[files.Tensors], object]) -> None:
    tensors = files.read(folder / shards.WHOLE)
    make(tensors)
    files.write(folder / shards.WHOLE, tensors)


@pytest.mark.parametrize(
    ("make", "choice"),
    [
        (gptq, None),
        (asymmetric, None),
        (four_bit, None),
        (with_bf16, None),
        (plain, None),
        (plain, TypeChoice.Q8_0),
        (plain, TypeChoice.Q4_K_M),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_it_becomes_what_it_would_in_two_steps(
    make: Callable[[Path], None], choice: TypeChoice | None, publish: Publish, log: Log, tmp_path: Path
) -> None:
    run = publish(make, choice)
    report = run.run()
    assert run.result.read_bytes() == run.in_two_steps(tmp_path / "two-steps")
    assert Path(report.path) == run.result and report.bytes == run.result.stat().st_size
    assert [name for step, name in log.steps if step == "bring"] == [shard.name for shard in run.shards]
    assert log.most == 2
    assert run.is_clean()
    assert run.progress[-1].done == run.progress[-1].total == run.source.bytes
    assert all(earlier.done <= later.done for earlier, later in pairwise(run.progress))


def test_a_module_in_many_shards_is_waited_for(publish: Publish, log: Log, tmp_path: Path) -> None:
    """Every second tensor lies in the other shard, so that both have to stay."""
    run = publish(gptq)
    folder = run.hub.root / REPO / "main"
    tensors: files.Tensors = {}
    for path in sorted(folder.glob("*.safetensors")):
        tensors |= files.read(path)
        path.unlink()
    (folder / f"{shards.WHOLE}.index.json").unlink()
    for number in range(3):
        part = {name: tensors[name] for name in sorted(tensors)[number::3]}
        files.write(folder / f"model-{number + 1:05}-of-00003.safetensors", part)
    run.run()
    assert run.result.read_bytes() == run.in_two_steps(tmp_path / "two-steps")
    assert log.most == 3 and run.is_clean()


@pytest.mark.parametrize("which", ["output", "range"])
def test_what_cannot_be_planned_ahead_is_prepared_in_the_end(which: str, publish: Publish, tmp_path: Path) -> None:
    def make(folder: Path) -> None:
        with_bf16(folder)
        if which == "output":
            change(folder, lambda tensors: tensors.update({OUTPUT: tensors[EMBEDDING]}))
        else:
            change(folder, lambda tensors: tensors[EMBEDDING].__setitem__((100, 3), 0x4B00))

    run = publish(make)
    run.run()
    assert run.result.read_bytes() == run.in_two_steps(tmp_path / "two-steps")
    assert run.is_clean()


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (
            lambda folder: files.write_json(folder / "config.json", models.config(architectures=["Odd"])),
            ArchitectureNotRepacked,
        ),
        (
            lambda folder: change(folder, lambda tensors: tensors.update({"odd.weight": np.ones(3, np.float16)})),
            TensorLeftOver,
        ),
    ],
    ids=["architecture", "left over"],
)
def test_what_is_refused_is_refused_before_it_is_fetched(
    make: Callable[[Path], None], error: type[ParleyError], publish: Publish, log: Log
) -> None:
    def odd(folder: Path) -> None:
        asymmetric(folder)
        make(folder)

    run = publish(odd)
    with pytest.raises(error):
        run.run()
    assert log.steps == [] and not run.result.exists()
    ranges = [request["range"] for request in run.hub.server.seen(r"^GET /cdn/")]
    assert len(ranges) >= COUNT and run.hub.sent() < sum(shard.bytes for shard in run.source.shards) / 2


def test_there_must_be_room_for_the_result_and_two_shards(
    publish: Publish, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = publish(asymmetric)
    asked: list[int] = []

    def refuse(_: Path, size: int) -> None:
        asked.append(size)
        raise DiskTooSmall(folder="", need="", free="")

    monkeypatch.setattr("app.catalog.fetch.disk.require", refuse)
    with pytest.raises(DiskTooSmall):
        run.run()
    assert not any(step == "bring" for step, _ in log.steps)
    monkeypatch.undo()
    report = run.run()
    sizes = [shard.bytes for shard in run.source.shards]
    pairs = [first + second for first, second in pairwise(sizes)]
    assert 0 <= asked[0] - report.bytes <= max(pairs) and asked[0] < report.bytes + sum(sizes)


def test_a_damaged_shard_is_mended(publish: Publish, tmp_path: Path) -> None:
    run = publish(asymmetric)
    third = run.shards[2].name
    run.hub.faults.add("corrupt", rf"GET /cdn/.*{third}", offset=300_000, skip=len(reads(run, third)))
    run.run()
    assert Activity.REPAIRING in {progress.activity for progress in run.progress}
    assert run.result.read_bytes() == run.in_two_steps(tmp_path / "two-steps")


def reads(run: Preparing, name: str) -> list[int]:
    """The bytes of each request that the skeleton of a shard takes."""
    data = (run.hub.root / REPO / "main" / name).read_bytes()
    found: list[int] = []

    def read(start: int, stop: int) -> bytes:
        found.append(stop - start)
        return data[start:stop]

    shard = Shard(run.hub.root / name, len(data), "0" * 64)
    make_skeleton(shard, read).path.unlink()
    return found


def test_a_shard_that_stays_damaged_is_told_and_the_rest_kept(publish: Publish, tmp_path: Path) -> None:
    run = publish(asymmetric)
    third = run.shards[2].name
    run.hub.faults.add("corrupt", rf"GET /cdn/.*{third}", offset=300_000, skip=len(reads(run, third)), times=-1)
    with pytest.raises(DownloadDamaged):
        run.run()
    assert result_part.journal_of(run.result).exists() and not run.result.exists()
    run.hub.faults.clear()
    run.hub.server.log.clear()
    run.run()
    assert run.hub.sent(run.shards[0].name) == 0
    assert run.result.read_bytes() == run.in_two_steps(tmp_path / "two-steps")


def test_a_skeleton_that_arrived_damaged_is_found_out(publish: Publish, tmp_path: Path) -> None:
    """Nothing tells that a range is not what the shard has, until the shard is there and verified."""
    run = publish(asymmetric)
    third = run.shards[2].name
    tensors = read_header(run.hub.root / REPO / "main" / third).tensors
    table = next(tensor.offset for name, tensor in tensors.items() if name.endswith(".qzeros"))
    run.hub.faults.add("corrupt", rf"GET /cdn/.*{third}", offset=table, times=len(reads(run, third)))
    with pytest.raises(SourceChanged):
        run.run()
    assert not run.result.exists() and not result_part.part_of(run.result).exists()
    run.run()
    assert run.result.read_bytes() == run.in_two_steps(tmp_path / "two-steps") and run.is_clean()


def test_a_result_of_the_same_sources_serves(publish: Publish) -> None:
    """It was killed when all was done, before anybody could note that."""
    run = publish(asymmetric)
    first = run.run()
    run.hub.server.log.clear()
    again = run.run()
    assert (again.path, again.bytes, again.notes) == (first.path, first.bytes, first.notes)
    assert run.hub.sent() < run.source.bytes / 2 and run.is_clean()
    run.result.write_bytes(b"mine")
    with pytest.raises(ResultInTheWay):
        run.run()
    assert run.result.read_bytes() == b"mine"


Start = Callable[..., DownloadChild]


def begin(child: Start, run: Preparing) -> DownloadChild:
    made = child()
    made.start(run.hub, run.source, run.folder, prepare=run.command, patience=QUICK)
    return made


def test_killed_again_and_again_it_goes_on(publish: Publish, child: Start, tmp_path: Path) -> None:
    run = publish(gptq)
    run.hub.faults.add("throttle", r"GET /cdn/", rate=2 * MIB, times=-1)
    for shard in run.shards[1::2]:
        killed = begin(child, run)
        while not (isinstance(event := killed.receive(), DownloadProgress) and event.file.path == shard.name):
            assert isinstance(event, DownloadProgress), event
        killed.end()
        assert not run.result.exists()
    run.hub.faults.clear()
    done = begin(child, run).until(DownloadDone, DownloadFailed)
    assert isinstance(done, DownloadDone) and done.report is not None
    for number, shard in enumerate(run.source.shards):
        cut_off = 2 * LOST if number else 0
        assert run.hub.sent(shard.path) <= shard.bytes + 2 * sum(reads(run, shard.path)) + cut_off
    assert run.result.read_bytes() == run.in_two_steps(tmp_path / "two-steps") and run.is_clean()


def test_paused_it_goes_on(publish: Publish, child: Start, tmp_path: Path) -> None:
    run = publish(gptq)
    run.hub.faults.add("throttle", r"GET /cdn/", rate=2 * MIB, times=-1)
    paused = begin(child, run)
    while not (isinstance(event := paused.receive(), DownloadProgress) and event.file.path == run.shards[2].name):
        assert isinstance(event, DownloadProgress), event
    paused.send(PauseDownload())
    ended = paused.until(DownloadPaused, DownloadDone, DownloadFailed)
    assert isinstance(ended, DownloadPaused) and ended.done > 0
    run.hub.faults.clear()
    paused.start(run.hub, run.source, run.folder, prepare=run.command)
    assert isinstance(paused.until(DownloadDone, DownloadFailed), DownloadDone)
    assert run.result.read_bytes() == run.in_two_steps(tmp_path / "two-steps") and run.is_clean()


def pause_at(run: Preparing, shard: Path) -> int:
    """What was said last to be done when it was paused, as some of a shard had arrived."""

    def look(progress: DownloadProgress) -> None:
        if progress.file.path == shard.name and progress.file.done > 0:
            run.stop.set()

    run.hub.faults.add("throttle", r"GET /cdn/", rate=2 * MIB, times=-1)
    with pytest.raises((Stopped, Cancelled)):
        run.run(look)
    run.hub.faults.clear()
    run.stop.clear()
    last = run.progress[-1].done
    run.progress.clear()
    return last


def test_another_run_tells_at_once_how_far_the_one_before_was(publish: Publish) -> None:
    run = publish(gptq)
    last = pause_at(run, run.shards[3])
    before = sum(shard.bytes for shard in run.source.shards[:3])
    assert last > before
    run.run()
    assert last <= run.progress[0].done <= last + 2 * LOST
    assert all(earlier.done <= later.done for earlier, later in pairwise(run.progress))


def test_a_run_that_is_paused_before_it_tells_anything_has_forgotten_nothing(publish: Publish) -> None:
    run = publish(gptq)
    last = pause_at(run, run.shards[3])
    command = StartDownload(source=run.source, folder=str(run.folder), prepare=run.command)
    assert PreparedDownload(command, run.command, run.terms, lambda _: None).done >= last


def test_what_has_to_be_fetched_once_more_counts_no_more(publish: Publish) -> None:
    """What was made of the first shards is gone."""
    run = publish(gptq)
    last = pause_at(run, run.shards[3])
    result_part.discard(run.result)
    run.run()
    assert run.progress[0].done < last - run.source.shards[0].bytes
    assert all(earlier.done <= later.done for earlier, later in pairwise(run.progress))
    assert run.progress[-1].done == run.source.bytes and run.is_clean()
