"""`parley backups`: copies of the conversations and chat templates, and what to do when the database is damaged."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from app.cli.chats import moment
from app.cli.invocation import CommandTable, Invocation
from app.core.data.backups import Backup, BackupKind
from app.core.sizes import format_bytes, format_count
from app.storage.backup import find_backup, list_backups, make_backup
from app.storage.restore import restore as restore_backup
from app.storage.salvage import salvage as salvage_database


def show_list(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Every backup, the newest first."""
    found = list_backups(invocation.folders.database)
    for backup in found:
        if arguments.json:
            invocation.terminal.record(_as_dict(backup))
        else:
            invocation.terminal.line(
                f"{backup.name:<34}  {moment(backup.made_at)}  {format_bytes(backup.bytes):>9}  {_content(backup)}"
            )
    if not found and not arguments.json:
        invocation.terminal.note("No backup yet. The window makes one every day, “parley backups make” makes one now.")
    return 0


def make(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """A backup of this moment, which stays until it is deleted by hand."""
    made = make_backup(invocation.folders.database, BackupKind.MANUAL, progress=_told(invocation, "Copying"), pause=0)
    if arguments.json:
        invocation.terminal.record(_as_dict(made))
    else:
        invocation.terminal.line(f"{made.name}: {_content(made)}, {format_bytes(made.bytes)}")
        invocation.terminal.line(str(made.path))
    return 0


def restore(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Put a backup in the place of the conversations there are, of which a backup is made first."""
    database = invocation.folders.database
    backup = find_backup(database, arguments.name)
    done = restore_backup(database, backup.path, progress=_told(invocation, "Restoring"))
    if arguments.json:
        invocation.terminal.record(
            {
                "restored": backup.name,
                "present": done.present.name if done.present else None,
                "damaged": str(done.damaged) if done.damaged else None,
            }
        )
        return 0
    invocation.terminal.line(f"Restored {backup.name}: {_content(backup)}.")
    if done.present is not None:
        invocation.terminal.line(f"What was there before is kept as {done.present.name}.")
    if done.damaged is not None:
        invocation.terminal.line(f"The damaged database is kept as {done.damaged}.")
    return 0


def salvage(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Save what can be read of a damaged database, which is kept."""
    done = salvage_database(invocation.folders.database, progress=_told(invocation, "Reading"))
    if arguments.json:
        invocation.terminal.record({"rows": done.rows, "gaps": done.gaps, "kept": str(done.kept)})
        return 0
    invocation.terminal.line("Saved:")
    invocation.terminal.table([(f"  {table}", format_count(rows)) for table, rows in done.rows.items() if rows])
    if done.gaps:
        invocation.terminal.line(f"At {format_count(done.gaps)} places something could not be read.")
    invocation.terminal.line(f"The damaged database is kept as {done.kept}.")
    return 0


def _content(backup: Backup) -> str:
    if backup.conversations is None:
        return "damaged"
    return f"{format_count(backup.conversations)} chat{'' if backup.conversations == 1 else 's'}"


def _told(invocation: Invocation, what: str) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        invocation.terminal.progress(f"{what}: {done / max(total, 1):.0%}")

    return tell


def _as_dict(backup: Backup) -> dict[str, object]:
    return {
        "name": backup.name,
        "kind": str(backup.kind),
        "made_at": backup.made_at,
        "bytes": backup.bytes,
        "conversations": backup.conversations,
        "path": str(backup.path),
    }


COMMANDS: CommandTable = {
    "backups list": show_list,
    "backups make": make,
    "backups restore": restore,
    "backups salvage": salvage,
}
