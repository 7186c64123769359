"""The sources of a pinned distribution, unpacked: what is built here otherwise than its own wheel is."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

from failures import SetupError
from llama_wheel import pinned_version


def unpacked_sources(python: Path, constraints: Path, distribution: str, folder: Path) -> Path:
    """Fetch them into an empty folder, and unpack them there.

    Raises:
        SetupError: they cannot be fetched.
    """
    requirement = f"{distribution}=={pinned_version(constraints, distribution)}"
    command = [str(python), "-m", "pip", "download", "--no-deps", "--no-binary", distribution, requirement]
    if subprocess.run([*command, "--dest", str(folder)], check=False).returncode:
        raise SetupError(f"The sources of {requirement} cannot be fetched; see above.")
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())
