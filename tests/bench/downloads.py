"""Figures of downloads: the rate against the Hub's own client, and what ten kills cost."""

from __future__ import annotations

import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.core import protocol
from app.core.catalog.downloads import DownloadDone, DownloadFailed, DownloadProgress, Source, StartDownload
from app.core.catalog.hub import RemoteFile

ROOT = Path(__file__).parents[2]
SIZE = 2_000_000_000
KILLS = 10
ROUNDS = 5


@contextmanager
def served(folder: Path) -> Iterator[tuple[dict[str, str], dict[str, int]]]:
    """A Hub in a process of its own: what it serves, and afterwards what arrived of it."""
    command = [sys.executable, "-m", "tests.bench.download", "serve", str(folder), str(SIZE)]
    told: dict[str, int] = {}
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), told
        told |= json.loads(process.communicate()[0])


def rates() -> tuple[float, float, float, float]:
    """The ratio of rates, our bytes per second, and the CPU seconds per gigabyte of ours and of theirs."""
    ratios, ours, our_cpu, their_cpu = [], [], [], []
    with tempfile.TemporaryDirectory(dir=ROOT / ".cache") as name, served(Path(name) / "hub") as (hub, _):
        target = Path(name) / "target"
        for _ in range(ROUNDS):
            parley = _timed(target, "parley", hub["url"], hub["commit"], hub["sha256"], str(SIZE))
            client = _timed(target, "hub", hub["url"])
            ratios.append(client["seconds"] / parley["seconds"])
            ours.append(SIZE / parley["seconds"])
            our_cpu.append(parley["cpu"] * 1e9 / SIZE)
            their_cpu.append(client["cpu"] * 1e9 / SIZE)
    return tuple(map(statistics.median, (ratios, ours, our_cpu, their_cpu)))  # type: ignore[return-value]


def kills() -> float:
    """The part of a file that reaches this machine twice when its download is killed ten times.

    What still waited in the server's own buffers when the connection ended was fetched by nobody.
    """
    with tempfile.TemporaryDirectory(dir=ROOT / ".cache") as name:
        with served(Path(name) / "hub") as (hub, told):
            file = RemoteFile("large.gguf", SIZE, hub["sha256"])
            source = Source(repo="acme/large-GGUF", commit=hub["commit"], files=(file,))
            command = StartDownload(source=source, folder=str(Path(name) / "target"), endpoint=hub["url"])
            for mark in sorted(random.sample(range(SIZE // 50, SIZE - SIZE // 50), KILLS)):
                _run_to(command, mark)
            _run_to(command, SIZE + 1)
        return (told["received"] - SIZE) / SIZE


def _run_to(command: StartDownload, mark: int) -> None:
    """Run a child and kill it there; without reaching the mark, it must end with a verified file."""
    arguments = [sys.executable, "-m", "app", "--role", "download"]
    with subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for frame in (protocol.Hello(version=protocol.VERSION), command):
            child.stdin.write(protocol.encode(frame))
        child.stdin.flush()
        for line in child.stdout:
            event = protocol.decode_event(line)
            if isinstance(event, DownloadProgress) and event.done >= mark and event.done < SIZE:
                break
            if isinstance(event, DownloadFailed):
                raise event.failure.error()
            if isinstance(event, DownloadDone):
                break
        child.kill()


def _timed(target: Path, *arguments: str) -> dict[str, Any]:
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "tests.bench.download", *arguments, str(target)]
    result: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    return result
