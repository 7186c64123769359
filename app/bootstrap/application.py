"""Qt's application object, and the files that the system hands to it, as macOS does with a double click.

Window process, interface thread.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from app import __version__


class Application(QApplication):
    """Named for the desktop; keeps the files that come while no window is ready."""

    def __init__(self) -> None:
        super().__init__(sys.argv[:1])
        self.setApplicationName("parley")
        self.setApplicationDisplayName("Parley")
        self.setApplicationVersion(__version__)
        self.setDesktopFileName("org.parley.Parley")
        self._waiting: list[Path] = []
        self._open: Callable[[Path], object]
        self.keep_files()

    def keep_files(self) -> None:
        """Keep what is handed over for the next window."""
        self._open = self._waiting.append

    def open_files_with(self, act: Callable[[Path], object]) -> None:
        """Do something with each file that is handed over, also with those that came before."""
        self._open = act
        while self._waiting:
            act(self._waiting.pop(0))

    def event(self, event: QEvent) -> bool:
        """Take note of a file; a filter would see the events of all widgets too, which costs time."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self._open(Path(event.file()))
            return True
        return super().event(event)
