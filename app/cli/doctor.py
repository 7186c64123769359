"""`parley doctor`: what Parley finds on this machine, and what to do about it."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from queue import Empty, SimpleQueue

import msgspec

from app import __version__
from app.children.child import Child
from app.children.outcome import Outcome
from app.cli.invocation import CommandTable, Invocation
from app.core.errors import ParleyError, WorldError
from app.core.paths import Folders
from app.core.prediction.probe_frames import DeviceInfo, Machine, Probe
from app.core.protocol import ChildRole, Command, Event, Failed
from app.core.protocol_errors import ProtocolBroken
from app.core.sizes import format_bytes
from app.storage.database import Access

_PROBE_SECONDS = 60.0
_STATES = {Access.WRITABLE: "in order", Access.READ_ONLY: "read-only", Access.NEWER: "of a newer version of Parley"}


class ProbeLost(WorldError):
    """The child that looks for devices ended or hung."""

    text = "llama.cpp does not answer: {reason}."
    advice = "Look into probe.log in the folder for logs; installing Parley anew may help."


class FolderState(msgspec.Struct, frozen=True):
    """One of the folders; one that does not exist yet is writable if it can be made."""

    path: str
    writable: bool


class Report(msgspec.Struct, frozen=True):
    """All that was found; `problems` are sentences, of which each makes the command fail."""

    parley: str
    python: str
    qt: str | None
    system: str
    folders: dict[str, FolderState]
    database: str
    machine: Machine | None
    problems: tuple[str, ...]


def doctor(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Look at everything and say it."""
    report = _examine(invocation)
    if arguments.json:
        invocation.terminal.record(report)
    else:
        _print(report, invocation)
    return 1 if report.problems else 0


def _examine(invocation: Invocation) -> Report:
    problems: list[str] = []
    database = "not made yet"
    folders = {field: FolderState(str(path), _writable(path)) for field, path in _folders(invocation.folders)}
    problems += [f"Parley cannot write to {state.path}." for state in folders.values() if not state.writable]
    if invocation.folders.database.exists():
        try:
            database = _database(invocation)
        except ParleyError as error:
            database = error.sentence
            problems.append(str(error))
    machine: Machine | None = None
    try:
        machine = probe(invocation.folders)
    except ParleyError as error:
        problems.append(str(error))
    return Report(
        parley=__version__,
        python=platform.python_version(),
        qt=_installed("PySide6-Essentials"),
        system=platform.platform(),
        folders=folders,
        database=database,
        machine=machine,
        problems=tuple(problems),
    )


def _folders(folders: Folders) -> list[tuple[str, Path]]:
    return [
        ("data", folders.data),
        ("cache", folders.cache),
        ("config", folders.config),
        ("logs", folders.logs),
    ]


def _writable(path: Path) -> bool:
    there = next((folder for folder in (path, *path.parents) if folder.exists()), path)
    return there.is_dir() and os.access(there, os.W_OK)


def _database(invocation: Invocation) -> str:
    with invocation.storage() as lane:
        access, count = lane.submit(lambda stores: (stores.database.access, stores.conversations.count())).result()
    size = format_bytes(invocation.folders.database.stat().st_size)
    return f"{_STATES[access]}, {count} {'chat' if count == 1 else 'chats'}, {size}"


def probe(folders: Folders) -> Machine:
    """Ask a child process what this machine has.

    Raises:
        ProbeLost: it does not answer.
        ParleyError: it failed.
    """
    answer = ask_probe(folders, Probe())
    if not isinstance(answer, Machine):
        raise ProtocolBroken(repr(answer))
    return answer


def ask_probe(folders: Folders, command: Command) -> Event:
    """Have a child of its own run one command, and give its answer.

    Raises:
        ProbeLost: it does not answer.
        ParleyError: it failed.
    """
    with probing(folders) as ask:
        return ask(command)


@contextmanager
def probing(folders: Folders) -> Iterator[Callable[[Command], Event]]:
    """A child that runs one command after the other; asking it raises as `ask_probe` does."""
    inbox: SimpleQueue[Event | Outcome] = SimpleQueue()
    child = Child(ChildRole.PROBE, inbox.put, inbox.put, log=folders.logs / "probe.log")

    def ask(command: Command) -> Event:
        child.send(command)
        try:
            answer = inbox.get(timeout=_PROBE_SECONDS)
        except Empty:
            child.kill()
            raise ProbeLost(reason=f"nothing came within {_PROBE_SECONDS:.0f} seconds") from None
        match answer:
            case Failed():
                raise answer.failure.error()
            case Outcome():
                raise ProbeLost(reason=answer.sentence)
        return answer

    child.start()
    try:
        yield ask
    finally:
        child.shutdown()


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _print(report: Report, invocation: Invocation) -> None:
    terminal, machine = invocation.terminal, report.machine
    rows = [
        ("Parley", report.parley),
        ("Python", report.python),
        ("Qt", report.qt or "not installed; the window needs it"),
        ("llama.cpp", machine.llama_cpp_version if machine else "does not answer"),
        ("System", report.system),
    ]
    rows += [
        (f"Folder for {name}", state.path + ("" if state.writable else "  (cannot be written to)"))
        for name, state in report.folders.items()
    ]
    rows.append(("Database", report.database))
    if machine is not None:
        rows += [
            ("Memory", f"{format_bytes(machine.memory_total)}, {format_bytes(machine.memory_available)} available"),
            ("Processor", f"{machine.physical_cores} cores, {machine.logical_cores} threads"),
            ("Processor features", ", ".join(machine.cpu_features) or "none that llama.cpp uses"),
        ]
        rows += [(f"Device {device.name}", _described(device)) for device in machine.devices]
    terminal.table(rows)
    for advice in (*(machine.unused if machine else ()), *report.problems):
        terminal.line(f"\n{advice}")


def _described(device: DeviceInfo) -> str:
    memory = f", {format_bytes(device.free)} of {format_bytes(device.total)} free" if device.total else ""
    return f"{device.description} ({device.kind}, {device.backend}){memory}"


COMMANDS: CommandTable = {"doctor": doctor}
