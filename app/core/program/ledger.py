"""Which servers Parley spoke with, as a list the user can look at."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import msgspec

FILE_NAME = "network.jsonl"


class Purpose(StrEnum):
    """What a server was asked for."""

    SEARCH = "search"
    DOWNLOAD = "download"
    CHAT = "chat"
    UPDATE = "update"


class LedgerEntry(msgspec.Struct, frozen=True):
    """A server that was spoken with, at a minute in Unix seconds."""

    at: float
    host: str
    purpose: Purpose


def ledger_path(logs: Path) -> Path:
    """Where the list is kept."""
    return logs / FILE_NAME


def read_entries(content: bytes) -> list[LedgerEntry]:
    """The entries of a ledger's text, the newest first; a line that is none is left out."""
    found: list[LedgerEntry] = []
    for line in content.splitlines():
        try:
            found.append(msgspec.json.decode(line, type=LedgerEntry))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    found.reverse()
    return found
