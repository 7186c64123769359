"""`parley chats export` and `import`: conversations as files, and files as conversations."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.chat.exchange import Exchange
from app.cli.invocation import CommandTable, Invocation
from app.core.data.exchange import ExportFormat, ImportReport
from app.core.program.setting_errors import InvalidOption
from app.core.sizes import format_bytes, format_count
from app.exchange.exporting import ZIP_SUFFIX

DONE, FAILED = 0, 1


def export(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Write the named conversations, or all.

    Raises:
        InvalidOption: neither numbers nor `--all`, or no format.
    """
    target: Path = arguments.to
    if bool(arguments.ids) == arguments.all:
        raise InvalidOption(option="export", value=arguments.ids or "empty", reason="name chats, or use --all")
    form = _format(arguments.format, target)
    with _exchange(invocation) as exchange:
        report = exchange.export(arguments.ids, form, target, overwrite=arguments.overwrite)
    if invocation.terminal.json:
        invocation.terminal.record(report)
    else:
        files = "1 file" if report.files == 1 else f"{format_count(report.files)} files"
        what = _conversations(report.conversations)
        invocation.terminal.line(f"{what} in {files}, {format_bytes(report.bytes)}: {report.path}")
    return DONE


def import_chats(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Read files and folders; what was skipped is told on standard error."""
    with _exchange(invocation) as exchange:
        report = exchange.import_paths(arguments.paths)
    if invocation.terminal.json:
        invocation.terminal.record(report)
    else:
        _show(report, invocation)
    known = report.added + report.grown + report.present + report.trashed
    return FAILED if report.skipped_count and not known else DONE


@contextmanager
def _exchange(invocation: Invocation) -> Iterator[Exchange]:
    terminal = invocation.terminal

    def progress(done: int, total: int) -> None:
        of = f" of {format_count(total)}" if total else ""
        terminal.progress(f"{format_count(done)}{of} chats")

    with invocation.storage() as lane:
        yield Exchange(lane, invocation.folders.logs, progress, lambda: False)
        terminal.progress("")


def _format(name: str | None, target: Path) -> ExportFormat:
    if name is not None:
        return ExportFormat(name)
    for form in ExportFormat:
        if form.suffix == target.suffix.lower():
            return form
    kinds = ", ".join(form.suffix for form in ExportFormat)
    reason = f"say --format, or let the name end in {kinds}" + (f", not {ZIP_SUFFIX}" if target.suffix else "")
    raise InvalidOption(option="format", value="empty", reason=reason)


def _show(report: ImportReport, invocation: Invocation) -> None:
    for skipped in report.skipped:
        invocation.terminal.note(f"{skipped.place}: {skipped.failure.error().sentence}")
    untold = report.skipped_count - len(report.skipped)
    if untold:
        invocation.terminal.note(f"… and {format_count(untold)} more that could not be read.")
    for step in report.next_steps:
        invocation.terminal.note(step)
    invocation.terminal.table(
        [
            ("Came in", f"{_conversations(report.added)}, {format_count(report.messages)} messages"),
            ("Went on", _conversations(report.grown)),
            ("Here already", _conversations(report.present)),
            *([("In the trash", _conversations(report.trashed))] if report.trashed else []),
            ("Could not be read", format_count(report.skipped_count)),
        ]
    )


def _conversations(count: int) -> str:
    return "1 chat" if count == 1 else f"{format_count(count)} chats"


COMMANDS: CommandTable = {"chats export": export, "chats import": import_chats}
