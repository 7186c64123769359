"""A system of its own in a folder: a copy of a bare Debian, in which packages are installed and programs run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from system_packages import debian_release

ENTER = """
set -e
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
mount --rbind /sys "$ROOT/sys"
cd /
exec chroot ${CALLER:+--userspec=$CALLER} "$ROOT" "$@"
"""
SURROUNDINGS = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}
UNTOLD = ("/var/cache/apt", "/var/lib/apt", "/var/lib/dpkg", "/var/log", "/proc", "/sys", "/dev", "/tmp", "/home")
"""Where package managers keep their own notes, and what belongs to users."""


@cache
def why_none() -> str:
    """Why no such system can be made here, or nothing."""
    if not debian_release():
        return "this is not Debian"
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        return "it takes root, and debootstrap"
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip()


class CleanRoot:
    """Needs the rights of root; mounts vanish with the commands, for each has a mount namespace of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def make(suite: str, folder: Path, bare: Path | None) -> CleanRoot:
        """Copy a bare root, or make one with debootstrap."""
        if bare is not None:
            subprocess.run(["cp", "-a", "--reflink=auto", str(bare), str(folder)], check=True)
        else:
            command = ["debootstrap", "--variant=minbase", suite, str(folder)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        shutil.copy("/etc/resolv.conf", folder / "etc" / "resolv.conf")
        root = CleanRoot(folder)
        root.run("apt-get", "update", "-qq")
        root.run("useradd", "--create-home", "tester")
        return root

    def command(self, *arguments: str, user: str = "") -> list[str]:
        """What runs a program in it."""
        return [
            "unshare",
            "--mount",
            "env",
            f"ROOT={self.folder}",
            f"CALLER={user}",
            "sh",
            "-c",
            ENTER,
            "-",
            *arguments,
        ]

    def run(self, *arguments: str, user: str = "", check: bool = True) -> str:
        """Run to the end; its output."""
        done = subprocess.run(
            self.command(*arguments, user=user),
            env=self.variables(user),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, f"{arguments}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    def start(self, *arguments: str, user: str) -> subprocess.Popen[bytes]:
        """Run beside the test."""
        return subprocess.Popen(self.command(*arguments, user=user), env=self.variables(user), stdin=subprocess.DEVNULL)

    def install(self, *packages: str) -> str:
        """Install with what they depend on, and no more."""
        return self.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)

    def variables(self, user: str) -> Mapping[str, str]:
        """The environment of its programs: the test's screen, and nothing of the test's settings."""
        home = f"/home/{user}" if user else "/root"
        display = {"DISPLAY": os.environ["DISPLAY"]} if "DISPLAY" in os.environ else {}
        if "XAUTHORITY" in os.environ:
            ticket = Path(shutil.copy(os.environ["XAUTHORITY"], self.folder / "tmp" / "xauthority"))
            ticket.chmod(0o644)
            display["XAUTHORITY"] = "/tmp/xauthority"
        return SURROUNDINGS | display | {"HOME": home, "DEBIAN_FRONTEND": "noninteractive", "NO_AT_BRIDGE": "1"}

    def find(self, word: str) -> list[str]:
        """The paths with a word in their name, but for notes of package managers and users' own files."""
        paths = ("/" + str(path.relative_to(self.folder)) for path in self._walk(self.folder) if word in path.name)
        return sorted(path for path in paths if not path.startswith(UNTOLD))

    def holding(self, word: str, *folders: str) -> list[str]:
        """The files in these folders that hold a word."""
        found: Sequence[Path] = [path for folder in folders for path in self._walk(self.folder / folder.lstrip("/"))]
        files = [path for path in found if path.is_file() and not path.is_symlink()]
        return [str(path) for path in files if word.encode() in path.read_bytes()]

    def _walk(self, top: Path) -> list[Path]:
        return [Path(folder, name) for folder, folders, files in os.walk(top) for name in (*folders, *files)]

    def remove(self) -> None:
        """Take it away."""
        shutil.rmtree(self.folder)
