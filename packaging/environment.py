"""The virtual environment of a checkout: made, filled with the pinned dependencies, and left alone once it is right."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from failures import SetupError
from llama_wheel import DISTRIBUTION, ENGINE_PARTS, ensure_wheel, has_engine_parts, pinned_version
from system_packages import engine_packages, require, venv_packages

CONSTRAINTS = Path("packaging", "constraints.txt")


class Environment:
    """`.venv` in the project's root folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.scripts = self.folder / ("Scripts" if sys.platform == "win32" else "bin")
        self.python = self.scripts / ("python.exe" if sys.platform == "win32" else "python")
        self._stamp = self.folder / "parley-setup.json"

    def fingerprint(self) -> str:
        """What the installed packages depend on, apart from the extras."""
        digest = hashlib.sha256()
        for part in (str(self.root), platform.python_version(), *ENGINE_PARTS):
            digest.update(part.encode() + b"\0")
        for file in (self.root / "pyproject.toml", self.root / CONSTRAINTS):
            digest.update(file.read_bytes() + b"\0")
        return digest.hexdigest()

    def installed_extras(self) -> frozenset[str] | None:
        """The extras that are in place, or None when the environment is missing, unfinished or out of date."""
        try:
            stamp = json.loads(self._stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        current = stamp["fingerprint"] == self.fingerprint() and self.python.exists()
        return frozenset(stamp["extras"]) if current else None

    def ensure(self, extras: Iterable[str] = ()) -> None:
        """Make it hold the project, its dependencies and those of the extras.

        Raises:
            SetupError: something has to be installed by hand, or pip failed.
        """
        installed = self.installed_extras()
        wanted = frozenset(extras)
        if installed is not None and wanted <= installed:
            return
        wanted |= installed or frozenset()
        self._create()
        self._stamp.unlink(missing_ok=True)
        require(engine_packages(), "The engine")
        if not self._has_engine():
            wheel = ensure_wheel(self.python, self.root, self.root / CONSTRAINTS, self._pip_environment())
            self._pip("install", "--no-deps", "--force-reinstall", str(wheel))
        print("Installing the pinned dependencies", flush=True)
        suffix = f"[{','.join(sorted(wanted))}]" if wanted else ""
        self._pip("install", "--constraint", CONSTRAINTS.as_posix(), "--editable", f".{suffix}")
        self._mark(wanted)

    def _mark(self, extras: frozenset[str]) -> None:
        stamp = {"fingerprint": self.fingerprint(), "extras": sorted(extras)}
        self._stamp.write_text(json.dumps(stamp), encoding="utf-8")

    def _create(self) -> None:
        if self._usable():
            return
        require(venv_packages(), "A virtual environment")
        print(f"Making {self.folder}", flush=True)
        command = [sys.executable, "-m", "venv", "--clear", str(self.folder)]
        if subprocess.run(command, check=False).returncode != 0:
            raise SetupError(f"{self.folder} could not be made; see above.")

    def _usable(self) -> bool:
        """Whether it is there, made by this very version of Python, and has pip."""
        question = "import pip, platform; print(platform.python_version())"
        try:
            asked = subprocess.run([self.python, "-c", question], capture_output=True, text=True, check=False)
        except OSError:
            return False
        return asked.stdout.strip() == platform.python_version()

    def _has_engine(self) -> bool:
        site_packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(self.folder)}))
        version = pinned_version(self.root / CONSTRAINTS)
        is_there = (site_packages / f"{DISTRIBUTION.replace('-', '_')}-{version}.dist-info").is_dir()
        return is_there and has_engine_parts(site_packages)

    def _pip_environment(self) -> dict[str, str]:
        """The user's own pip settings, with the pins in force for the tools that a build needs too.

        pip splits these variables at blanks, therefore the file is named from the root folder.
        """
        pins = CONSTRAINTS.as_posix()
        return os.environ | {
            "PIP_CONSTRAINT": pins,
            "PIP_BUILD_CONSTRAINT": pins,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def _pip(self, *arguments: str) -> None:
        command = [str(self.python), "-m", "pip", *arguments]
        environment = self._pip_environment()
        if subprocess.run(command, cwd=self.root, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
            raise SetupError(
                f"pip could not install what is needed; see above. The command was:\n\n  {' '.join(command)}\n"
            )
