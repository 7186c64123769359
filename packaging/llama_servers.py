"""llama.cpp's own servers, built once from the sources of the pinned llama-cpp-python: what the bench measures against.

Like the development wheel they are compiled for this very machine, and kept beside it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from failures import SetupError
from llama_wheel import DISTRIBUTION, ENGINE_PARTS, build_key, cache_folder, pinned_version, processor_features
from sources import unpacked_sources
from system_packages import require_compiler

SERVERS = ("llama-server", "ggml-rpc-server")
_OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON",
    "-DCMAKE_INSTALL_RPATH=$ORIGIN",
    "-DBUILD_SHARED_LIBS=ON",
    "-DLLAMA_OPENSSL=OFF",
    *(f"-DLLAMA_BUILD_{part}=OFF" for part in ("TESTS", "EXAMPLES", "UI")),
    *ENGINE_PARTS,
)


def ensure_servers(python: Path, constraints: Path, jobs: int) -> Path:
    """The folder with the programs; they are built now if they are not there.

    Raises:
        SetupError: there is no compiler, or the build failed.
    """
    key = build_key(pinned_version(constraints), os.environ, processor_features(), ENGINE_PARTS)
    folder = cache_folder(os.environ, sys.platform) / f"servers-{key}"
    if folder.is_dir():
        return folder
    require_compiler()
    print(f"Building {' and '.join(SERVERS)}. This happens once and takes some ten minutes, in {folder}", flush=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="servers-") as scratch:
        fetched, build = Path(scratch, "fetched"), Path(scratch, "build")
        fetched.mkdir()
        sources = unpacked_sources(python, constraints, DISTRIBUTION, fetched) / "vendor" / "llama.cpp"
        _call(python, "cmake", "-G", "Ninja", "-S", str(sources), "-B", str(build), *_OPTIONS)
        _call(python, "cmake", "--build", str(build), "--parallel", str(jobs), "--target", *SERVERS)
        shutil.move(build / "bin", folder)
    return folder


def _call(python: Path, *command: str) -> None:
    tools = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    if subprocess.run(command, env=os.environ | {"PATH": tools}, check=False).returncode:
        raise SetupError(f"“{' '.join(command)}” failed; see above.")
