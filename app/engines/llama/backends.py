"""GPU backends that lie beside llama.cpp as plugins but are not at work, and why.

Runs in the probe child, after `native.start` has loaded what could be loaded. Backends that are compiled
in, as in a development wheel, are no plugins.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "ggml-" if sys.platform == "win32" else "libggml-"
_SUFFIX = ".dll" if sys.platform == "win32" else ".so"
_TITLES = {"cuda": "CUDA", "hip": "ROCm", "metal": "MTL", "sycl": "SYCL", "vulkan": "Vulkan"}
"""Files by the names that the backends register under."""

_NEEDS = {
    "cuda": "an NVIDIA graphics card and its driver",
    "hip": "an AMD graphics card and ROCm",
    "vulkan": "the Vulkan loader (Debian's libvulkan1) and a graphics card's driver",
}
_PART_OF_EVERY_BUILD = ("base", "cpu", "rpc")


@dataclass(frozen=True)
class IdleBackend:
    """A plugin that is there and not used; `reason` is what the system said, if it said anything."""

    name: str
    reason: str

    @property
    def sentence(self) -> str:
        """What `parley doctor` says about it."""
        why = f"could not be loaded ({self.reason})" if self.reason else "found nothing to compute on"
        needs = _NEEDS.get(self.name, "a device and its driver")
        return f"The backend for {_title(self.name)} {why}. It needs {needs}; the processor computes without it."


def idle_backends(folder: Path, registered: Collection[str]) -> list[IdleBackend]:
    """The plugins in the folder of llama.cpp's libraries that are none of the registered backends, by name."""
    known = {name.lower() for name in registered}
    names = (path.name.removeprefix(_PREFIX).removesuffix(_SUFFIX) for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"))
    plugins = sorted(name for name in names if name.partition("-")[0] not in _PART_OF_EVERY_BUILD)
    return [
        IdleBackend(name, _why_not(folder / f"{_PREFIX}{name}{_SUFFIX}"))
        for name in plugins
        if _title(name).lower() not in known
    ]


def _title(name: str) -> str:
    return _TITLES.get(name, name)


def _why_not(plugin: Path) -> str:
    """What the dynamic loader says to the file; nothing where it has no objection."""
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return str(error).partition("\n")[0]
    return ""
