"""Writes a text into a file that the user has named; the window's thread, for texts of a few megabytes at most."""

from __future__ import annotations

from pathlib import Path

from app.core.data.exchange_errors import ExportFailed


def write_text(target: Path, text: str) -> None:
    """Write a text as UTF-8, replacing what was there.

    Raises:
        ExportFailed: the system refuses.
    """
    try:
        target.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ExportFailed(file=target.name, reason=(error.strerror or str(error)).lower()) from None
