"""The `.deb`: the bundle under /usr/lib/parley, `parley` on the PATH, and what a desktop wants to know.

What it depends on is what `dpkg-shlibdeps` finds that the files of the bundle really load.
"""

from __future__ import annotations

import gzip
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from failures import SetupError
from system_packages import WAYLAND_LIBRARIES, missing_packages, require, system_libraries

APPLICATION = "org.parley.Parley"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
OPTIONAL = ("libwayland-", "libvulkan1")
CERTIFICATES = "ca-certificates"
RECOMMENDED = ("fonts-dejavu-core | fonts-freefont-ttf", "xdg-desktop-portal", "gnome-keyring | kwalletmanager")
SUGGESTED = ("mesa-vulkan-drivers",)
VULKAN_LIBRARIES = {"libvulkan.so.1": "libvulkan1"}
TOOLS = {"dpkg-shlibdeps": "dpkg-dev", "readelf": "binutils"}

CONTROL = """\
Package: parley
Version: {version}
Section: utils
Priority: optional
Architecture: {architecture}
Maintainer: The Parley maintainers <parley@localhost>
Installed-Size: {kilobytes}
Depends: {depends}
Recommends: {recommends}
Suggests: {suggests}
Description: private conversations with language models on your own machine
 Parley chats with quantized language models (GGUF files) that run on this
 machine: on its processor, or on a graphics card through Vulkan. It finds a
 model that fits, downloads it, and keeps the chats in one file of the
 user. A command line works on the same history.
"""


def build_deb(bundle: Path, pictures: Mapping[int, bytes], version: str, target: Path, *, compression: str) -> Path:
    """Write the package of a bundle's folder; `pictures` are PNGs by their width, `compression` as dpkg-deb has it.

    Raises:
        SetupError: a tool is missing or failed.
    """
    available = system_libraries() or frozenset()
    tools = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    require([*tools, *missing_packages(WAYLAND_LIBRARIES | VULKAN_LIBRARIES, available)], "A Debian package")
    architecture = ARCHITECTURES[platform.machine()]
    root = target / "deb"
    shutil.rmtree(root, ignore_errors=True)
    program = root / "usr" / "lib" / "parley"
    shutil.copytree(bundle, program, symlinks=True)
    _install_resources(bundle, root, pictures, version)
    link = root / "usr" / "bin" / "parley"
    link.parent.mkdir(parents=True)
    link.symlink_to("../lib/parley/parley")
    (root / "DEBIAN").mkdir()  # by it dpkg-shlibdeps knows which libraries are the package's own
    depends, recommends = dependencies(program, target)
    control = CONTROL.format(
        version=version,
        architecture=architecture,
        kilobytes=installed_bytes(root) // 1024,
        depends=", ".join(depends),
        recommends=", ".join(recommends),
        suggests=", ".join(SUGGESTED),
    )
    (root / "DEBIAN" / "control").write_text(control, encoding="utf-8")
    _settle(root)
    package = target / f"parley_{version}_{architecture}.deb"
    level = ["-z9", "-Sextreme"] if compression == "xz" else []
    _run(["dpkg-deb", "--root-owner-group", f"-Z{compression}", *level, "--build", str(root), str(package)])
    shutil.rmtree(root)
    return package


def desktop_files(resources: Path, version: str) -> dict[str, str]:
    """What belongs where under /usr: paths and texts, with the version filled in."""
    desktop = resources / "desktop"
    places = {
        f"share/applications/{APPLICATION}.desktop": desktop / f"{APPLICATION}.desktop",
        f"share/metainfo/{APPLICATION}.metainfo.xml": desktop / f"{APPLICATION}.metainfo.xml",
        f"share/mime/packages/{APPLICATION}.xml": desktop / f"{APPLICATION}.mime.xml",
        "share/man/man1/parley.1": resources / "man" / "parley.1",
    }
    date = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    texts = {place: source.read_text(encoding="utf-8") for place, source in places.items()}
    return {place: text.replace("@VERSION@", version).replace("@DATE@", date) for place, text in texts.items()}


def _install_resources(bundle: Path, root: Path, pictures: Mapping[int, bytes], version: str) -> None:
    resources = Path(__file__).parents[1] / "resources"
    for place, text in desktop_files(resources, version).items():
        _write(root / "usr" / place, text.encode())
    man = root / "usr" / "share" / "man" / "man1" / "parley.1"
    _write(man.with_suffix(".1.gz"), gzip.compress(man.read_bytes(), 9, mtime=0))
    man.unlink()
    icons = root / "usr" / "share" / "icons" / "hicolor"
    for size, picture in pictures.items():
        _write(icons / f"{size}x{size}" / "apps" / f"{APPLICATION}.png", picture)
    _write(icons / "scalable" / "apps" / f"{APPLICATION}.svg", (resources / "application" / "parley.svg").read_bytes())
    documents = root / "usr" / "share" / "doc" / "parley"
    _write(documents / "copyright", (bundle / "_internal" / "resources" / "licences.txt").read_bytes())
    changes = (bundle / "_internal" / "resources" / "CHANGELOG.md").read_bytes()
    _write(documents / "changelog.gz", gzip.compress(changes, 9, mtime=0))


def dependencies(program: Path, scratch: Path) -> tuple[list[str], list[str]]:
    """Depends and Recommends: Wayland and Vulkan can be missing, as the other ways then serve.

    Raises:
        SetupError: a library that the bundle loads belongs to no package here.
    """
    source = scratch / "shlibdeps"
    (source / "debian").mkdir(parents=True, exist_ok=True)
    (source / "debian" / "control").write_text("Source: parley\n\nPackage: parley\nArchitecture: any\n", "utf-8")
    own = sorted({str(path.parent) for path in program.rglob("*.so*")})
    binaries = sorted(str(path) for path in program.rglob("*") if _is_elf(path))
    shipped = {package for path in (program / "_internal").glob("lib*.so*") for package in _owners(path.name)}
    command = ["dpkg-shlibdeps", "-O", "--warnings=0", *(f"-l{folder}" for folder in own)]
    command += [f"-x{package}" for package in sorted(shipped)]
    asked = subprocess.run([*command, *binaries], cwd=source, capture_output=True, text=True, check=False)
    shutil.rmtree(source)
    if asked.returncode:
        raise SetupError(f"dpkg-shlibdeps failed:\n{asked.stderr}")
    found = asked.stdout.partition("shlibs:Depends=")[2].strip().split(", ")
    optional = [one for one in found if one.startswith(OPTIONAL)]
    needed = [one for one in found if one not in optional]
    return sorted([*needed, CERTIFICATES]), sorted([*optional, *RECOMMENDED])


def _owners(library: str) -> list[str]:
    """The packages here that have a library of this name: what is shipped need not be installed as well."""
    asked = subprocess.run(["dpkg", "-S", f"*/{library}"], capture_output=True, text=True, check=False)
    return [line.partition(":")[0] for line in asked.stdout.splitlines()]


def installed_bytes(root: Path) -> int:
    """What the files take; a link takes nothing."""
    return sum(path.lstat().st_size for path in root.rglob("*") if not path.is_symlink() and path.is_file())


def _is_elf(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _settle(root: Path) -> None:
    """The same rights whoever builds it."""
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)


def _run(command: Sequence[str]) -> None:
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:
        raise SetupError(f"“{' '.join(command)}” failed; see above.")
