"""Makes the packages of this system from one bundle; started by `dev.py package` in the project's environment.

Linux: a `.deb` and a single file that starts by itself. Windows: an installer. macOS: a disk image.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from failures import SetupError
from portable import BACKEND_OPTIONS, GPU_BACKENDS, Workshop
from update_source import told, update_file

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import __version__  # noqa: E402 - found by the line above


def main(arguments: Sequence[str]) -> int:
    """Build all; the result is the exit code."""
    options = _parse(arguments)
    try:
        environment = os.environ | told(options.updates, options.key)
        update_file(environment)  # before the long work
        overlays = [] if options.development_libraries else _overlays(options.backend, options.jobs)
        for made in build(overlays, options.folder.absolute(), options.compression, environment):
            print(f"{made}  {made.stat().st_size / 1e6:.1f} MB")
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py package", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist", help="where they go; else dist")
    parser.add_argument("--backend", choices=sorted(BACKEND_OPTIONS), help="the GPU backend, in place of the usual one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="how many compilers run at once")
    parser.add_argument("--compression", choices=("xz", "zstd"), default="xz", help="of the .deb; zstd is for tests")
    parser.add_argument(
        "--development-libraries", action="store_true", help="llama.cpp and numpy as installed: for this machine alone"
    )
    parser.add_argument("--updates", metavar="ADDRESS", help="where the program looks for newer versions; else nowhere")
    parser.add_argument("--key", metavar="FILE", type=Path, help="minisign's public key that their list is signed with")
    return parser.parse_args(arguments)


def build(overlays: Sequence[Path], target: Path, compression: str, environment: Mapping[str, str]) -> list[Path]:
    """Freeze, and pack as this system wants it; `overlays` are put before the installed packages."""
    target.mkdir(parents=True, exist_ok=True)
    bundle = freeze(overlays, target, environment)
    if sys.platform == "win32":
        import windows_installer

        return [windows_installer.build(bundle, __version__, target)]
    if sys.platform == "darwin":
        return [_disk_image(target)]
    import artwork
    from debian import build_deb
    from single_file import build_single_file

    pictures = {size: artwork.png(size) for size in artwork.LINUX_SIZES}
    made = [build_deb(bundle, pictures, __version__, target, compression=compression)]
    return made if compression != "xz" else [*made, build_single_file(bundle, __version__, target)]


def freeze(overlays: Sequence[Path], target: Path, environment: Mapping[str, str]) -> Path:
    """The bundle's folder, made anew.

    Raises:
        SetupError: PyInstaller failed.
    """
    folders = ["--distpath", str(target), "--workpath", str(ROOT / "build" / "package")]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR", *folders]
    environment = {**environment, "PYTHONPATH": os.pathsep.join(map(str, overlays))}
    if subprocess.run([*command, "packaging/parley.spec"], cwd=ROOT, env=environment, check=False).returncode:
        raise SetupError("PyInstaller failed; see above.")
    return target / "parley"


def _overlays(backend: str | None, jobs: int) -> list[Path]:
    workshop = Workshop(Path(sys.executable), ROOT / "packaging" / "constraints.txt", jobs)
    return workshop.overlays([backend or GPU_BACKENDS[sys.platform]])


def _disk_image(target: Path) -> Path:
    image = target / f"Parley-{__version__}.dmg"
    shutil.rmtree(target / "parley")
    if subprocess.run(["sh", ROOT / "packaging" / "macos" / "make-dmg.sh", target, image], check=False).returncode:
        raise SetupError("The disk image could not be made; see above.")
    return image


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
