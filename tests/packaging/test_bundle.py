"""The frozen program: it answers on the command line, and its engine child speaks the protocol."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import psutil
import pytest

from app.children.child import Child
from app.children.outcome import Outcome
from app.core import protocol
from app.core.chat.conversations import StoredMessage
from app.core.engine.engine_frames import Finished, Generate, Load, ModelInfo, Piece
from app.core.engine.messages import FinishReason, Message, Role
from app.core.engine.sampling import Sampling
from app.core.paths import Folders
from app.core.program.update_errors import UpdateUnsigned
from app.core.program.update_frames import FetchUpdate, LookForUpdate, UpdateFetched, UpdateKnown, UpdateProgress
from app.core.protocol import ChildRole, Command, Event, Failed, Hello
from app.storage.conversations import ConversationStore
from app.storage.database import Database
from tests.updates.conftest import HERE, PACKAGE, served

DEV = Path(__file__).parents[2] / "packaging" / "dev.py"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The bundle that `PARLEY_BUNDLE` names, or one that is built now and removed afterwards: it is large."""
    if "PARLEY_BUNDLE" in os.environ:
        yield Path(os.environ["PARLEY_BUNDLE"])
        return
    target = tmp_path_factory.mktemp("bundle")
    spec = DEV.with_name("parley.spec")
    folders = ["--distpath", str(target / "dist"), "--workpath", str(target / "work")]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *folders, str(spec)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    yield target / "dist" / "parley"
    shutil.rmtree(target)


@pytest.fixture
def program(bundle: Path) -> Path:
    return bundle / ("parley.exe" if sys.platform == "win32" else "parley")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A machine without Python's settings, and a user without a past."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "QT_", "VIRTUAL_ENV"))}
    return kept | {"PARLEY_HOME": str(tmp_path / "home")}


def test_the_command_line_streams_a_reply_and_keeps_it(
    program: Path, environment: dict[str, str], tiny_gguf: Path
) -> None:
    question = ["ask", "--model", str(tiny_gguf), "--seed", "1", "--max-tokens", "24", "--json", "Hello"]
    asked = subprocess.run([program, *question], env=environment, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    *pieces, reply = [json.loads(line) for line in asked.stdout.splitlines()]
    assert len(pieces) > 0
    assert reply["text"]
    assert reply["finish_reason"] == FinishReason.LENGTH
    assert reply["usage"]["completion_tokens"] == 24
    shown = subprocess.run(
        [program, "chats", "show", str(reply["chat_id"]), "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.dumps(reply["text"]) in json.dumps([json.loads(line) for line in shown.stdout.splitlines()])


def test_the_bundle_can_spread_a_model_over_machines(
    program: Path, environment: dict[str, str], tiny_gguf: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        host = f"127.0.0.1:{found.getsockname()[1]}"
    question = ["ask", "--model", str(tiny_gguf), "--rpc", host, "Hello"]
    asked = subprocess.run([program, *question], env=environment, capture_output=True, text=True, check=False)
    assert asked.returncode != 0 and f"The machine {host}" in asked.stderr and "cannot be reached" in asked.stderr


def test_the_engine_child_answers_in_frames(program: Path, environment: dict[str, str], tiny_gguf: Path) -> None:
    with subprocess.Popen(
        [program, "--role", "engine"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        commands, events = child.stdin, child.stdout

        def send(command: Command) -> None:
            commands.write(protocol.encode(command))
            commands.flush()

        def until(kind: type[Event]) -> list[Event]:
            seen: list[Event] = []
            while not (seen and isinstance(seen[-1], kind)):
                seen.append(protocol.decode_event(events.readline()))
            return seen

        send(Hello(version=protocol.VERSION, role="engine", pid=os.getpid()))
        protocol.check_hello(protocol.decode_event(events.readline()))
        send(Load(str(tiny_gguf)))
        loaded = until(ModelInfo)[-1]
        assert isinstance(loaded, ModelInfo) and loaded.architecture == "llama"
        send(Generate(1, (Message(Role.USER, "Hello"),), Sampling(seed=1, max_tokens=24)))
        answered = until(Finished)
        finished = answered[-1]
        assert isinstance(finished, Finished) and finished.usage.completion_tokens == 24
        assert "".join(event.text for event in answered if isinstance(event, Piece))
        commands.close()
        assert child.wait(timeout=10) == 0


def test_the_bundle_finds_a_newer_version_and_fetches_it(
    program: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    inbox: SimpleQueue[Event | Outcome] = SimpleQueue()
    log = tmp_path / "update.log"
    child = Child(ChildRole.UPDATE, inbox.put, inbox.put, log=log, command=[str(program)], environment=environment)
    child.start()
    with served() as feed:
        release = feed.offer("99.0.0")
        child.send(LookForUpdate(source=feed.source, current="0.1.0"))
        assert inbox.get(timeout=60) == UpdateKnown(release=release)
        package = HERE.package(release)
        assert package is not None
        child.send(FetchUpdate(package=package))
        while isinstance(event := inbox.get(timeout=60), UpdateProgress):
            pass
        assert isinstance(event, UpdateFetched) and Path(event.path).read_bytes() == PACKAGE
        feed.files["/feed.json"] += b" "
        child.send(LookForUpdate(source=feed.source, current="0.1.0"))
        refused = inbox.get(timeout=60)
        assert isinstance(refused, Failed) and isinstance(refused.failure.error(), UpdateUnsigned)
    child.shutdown()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="keys are pressed through X11")
def test_the_window_streams_a_reply(
    program: Path, environment: dict[str, str], tiny_gguf: Path, tmp_path: Path
) -> None:
    environment["QT_QPA_PLATFORM"] = "xcb"
    with subprocess.Popen([program, str(tiny_gguf)], env=environment) as window:
        try:
            wait_for(window, lambda: engines_of(window.pid))
            search = ["xdotool", "search", "--sync", "--onlyvisible", "--pid", str(window.pid), "--name", "Parley"]
            shown = subprocess.run(search, capture_output=True, text=True, check=True, timeout=60).stdout.split()[-1]
            subprocess.run(["xdotool", "windowfocus", "--sync", shown], check=True, timeout=60)
            subprocess.run(["xdotool", "type", "--delay", "30", "Hello there"], check=True, timeout=60)
            subprocess.run(["xdotool", "key", "Return"], check=True, timeout=60)
            wait_for(window, lambda: reply_in(tmp_path / "home") != "")
        finally:
            window.terminate()
    question = stored(tmp_path / "home")[0]
    assert question.text == "Hello there"


def wait_for(process: subprocess.Popen[bytes], condition: Callable[[], object]) -> None:
    """Look again and again while the process lives, for a minute."""
    for _ in range(300):
        if condition():
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
        assert process.poll() is None, "the window ended by itself"
    raise AssertionError("it did not happen within a minute")


def engines_of(pid: int) -> list[psutil.Process]:
    """The engine children that have begun to run."""
    children = psutil.Process(pid).children(recursive=True)
    return [child for child in children if "engine" in child.cmdline()]


def stored(home: Path) -> list[StoredMessage]:
    """The first conversation as it is on disk."""
    database = Folders.of({"PARLEY_HOME": str(home)}).database
    if not database.exists():
        return []
    with Database(database) as opened:
        store = ConversationStore(opened)
        return [message for line in store.summaries() for message in store.load(line.id).path()]


def reply_in(home: Path) -> str:
    """What the first conversation's reply has so far."""
    return "".join(message.text for message in stored(home) if message.role is Role.ASSISTANT)


def test_no_link_in_the_bundle_leads_nowhere(bundle: Path) -> None:
    assert [str(path) for path in bundle.rglob("*") if not path.exists()] == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the libraries have one name each")
def test_each_of_the_engine_libraries_is_there_once(bundle: Path) -> None:
    names = {path.name for path in (bundle / "_internal" / "llama_cpp" / "lib").iterdir()}
    plugins = {name for name in names if name.startswith(("libggml-cpu-", "libggml-vulkan"))}
    parts = {"libggml-rpc.so"} if plugins else {"libggml-cpu.so.0", "libggml-rpc.so.0"}
    assert names - plugins == {"libllama.so", "libggml.so.0", "libggml-base.so.0"} | parts
    assert not plugins or {"libggml-cpu-x64.so", "libggml-vulkan.so"} <= plugins


def test_every_part_has_its_licence_and_the_changes_come_along(bundle: Path) -> None:
    resources = bundle / "_internal" / "resources"
    licences = (resources / "licences.txt").read_text(encoding="utf-8")
    names = licences.lower().replace("_", "-")
    for part in ("parley", "python 3", "pyside6-essentials", "numpy", "llama-cpp-python", "pyinstaller"):
        assert f"\n{part}" in names
    for words in ("GNU LESSER GENERAL PUBLIC LICENSE", "The ggml authors", "You may replace it"):
        assert words in licences
    assert (resources / "CHANGELOG.md").read_text(encoding="utf-8").startswith("# Changelog")
    assert not (resources / "desktop").exists()
