"""The Debian package in a clean system: installed, used by a user without a past, and taken away.

`PARLEY_DEB` names the package; without it one is built with the development libraries, for this machine's processor and
release alone. `PARLEY_BARE_ROOTS` is a folder with bare systems by the names of their releases, to be copied.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from system_packages import debian_release

from tests.packaging.clean_root import CleanRoot, why_none

PACKAGE = Path(__file__).parents[2] / "packaging" / "package.py"
WORDS = "Hello from a clean system"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(why_none() != "", reason=f"a clean system cannot be made here: {why_none()}"),
]


def releases() -> list[str]:
    """Those that the package is for."""
    return ["bookworm", "trixie"] if "PARLEY_DEB" in os.environ else [debian_release()]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The one that is named, or one that is built now and removed afterwards: it is large."""
    if "PARLEY_DEB" in os.environ:
        yield Path(os.environ["PARLEY_DEB"])
        return
    target = tmp_path_factory.mktemp("package")
    command = [sys.executable, str(PACKAGE), str(target), "--development-libraries", "--compression", "zstd"]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    [made] = target.glob("*.deb")
    yield made
    shutil.rmtree(target)


@pytest.fixture(scope="module", params=releases())
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, package: Path
) -> Iterator[CleanRoot]:
    """A clean system with Parley, and what a desktop has to know file types."""
    kept = os.environ.get("PARLEY_BARE_ROOTS")
    bare = Path(kept, request.param) if kept and Path(kept, request.param).is_dir() else None
    root = CleanRoot.make(request.param, tmp_path_factory.mktemp("systems") / request.param, bare)
    root.install("shared-mime-info", "desktop-file-utils", "libglib2.0-bin")
    shutil.copy(package, root.folder / "parley.deb")
    root.install("/parley.deb")
    (root.folder / "parley.deb").unlink()
    yield root
    root.remove()


@pytest.fixture(scope="module")
def model(system: CleanRoot, tiny_gguf: Path) -> str:
    """A model in the user's home, by its path there."""
    place = system.folder / "home" / "tester" / "tiny.gguf"
    shutil.copy(tiny_gguf, place)
    place.chmod(0o644)
    return "/home/tester/tiny.gguf"


def history(system: CleanRoot) -> list[dict[str, object]]:
    """The messages of the first conversation."""
    shown = system.run("parley", "chats", "show", "1", "--json", user="tester", check=False)
    with contextlib.suppress(ValueError):
        return [json.loads(line) for line in shown.splitlines()]
    return []


def wait_until(condition: Callable[[], object], seconds: float = 90) -> None:
    """What happens in the other system tells nobody here: look again and again."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def test_the_doctor_has_nothing_to_mend(system: CleanRoot) -> None:
    report = json.loads(system.run("parley", "doctor", "--json", user="tester").splitlines()[-1])
    assert report["problems"] == []
    assert any(device["kind"] == "cpu" for device in report["machine"]["devices"])


def test_a_double_click_opens_the_model_and_the_history_has_the_reply(system: CleanRoot, model: str) -> None:
    kind = system.run("gio", "info", "-a", "standard::content-type", model, user="tester")
    assert "application/x-gguf" in kind
    with system.start("gio", "open", model, user="tester") as opener:
        assert opener.wait(60) == 0
    search = ["xdotool", "search", "--sync", "--onlyvisible", "--name", "Parley"]
    window = subprocess.run(search, capture_output=True, text=True, check=True, timeout=60).stdout.split()[-1]
    program = int(subprocess.run(["xdotool", "getwindowpid", window], capture_output=True, check=True).stdout)
    try:
        subprocess.run(["xdotool", "windowfocus", "--sync", window], check=True, timeout=60)
        wait_until(lambda: "engine" in children_of(program))
        subprocess.run(["xdotool", "type", "--delay", "40", WORDS], check=True, timeout=60)
        subprocess.run(["xdotool", "key", "Return"], check=True, timeout=60)
        wait_until(lambda: "assistant" in json.dumps(history(system)))
        picture = os.environ.get("PARLEY_PICTURES")
        if picture:
            subprocess.run(["import", "-window", "root", f"{picture}/installed.png"], check=False)
    finally:
        os.kill(program, 15)
        wait_until(lambda: not Path("/proc", str(program)).exists())
    assert WORDS in json.dumps(history(system))


def children_of(pid: int) -> str:
    """The arguments of its children."""
    import psutil

    return " ".join(" ".join(child.cmdline()) for child in psutil.Process(pid).children())


def test_the_manual_and_the_icons_are_where_they_are_looked_for(system: CleanRoot) -> None:
    share = system.folder / "usr" / "share"
    assert (share / "man" / "man1" / "parley.1.gz").is_file()
    sizes = {path.parents[1].name for path in (share / "icons" / "hicolor").rglob("org.parley.Parley.*")}
    assert {"16x16", "48x48", "256x256", "512x512", "scalable"} <= sizes


def test_nothing_is_left_but_the_users_own(system: CleanRoot) -> None:
    """The last test of the module for each system: it uninstalls."""
    system.run("apt-get", "purge", "-y", "-qq", "parley")
    assert system.find("parley") == [] and system.find("Parley") == []
    assert system.holding("parley", "/usr/share/applications", "/usr/share/mime") == []
    assert (system.folder / "home" / "tester" / ".local" / "share" / "parley" / "parley.sqlite3").is_file()
