"""The libraries that a package carries, built for every machine instead of this one.

Holds `llama_cpp` with a variant of the CPU backend for each generation of processors and with the GPU
backends as plugins, and `numpy` without a BLAS, of which Parley uses nothing. Both are built from
their pinned sources, which takes a quarter of an hour, and kept beside the development wheel. PyInstaller
finds them first when the folder of each stands in `PYTHONPATH`.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from failures import SetupError
from llama_wheel import ENGINE_PARTS, cache_folder, pinned_version
from shader_tools import ensure_shader_tools
from sources import unpacked_sources
from system_packages import require_compiler

GPU_BACKENDS = {"linux": "vulkan", "win32": "vulkan", "darwin": "metal"}
"""What the packages of each system can compute on, beside the processor."""

ENGINE_OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON",
    "-DBUILD_SHARED_LIBS=ON",
    "-DGGML_BACKEND_DL=ON",
    "-DGGML_CPU_ALL_VARIANTS=ON",
    "-DGGML_NATIVE=OFF",
    *ENGINE_PARTS,
    *(f"-DLLAMA_BUILD_{part}=OFF" for part in ("COMMON", "APP", "TESTS", "TOOLS", "EXAMPLES", "SERVER")),
)
BACKEND_OPTIONS = {
    "vulkan": ("-DGGML_VULKAN=ON",),
    "cuda": ("-DGGML_CUDA=ON",),
    "hip": ("-DGGML_HIP=ON",),
    "metal": ("-DGGML_METAL=ON", "-DGGML_METAL_EMBED_LIBRARY=ON"),
}
NUMPY_OPTIONS = ("-Csetup-args=-Dallow-noblas=true", "-Csetup-args=-Dblas=none", "-Csetup-args=-Dlapack=none")
ENGINE_RESIDUE = ("server", "lib")


class Workshop:
    """Builds what is not kept yet, with the tools of the project's virtual environment."""

    def __init__(self, python: Path, constraints: Path, jobs: int) -> None:
        self._python = python
        self._constraints = constraints
        self._jobs = jobs

    def overlays(self, backends: Sequence[str]) -> list[Path]:
        """The folders to put before the installed packages: llama_cpp and numpy.

        Raises:
            SetupError: a build failed, or something it needs has to be installed by hand.
        """
        return [self.engine(backends), self.numpy()]

    def engine(self, backends: Sequence[str]) -> Path:
        """A folder with `llama_cpp` that has these GPU backends and all CPU variants."""
        options = [*ENGINE_OPTIONS, *(option for backend in backends for option in BACKEND_OPTIONS[backend])]
        return self._kept("llama-cpp-python", options, lambda target: self._build_engine(target, options, backends))

    def numpy(self) -> Path:
        """A folder with a `numpy` that has no BLAS."""
        return self._kept("numpy", NUMPY_OPTIONS, self._build_numpy)

    def _kept(self, distribution: str, options: Sequence[str], build: Callable[[Path], None]) -> Path:
        version = pinned_version(self._constraints, distribution)
        folder = cache_folder(os.environ, sys.platform) / portable_key(distribution, version, options)
        if folder.is_dir():
            print(f"Using {distribution} {version} from {folder}", flush=True)
            return folder
        require_compiler()
        print(f"Building {distribution} {version} for every machine. This happens once, in {folder}", flush=True)
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        build(unfinished)
        return unfinished.rename(folder)

    def _build_engine(self, target: Path, options: Sequence[str], backends: Sequence[str]) -> None:
        with tempfile.TemporaryDirectory(prefix="parley-engine-") as folder:
            scratch = Path(folder)
            sources = unpacked_sources(self._python, self._constraints, "llama-cpp-python", scratch)
            origin = "@loader_path" if sys.platform == "darwin" else "$ORIGIN"
            folders: list[str | Path] = ["-S", sources / "vendor" / "llama.cpp", "-B", scratch / "build"]
            found = ensure_shader_tools().options if "vulkan" in backends and sys.platform == "linux" else ()
            self._call(["cmake", "-G", "Ninja", *folders, *options, *found, f"-DCMAKE_INSTALL_RPATH={origin}"])
            self._call(["cmake", "--build", scratch / "build", "--parallel", str(self._jobs)])
            libraries = target / "llama_cpp" / "lib"
            shutil.copytree(sources / "llama_cpp", libraries.parent, ignore=shutil.ignore_patterns(*ENGINE_RESIDUE))
            libraries.mkdir()
            for library in built_libraries(scratch / "build" / "bin"):
                shutil.copy2(library, libraries / library.name)
                if sys.platform == "linux":
                    self._call(["strip", "--strip-unneeded", libraries / library.name])

    def _build_numpy(self, target: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="parley-numpy-") as folder:
            requirement = f"numpy=={pinned_version(self._constraints, 'numpy')}"
            command: list[str | Path] = [self._python, "-m", "pip", "wheel", "--no-deps", "--no-binary", "numpy"]
            jobs = f"-Ccompile-args=-j{self._jobs}"
            self._call([*command, "--wheel-dir", folder, *NUMPY_OPTIONS, jobs, requirement])
            with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as built:
                built.extractall(target)

    def _call(self, command: Sequence[str | Path]) -> None:
        tools = f"{self._python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        if subprocess.run(command, env=_plain(os.environ) | {"PATH": tools}, check=False).returncode:
            raise SetupError(f"“{' '.join(map(str, command))}” failed; see above.")


def portable_key(distribution: str, version: str, options: Sequence[str]) -> str:
    """A folder's name that is the same exactly where what was built can be used again."""
    libc = "-".join(platform.libc_ver())
    digest = hashlib.sha256("\n".join([libc, *options]).encode()).hexdigest()[:12]
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return f"portable-{distribution}-{version}-{python}-{sys.platform}-{platform.machine().lower()}-{digest}"


def built_libraries(folder: Path) -> list[Path]:
    """What was built, each once and by the name that the others load it by: libllama alone goes without a number."""
    if sys.platform == "win32":
        return sorted(folder.rglob("*.dll"))
    if sys.platform == "darwin":
        return sorted([*folder.glob("lib*.dylib"), *folder.glob("lib*.so")])
    numbered = [path for path in folder.glob("lib*.so.*") if path.name.endswith(".so.0")]
    plugins = [path for path in folder.glob("lib*.so") if not path.is_symlink()]
    return sorted([*(path for path in numbered if path.name != "libllama.so.0"), *plugins, folder / "libllama.so"])


def _plain(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what would compile for this very machine, or otherwise than the key tells."""
    return {name: value for name, value in environment.items() if name not in ("CMAKE_ARGS", "CFLAGS", "CXXFLAGS")}
