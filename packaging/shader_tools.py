"""What compiles llama.cpp's Vulkan shaders: new headers and a new `glslc`, which Debian 12 does not have.

They come as packages of a later Debian release, through apt with a configuration of its own, from the
mirror and under the keys that this machine's apt trusts. Nothing is installed: the packages are unpacked
into the folder for kept builds, and the compiler is run by the C library that it was made for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from failures import SetupError
from llama_wheel import cache_folder

RELEASE = "trixie"
PACKAGES = ("glslc", "libshaderc1", "libvulkan1", "libvulkan-dev", "spirv-headers", "libc6", "libgcc-s1", "libstdc++6")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

CONFIGURATION = """\
Dir::State "{folder}/state";
Dir::State::status "/dev/null";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Sandbox::User "root";
"""
STARTER = """\
#!/bin/sh
root="$(dirname "$(readlink -f "$0")")"
exec "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/glslc" "$@"
"""


@dataclass(frozen=True)
class ShaderTools:
    """Where the unpacked packages lie."""

    folder: Path

    @property
    def options(self) -> tuple[str, ...]:
        """What CMake has to be told."""
        usr = self.folder / "usr"
        return (
            f"-DVulkan_INCLUDE_DIR={usr / 'include'}",
            f"-DVulkan_LIBRARY={usr / 'lib' / 'x86_64-linux-gnu' / 'libvulkan.so'}",
            f"-DVulkan_GLSLC_EXECUTABLE={self.folder / 'glslc'}",
            f"-DSPIRV-Headers_DIR={usr / 'share' / 'cmake' / 'SPIRV-Headers'}",
        )


def ensure_shader_tools() -> ShaderTools:
    """The kept tools, or those that are fetched now.

    Raises:
        SetupError: this is not a Debian system, or the packages cannot be had.
    """
    folder = cache_folder(os.environ, sys.platform) / f"shader-tools-{RELEASE}"
    if not folder.is_dir():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in ("state/lists/partial", "cache/archives/partial"):
            (unfinished / part).mkdir(parents=True)
        _fetch(unfinished)
        unfinished.rename(folder)
    return ShaderTools(folder)


def _fetch(folder: Path) -> None:
    mirror = _mirror()
    signed = f"[signed-by={KEYRING}]"
    (folder / "sources.list").write_text(f"deb {signed} {mirror} {RELEASE} main\n", encoding="utf-8")
    (folder / "apt.conf").write_text(CONFIGURATION.format(folder=folder), encoding="utf-8")
    for command in (["apt-get", "update", "-qq"], ["apt-get", "download", "-qq", *PACKAGES]):
        _call(command, folder, APT_CONFIG=str(folder / "apt.conf"))
    for package in folder.glob("*.deb"):
        _call(["dpkg-deb", "--extract", package.name, "."], folder)
        package.unlink()
    for part in ("state", "cache"):
        shutil.rmtree(folder / part)
    starter = folder / "glslc"
    starter.write_text(STARTER, encoding="utf-8")
    starter.chmod(0o755)


def _mirror() -> str:
    """The address from which this system has its own packages."""
    question = ["apt-get", "indextargets", "--format", "$(SITE)", "Identifier: Packages", "Origin: Debian"]
    try:
        asked = subprocess.run(question, capture_output=True, text=True, check=True)
        return asked.stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        raise SetupError(
            "The Vulkan backend is built with packages of Debian; run this on Debian 12, or in a container of it."
        ) from None


def _call(command: Sequence[str], folder: Path, **variables: str) -> None:
    if subprocess.run(command, cwd=folder, env=os.environ | variables, check=False).returncode:
        raise SetupError(f"“{' '.join(command)}” failed; see above.")
