"""What lies on the disk while a program is at work there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def files_with(text: str, folder: Path) -> list[str]:
    """The files below a folder that hold a text, told from it; those may go that are looked at."""
    found = []
    for path in folder.rglob("*"):
        with suppress(OSError):  # no file, or no longer one
            if text.encode() in path.read_bytes():
                found.append(str(path.relative_to(folder)))
    return sorted(found)
