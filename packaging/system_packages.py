"""What the operating system must bring: shared libraries, a font, a compiler, an X server for the tests.

Runs in the interpreter that starts `dev.py`. Libraries are looked for by the name that programs load
them by, so that the names of packages matter only when something is missing.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from failures import SetupError

ENGINE_LIBRARIES = {
    "libgcc_s.so.1": "libgcc-s1",
    "libgomp.so.1": "libgomp1",
    "libstdc++.so.6": "libstdc++6",
}

QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}

WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}

FONT_PACKAGE = "fonts-dejavu-core"
CHINESE_FONT_PACKAGE = "fonts-droid-fallback"
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")


def available_libraries(listing: str, machine: str) -> frozenset[str]:
    """The names in the output of `ldconfig -p` that a process of this machine's word size can load."""
    names = set()
    for line in listing.splitlines():
        name, separator, rest = line.strip().partition(" (")
        foreign = machine == "x86_64" and "x86-64" not in rest.partition(")")[0]
        if separator and not foreign:
            names.add(name)
    return frozenset(names)


def missing_packages(libraries: dict[str, str], available: frozenset[str]) -> list[str]:
    """The packages that bring the libraries that are not there, sorted, each once."""
    return sorted({package for library, package in libraries.items() if library not in available})


def system_libraries() -> frozenset[str] | None:
    """What the dynamic loader knows, or None where it cannot be asked (not Linux, no `ldconfig`)."""
    ldconfig = shutil.which("ldconfig") or shutil.which("ldconfig", path="/sbin:/usr/sbin")
    if not sys.platform.startswith("linux") or ldconfig is None:
        return None
    asked = subprocess.run([ldconfig, "-p"], capture_output=True, text=True, check=False)
    return available_libraries(asked.stdout, platform.machine()) if asked.returncode == 0 else None


def has_font() -> bool:
    """Whether any scalable font is installed."""
    return any(map(_has_file, ("*.ttf", "*.otf", "*.ttc")))


def has_chinese_font() -> bool:
    """Whether there is a font with Chinese signs."""
    ask = shutil.which("fc-list")
    if ask is None:
        return _has_file("DroidSansFallback*.ttf")
    return bool(subprocess.run([ask, ":lang=zh"], capture_output=True, check=False).stdout.strip())


def _has_file(pattern: str) -> bool:
    folders = (Path(folder).expanduser() for folder in FONT_FOLDERS)
    return any(next(folder.rglob(pattern), None) for folder in folders)


def engine_packages() -> list[str]:
    """What llama.cpp's libraries lack."""
    available = system_libraries()
    return [] if available is None else missing_packages(ENGINE_LIBRARIES, available)


def window_packages() -> list[str]:
    """What a Qt window lacks, a font included."""
    available = system_libraries()
    if available is None:
        return []
    libraries = QT_LIBRARIES | (WAYLAND_LIBRARIES if os.environ.get("WAYLAND_DISPLAY") else {})
    return missing_packages(libraries, available) + ([] if has_font() else [FONT_PACKAGE])


def venv_packages() -> list[str]:
    """What `python -m venv` lacks: Debian ships it apart."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return [] if importlib.util.find_spec("ensurepip") else [f"python{version}-venv"]


def freezing_packages() -> list[str]:
    """What PyInstaller lacks: `objdump`, and Debian's Python as a shared library."""
    if not sys.platform.startswith("linux"):
        return []
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    missing = [] if shutil.which("objdump") else ["binutils"]
    available = system_libraries()
    if sys.base_prefix == "/usr" and available is not None:
        missing += missing_packages({f"libpython{version}.so.1.0": f"libpython{version}"}, available)
    return missing


def debian_release() -> str:
    """The name of the Debian that this is, such as `bookworm`; of another system nothing."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return ""
    return release.get("VERSION_CODENAME", "") if release["ID"] == "debian" else ""


def clean_system_packages() -> list[str]:
    """What root lacks to make a clean Debian in a folder, into which a test installs the package."""
    if not debian_release() or os.geteuid() != 0 or shutil.which("debootstrap"):
        return []
    return ["debootstrap"]


def require(packages: Iterable[str], purpose: str) -> None:
    """Install what is missing where that is possible.

    Raises:
        SetupError: it has to be installed by hand; the message holds the exact command.
    """
    wanted = sorted(set(packages))
    if not wanted:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *wanted]
    if shutil.which("apt-get") is None:
        raise SetupError(
            f"{purpose} needs what Debian calls {', '.join(wanted)}. "
            "Install your system's packages of the same libraries and tools, then run this again."
        )
    if os.geteuid() != 0:
        raise SetupError(
            f"{purpose} needs system packages. Install them, then run this again:\n\n  sudo {shlex.join(install)}\n"
        )
    print(f"{purpose} needs system packages: {', '.join(wanted)}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], install):
        if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode != 0:
            raise SetupError(f"“{shlex.join(command)}” failed; see above.")


def require_compiler() -> None:
    """See that C and C++ can be compiled.

    Raises:
        SetupError: there is no compiler, and it has to be installed by hand.
    """
    purpose = "Building llama.cpp"
    if sys.platform == "win32":
        if not _visual_studio():
            raise SetupError(
                f"{purpose} needs a C++ compiler. Install “Build Tools for Visual Studio” with the workload "
                "“Desktop development with C++”, then run this again."
            )
    elif sys.platform == "darwin":
        if subprocess.run(["xcode-select", "-p"], capture_output=True, check=False).returncode != 0:
            raise SetupError(
                f"{purpose} needs a C++ compiler. Install it, then run this again:\n\n  xcode-select --install\n"
            )
    elif not (os.environ.get("CXX") or any(shutil.which(name) for name in ("c++", "g++", "clang++"))):
        require(["build-essential"], purpose)


def _visual_studio() -> bool:
    """Whether Microsoft's compiler is installed, by its own locator."""
    if shutil.which("cl"):
        return True
    programs = os.environ.get("PROGRAMFILES(X86)", r"C:\Program Files (x86)")
    locator = Path(programs) / "Microsoft Visual Studio" / "Installer" / "vswhere.exe"
    if not locator.is_file():
        return False
    component = "Microsoft.VisualStudio.Component.VC.Tools.x86.x64"
    command = [str(locator), "-products", "*", "-requires", component, "-property", "installationPath"]
    return bool(subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip())
