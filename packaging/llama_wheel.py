"""llama-cpp-python, built once and kept.

It is published as source only, and its build takes minutes. The wheel is kept in the user's cache
folder and serves every later checkout on the same kind of machine. It is compiled for the processor
of this very machine, therefore the folder's name depends on the processor's features.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from failures import SetupError
from one_at_a_time import alone
from system_packages import require_compiler

DISTRIBUTION = "llama-cpp-python"
BUILD_FLAGS = ("CMAKE_ARGS", "CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS")
ENGINE_PARTS = ("-DGGML_RPC=ON", "-DGGML_RPC_RDMA=OFF")
"""What is built beside the default: a model over several machines, by TCP alone, so that no other library is needed."""
WHEEL_OPTIONS = (*ENGINE_PARTS, "-DLLAVA_BUILD=OFF")
"""Without the reading of pictures, which nothing here uses and which is a quarter of the build."""

STEPS = re.compile(r"\[\s*(\d+)/(\d+)\]\s")


def pinned_version(constraints: Path, distribution: str = DISTRIBUTION) -> str:
    """The version that the constraints file names."""
    for line in constraints.read_text(encoding="utf-8").splitlines():
        name, _, version = line.partition("==")
        if name.strip() == distribution:
            return version.strip()
    raise SetupError(f"{constraints.name} does not pin {distribution}.")


def cache_folder(environment: Mapping[str, str], system: str) -> Path:
    """Where built wheels are kept: `PARLEY_BUILD_CACHE`, or a folder in the user's cache."""
    chosen = environment.get("PARLEY_BUILD_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if system == "win32":
        base = Path(environment.get("LOCALAPPDATA", "~/AppData/Local"))
    elif system == "darwin":
        base = Path("~/Library/Caches")
    else:
        base = Path(environment.get("XDG_CACHE_HOME") or "~/.cache")
    return base.expanduser() / "parley" / "wheels"


def processor_features() -> str:
    """What the compiler may use of this processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())


def build_key(
    version: str, environment: Mapping[str, str], features: str, options: Sequence[str] = WHEEL_OPTIONS
) -> str:
    """A folder's name that is the same exactly where a built wheel can be used again."""
    flags = [f"{name}={environment.get(name, '')}" for name in BUILD_FLAGS]
    digest = hashlib.sha256("\n".join([features, *flags, *options]).encode()).hexdigest()[:12]
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return f"{version}-{python}-{sys.platform}-{platform.machine().lower()}-{digest}"


def ensure_wheel(python: Path, root: Path, constraints: Path, pip_environment: Mapping[str, str]) -> Path:
    """The kept wheel, or one that is built now, by one process at a time.

    Raises:
        SetupError: there is no compiler, or the build failed.
    """
    version = pinned_version(constraints)
    folder = cache_folder(os.environ, sys.platform) / build_key(version, os.environ, processor_features())
    with alone(folder, f"Another process compiles {DISTRIBUTION} {version}; waiting for it"):
        kept = next(folder.glob("*.whl"), None)
        if kept is not None:
            print(f"Using {DISTRIBUTION} {version} from {folder}", flush=True)
            return kept
        return _compiled(python, root, folder, version, pip_environment)


def _compiled(python: Path, root: Path, folder: Path, version: str, pip_environment: Mapping[str, str]) -> Path:
    require_compiler()
    print(
        f"{DISTRIBUTION} {version} comes as source and is compiled now. This happens once and takes about four minutes "
        f"on two processor cores.\nThe result is kept in {folder}",
        flush=True,
    )
    with tempfile.TemporaryDirectory(dir=folder, prefix="build-") as scratch:
        requirement = f"{DISTRIBUTION}=={version}"
        # pip's own cache would give a wheel of other options: it goes by the name and version alone.
        options = ["--verbose", "--no-cache-dir", "--no-deps", "--wheel-dir", scratch]
        command = [str(python), "-m", "pip", "wheel", *options, requirement]
        _build(command, root, with_options(pip_environment), folder / "build.log")
        built = next(Path(scratch).glob("*.whl"))
        return Path(shutil.move(built, folder / built.name))


def with_options(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which the wheel is built; the user's own options come last and win."""
    options = " ".join([*WHEEL_OPTIONS, environment.get("CMAKE_ARGS", "")])
    return {**environment, "CMAKE_ARGS": options.strip()}


def has_engine_parts(site_packages: Path) -> bool:
    """Whether the engine that is installed there was built with all its parts."""
    return any((site_packages / "llama_cpp" / "lib").glob("*ggml-rpc*"))


@dataclass
class Progress:
    """How far a build is: time since its start, and the compiler's steps once they are known."""

    started: float = field(default_factory=time.monotonic)
    done: int = 0
    total: int = 0

    def read(self, line: str) -> None:
        """Take note of a line of the build's output; ninja's begin with `[done/total]`."""
        found = STEPS.match(line.strip())
        if found:
            self.done, self.total = int(found[1]), int(found[2])

    def __str__(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        steps = f", step {self.done} of {self.total}" if self.total > 1 else ""
        return f"  compiling, {minutes}:{seconds:02}{steps}"


def _build(command: list[str], root: Path, environment: Mapping[str, str], log: Path) -> None:
    progress = Progress()
    terminal = sys.stdout.isatty()
    with log.open("w", encoding="utf-8") as kept:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert process.stdout is not None
        reader = threading.Thread(target=_follow, args=(process.stdout, progress, kept), daemon=True)
        reader.start()
        while reader.is_alive():
            reader.join(1 if terminal else 30)
            print(f"\r{progress}" if terminal else progress, end="" if terminal else "\n", flush=True)
        if terminal:
            print()
    if process.wait() != 0:
        tail = log.read_text(encoding="utf-8").splitlines()[-25:]
        raise SetupError("\n".join([*tail, "", f"{DISTRIBUTION} could not be built. The whole log: {log}"]))


def _follow(output: TextIO, progress: Progress, kept: TextIO) -> None:
    for line in output:
        kept.write(line)
        progress.read(line)
