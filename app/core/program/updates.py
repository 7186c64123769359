"""Newer versions of Parley: where a build looks for them, what a feed says, and which package is for this machine.

A feed is one JSON file, a `Release`; beside it lies its detached signature, under the same address with `.minisig`
behind it. Where to look, and by whose key, is decided when the installers are built; a program without that, such as
a checkout, never looks.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath

import msgspec

from app.core.paths import resources

SIGNATURE_ENDING = ".minisig"
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")
_SYSTEMS = {"linux": "linux", "win32": "windows", "darwin": "macos"}
_ENDINGS = {"windows": ".exe", "macos": ".dmg"}
_ARCHITECTURES = {"amd64": "x86_64", "aarch64": "arm64"}


class UpdateSource(msgspec.Struct, frozen=True):
    """The feed's address, and the minisign key that must have signed it, in base64."""

    address: str
    key: str


class Package(msgspec.Struct, frozen=True):
    """An installer of one version; `sha256` is in hexadecimal digits."""

    system: str
    architecture: str
    name: str
    url: str
    bytes: int
    sha256: str


class Release(msgspec.Struct, frozen=True):
    """The newest version; `changes` is what is new since the versions before, in Markdown."""

    version: str
    date: str
    changes: str
    packages: tuple[Package, ...]


@dataclass(frozen=True)
class Installation:
    """The system that this program runs on, and the ending of the packages that it was installed from."""

    system: str
    architecture: str
    ending: str

    @staticmethod
    def of(environment: Mapping[str, str] = os.environ) -> Installation:
        """This one."""
        machine = platform.machine().lower()
        system = _SYSTEMS.get(sys.platform, sys.platform)
        ending = _ENDINGS.get(system) or _linux_ending(PurePath(sys.executable), environment)
        return Installation(system, _ARCHITECTURES.get(machine, machine), ending)

    def package(self, release: Release) -> Package | None:
        """The package to install in this one's place, if there is one."""
        wanted = (self.system, self.architecture)
        fitting = (package for package in release.packages if (package.system, package.architecture) == wanted)
        return next((package for package in fitting if package.name.endswith(self.ending)), None)


@cache
def update_source(folder: Path | None = None) -> UpdateSource | None:
    """Where this build looks for newer versions, None if it does not; `folder` holds what ships with the program."""
    try:
        content = ((folder or resources()) / "updates.json").read_bytes()
        return msgspec.json.decode(content, type=UpdateSource)
    except (OSError, msgspec.DecodeError):
        return None


def version_numbers(version: str) -> tuple[int, ...]:
    """A version as it is compared; nothing if it is none."""
    found = _VERSION.fullmatch(version)
    return tuple(map(int, found.groups())) if found else ()


def _linux_ending(program: PurePath, environment: Mapping[str, str]) -> str:
    if "APPIMAGE" in environment:
        return ".AppImage"
    return ".deb" if program.is_relative_to("/usr/lib") else ".run"
