"""Measure what was packaged: `python -m tests.bench.package FOLDER`, where `dev.py package` left it; else `dist`.

Sizes, the window's memory while nothing happens, and its first appearance against that from source, the median of
runs that alternate. A display is needed, on a machine that is otherwise idle.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.bench.environment import ENVIRONMENT, ROOT

ROUNDS = 11
SETTLED_SECONDS = 10
SOURCE = (sys.executable, "-P", "-m", "app")


@contextmanager
def window(command: Sequence[str], home: Path) -> Iterator[tuple[psutil.Process, float]]:
    """A window that has appeared, and how many seconds after the start of its process."""
    environment = ENVIRONMENT | {"PARLEY_HOME": str(home), "PYTHONPATH": str(ROOT)}
    begun = time.perf_counter()
    with subprocess.Popen(command, env=environment) as process:
        while not seen(process.pid):
            assert process.poll() is None, "the window ended by itself"
        taken = time.perf_counter() - begun
        try:
            yield psutil.Process(process.pid), taken
        finally:
            process.terminate()


def seen(pid: int) -> bool:
    """Whether a window of this process is on the screen."""
    search = ["xdotool", "search", "--onlyvisible", "--pid", str(pid), "--name", "Parley"]
    return subprocess.run(search, capture_output=True, check=False).returncode == 0


def appearance(bundle: Sequence[str]) -> tuple[float, float]:
    """Medians of the bundle's seconds, and of their ratio to those from source; the cold round does not count."""
    seconds, ratios = [], []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(ROUNDS + 1):
            with window(SOURCE, Path(home)) as (_, source):
                pass
            with window(bundle, Path(home)) as (_, ours):
                seconds.append(ours)
            ratios.append(ours / source)
    return statistics.median(seconds[1:]), statistics.median(ratios[1:])


def idle_memory(bundle: Sequence[str]) -> tuple[int, int]:
    """Bytes resident in the window's process once it rests, and what of them is its own alone."""
    with tempfile.TemporaryDirectory() as home, window(bundle, Path(home)) as (process, _):
        time.sleep(SETTLED_SECONDS)  # from outside nothing tells that a window has nothing left to do
        memory = process.memory_full_info()
        return memory.rss, memory.uss


def installed(package: Path) -> int:
    """Bytes, as the package tells the system."""
    shown = subprocess.run(["dpkg-deb", "--field", package, "Installed-Size"], capture_output=True, check=True)
    return int(shown.stdout) * 1024


def main() -> int:
    """Print a table; 1 when a promise is not kept."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist")
    package, bundle = next(folder.glob("*.deb")), [str(folder / "parley" / "parley")]
    seconds, ratio = appearance(bundle)
    resident, own = idle_memory(bundle)
    sizes = (package.stat().st_size / 1e6, installed(package) / 1e6)
    rows = [
        ("the .deb", f"{sizes[0]:.1f} MB", "≤ 60 MB", sizes[0] <= 60),
        ("installed", f"{sizes[1]:.0f} MB", "≤ 215 MB", sizes[1] <= 215),
        (
            f"window idle, resident ({own / 1e6:.0f} MB its own)",
            f"{resident / 1e6:.0f} MB",
            "≤ 120 MB",
            resident <= 120e6,
        ),
        (f"window seen ({seconds * 1000:.0f} ms) ÷ from source", f"{ratio:.2f}", "≤ 1.4", ratio <= 1.4),
    ]
    print("| measure | result | promise |\n| --- | --- | --- |")
    for name, value, promise, kept in rows:
        print(f"| {name} | {value}{'' if kept else ' (missed)'} | {promise} |")
    return 0 if all(row[-1] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
