"""The developer's commands: what they look for, what they keep, and what they say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import display
import llama_wheel
import pytest
import system_packages
from environment import Environment
from failures import SetupError

DEV = Path(__file__).parents[2] / "packaging" / "dev.py"

LISTING = """\
3 libs found in cache `/etc/ld.so.cache'
\tlibxcb.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libxcb.so.1
\tlibGL.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libGL.so.1
\tlibEGL.so.1 (libc6) => /lib/i386-linux-gnu/libEGL.so.1
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one module that depends on nothing but the engine, which is already there as a stand-in wheel.

    Its `app` prints its arguments and ends with the code 7.
    """
    root = tmp_path_factory.mktemp("dev") / "check out"
    shutil.copytree(DEV.parent, root / "packaging", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "app").mkdir()
    (root / "app" / "__init__.py").touch()
    program = 'import sys\nprint("arguments:", sys.argv[1:], flush=True)\nsys.exit(7)\n'
    (root / "app" / "__main__.py").write_text(program, encoding="utf-8")
    (root / "backend.py").write_text(BACKEND, encoding="utf-8")
    (root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    return root


PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "little"
version = "1"
dependencies = ["llama-cpp-python"]

[project.optional-dependencies]
test = []
"""

BACKEND = textwrap.dedent('''\
    """Builds an editable wheel of the project with nothing but the standard library."""
    import pathlib, zipfile

    def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
        return write_wheel(wheel_directory, "little", "1", {"little.pth": str(pathlib.Path.cwd())})

    def write_wheel(folder, name, version, files):
        info = f"{name}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\nProvides-Extra: test\\n"
        files = files | {
            f"{info}/METADATA": metadata,
            f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
            f"{info}/RECORD": "",
        }
        target = f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(pathlib.Path(folder) / target, "w") as wheel:
            for path, text in files.items():
                wheel.writestr(path, text)
        return target
    ''')


@pytest.fixture(scope="module")
def kept_wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a machine on which the engine was built before."""
    kept = tmp_path_factory.mktemp("kept")
    environment = os.environ | {"PARLEY_BUILD_CACHE": str(kept)}
    version = llama_wheel.pinned_version(checkout / "packaging" / "constraints.txt")
    key = llama_wheel.build_key(version, environment, llama_wheel.processor_features())
    folder = kept / key
    folder.mkdir()
    names: dict[str, object] = {}
    exec(BACKEND, names)
    write_wheel = names["write_wheel"]
    assert callable(write_wheel)
    write_wheel(folder, "llama_cpp_python", version, {"llama_cpp/__init__.py": "", "llama_cpp/lib/libggml-rpc.so": ""})
    return environment


@pytest.fixture(scope="module")
def set_up(checkout: Path, kept_wheel: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What the first command in the checkout said; it makes the environment, which takes most of these tests' time."""
    return dev(checkout, "run", "ask", "Hello there", env=kept_wheel)


@pytest.fixture
def current(checkout: Path, kept_wheel: dict[str, str], set_up: subprocess.CompletedProcess[str]) -> Environment:
    """The environment, up to date whatever another test has done to it."""
    dev(checkout, "run", "x", env=kept_wheel)
    made = Environment(checkout)
    assert made.installed_extras() == frozenset()
    return made


def dev(checkout: Path, *arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(checkout / "packaging" / "dev.py"), *arguments]
    return subprocess.run(command, env=env, cwd=checkout.parent, capture_output=True, text=True, check=False)


def test_run_sets_up_once_and_passes_arguments_and_exit_code(
    checkout: Path,
    kept_wheel: dict[str, str],
    set_up: subprocess.CompletedProcess[str],
    current: Environment,
) -> None:
    assert set_up.returncode == 7, set_up.stdout + set_up.stderr
    assert "arguments: ['ask', 'Hello there']" in set_up.stdout
    assert "Installing the pinned dependencies" in set_up.stdout
    second = dev(checkout, "run", "ask", "-", env=kept_wheel)
    assert (second.stdout, second.returncode) == ("arguments: ['ask', '-']\n", 7)


def test_a_changed_project_is_installed_again(checkout: Path, kept_wheel: dict[str, str], current: Environment) -> None:
    with (checkout / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write("# another\n")
    assert current.installed_extras() is None
    again = dev(checkout, "run", "x", env=kept_wheel)
    assert "Installing the pinned dependencies" in again.stdout
    assert "Making" not in again.stdout
    assert current.installed_extras() == frozenset()


def test_an_environment_of_another_python_is_not_current(
    checkout: Path, kept_wheel: dict[str, str], current: Environment
) -> None:
    current.python.unlink()
    assert current.installed_extras() is None
    again = dev(checkout, "run", "x", env=kept_wheel)
    assert "Making" in again.stdout
    assert again.returncode == 7


def test_unknown_commands_are_refused_and_help_is_shown() -> None:
    unknown = dev(DEV.parents[1], "fly", env=dict(os.environ))
    assert unknown.returncode == 2
    assert "no command “fly”" in unknown.stderr
    assert "packaging/dev.py run" in dev(DEV.parents[1], "--help", env=dict(os.environ)).stdout


def test_libraries_of_another_word_size_do_not_count() -> None:
    available = system_packages.available_libraries(LISTING, "x86_64")
    assert available == {"libxcb.so.1", "libGL.so.1"}


def test_each_missing_library_names_its_package_once() -> None:
    available = frozenset(system_packages.QT_LIBRARIES) - {"libglib-2.0.so.0", "libgthread-2.0.so.0", "libEGL.so.1"}
    assert system_packages.missing_packages(system_packages.QT_LIBRARIES, available) == ["libegl1", "libglib2.0-0"]


def test_this_machine_has_what_its_tests_run_with() -> None:
    assert system_packages.engine_packages() == []
    assert system_packages.window_packages() == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or shutil.which("apt-get") is None, reason="needs apt")
def test_without_rights_the_exact_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match="sudo apt-get install -y --no-install-recommends libegl1 libgl1\n"):
        system_packages.require(["libgl1", "libegl1", "libgl1"], "The window")


def test_nothing_is_asked_for_when_nothing_is_missing() -> None:
    system_packages.require([], "The window")


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_where_a_window_can_open(system: str, variables: dict[str, str], expected: bool) -> None:
    assert display.has_display(system, variables) is expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], True), (["Model.GGUF"], True), (["ask", "model.gguf"], False), (["--version"], False)],
)
def test_what_opens_a_window(arguments: list[str], expected: bool) -> None:
    assert display.opens_window(arguments) is expected


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")
def test_a_virtual_screen_is_there_as_long_as_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    program = "from PySide6.QtWidgets import QApplication; print(QApplication([]).primaryScreen().size().width())"
    with display.a_display() as variables:
        ran = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True)
        socket = Path("/tmp/.X11-unix") / f"X{variables['DISPLAY'].removeprefix(':')}"
        assert socket.exists()
    assert ran.stdout.strip() == "1920"
    assert not socket.exists()


def test_where_built_wheels_are_kept(tmp_path: Path) -> None:
    chosen = {"PARLEY_BUILD_CACHE": str(tmp_path), "XDG_CACHE_HOME": "/elsewhere"}
    assert llama_wheel.cache_folder(chosen, "linux") == tmp_path
    assert llama_wheel.cache_folder({"XDG_CACHE_HOME": str(tmp_path)}, "linux") == tmp_path / "parley" / "wheels"
    assert llama_wheel.cache_folder({}, "linux") == Path.home() / ".cache" / "parley" / "wheels"
    assert llama_wheel.cache_folder({"LOCALAPPDATA": str(tmp_path)}, "win32") == tmp_path / "parley" / "wheels"


def test_a_kept_wheel_serves_only_the_same_version_processor_and_build_options() -> None:
    key = llama_wheel.build_key("1.0", {}, "avx2")
    assert llama_wheel.build_key("1.0", {"HOME": "/somewhere"}, "avx2") == key
    others = {
        llama_wheel.build_key("1.1", {}, "avx2"),
        llama_wheel.build_key("1.0", {}, "avx512"),
        llama_wheel.build_key("1.0", {"CMAKE_ARGS": "-DGGML_CUDA=ON"}, "avx2"),
    }
    assert len(others | {key}) == 4


def test_the_engine_is_built_with_its_parts_and_with_what_the_user_wants() -> None:
    plain = llama_wheel.with_options({"HOME": "/somewhere"})
    assert plain == {"HOME": "/somewhere", "CMAKE_ARGS": "-DGGML_RPC=ON -DGGML_RPC_RDMA=OFF -DLLAVA_BUILD=OFF"}
    assert llama_wheel.with_options({"CMAKE_ARGS": "-DGGML_CUDA=ON"})["CMAKE_ARGS"].endswith("=OFF -DGGML_CUDA=ON")


def test_an_engine_that_lacks_a_part_is_built_anew(
    checkout: Path, kept_wheel: dict[str, str], current: Environment
) -> None:
    (library,) = (checkout / ".venv").rglob("libggml-rpc.so")
    library.unlink()
    (checkout / ".venv" / "parley-setup.json").write_text('{"fingerprint": "of before", "extras": []}')
    dev(checkout, "run", "x", env=kept_wheel)
    assert library.exists() and current.installed_extras() == frozenset()


HOLD = """
from pathlib import Path
from one_at_a_time import alone
with alone(Path("held"), "wait"):
    print("in", flush=True)
    input()
"""


def test_one_process_builds_and_the_others_wait_for_it(tmp_path: Path) -> None:
    def start() -> subprocess.Popen[str]:
        environment = os.environ | {"PYTHONPATH": str(DEV.parent)}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, "-c", HOLD], stdin=pipe, stdout=pipe, text=True, cwd=tmp_path, env=environment
        )

    with start() as first:
        assert first.stdout is not None and first.stdout.readline() == "in\n"
        with start() as second:
            assert second.stdout is not None and second.stdout.readline() == "wait\n"
            first.kill()
            assert second.stdout.readline() == "in\n"
            second.communicate("\n")
    assert second.returncode == 0


def test_progress_tells_the_steps_once_they_are_known() -> None:
    progress = llama_wheel.Progress()
    progress.read("  Running command Building wheel for llama-cpp-python (pyproject.toml)\n")
    assert "step" not in str(progress)
    progress.read("  [12/193] Building CXX object vendor/llama.cpp/src/llama.cpp.o\n")
    assert str(progress).endswith(", step 12 of 193")
