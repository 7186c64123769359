"""What is dragged over the window from elsewhere, and what becomes of it there.

Window process, interface thread.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QMimeData

from app.core.paths import is_folder


class Dropped(NamedTuple):
    """A model to open, a folder to import one from, or files to go along with the next message: one of them."""

    model: Path | None = None
    folder: Path | None = None
    files: tuple[Path, ...] = ()


def dropped(data: QMimeData) -> Dropped | None:
    """What the window would take of it; None: nothing."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    files = tuple(path for path in paths if not is_folder(path))
    if len(paths) == 1 and not files:
        return Dropped(folder=paths[0])
    if len(files) == 1 and files[0].suffix.lower() == ".gguf":
        return Dropped(model=files[0])
    return Dropped(files=files) if files else None
