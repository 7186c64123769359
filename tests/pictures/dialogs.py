"""Makes the pictures of a set of dialogs: the command line that such scripts share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtWidgets import QApplication, QDialog

from app.ui.theme import Appearance, ThemeSource
from tests.pictures.__main__ import settle


def picture_dialogs(description: str | None, scenes: Mapping[str, Callable[[], QDialog]]) -> None:
    """Show each dialog in the theme asked for, and save its picture in the folder asked for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dark", action="store_true")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    source = ThemeSource(application, Appearance.DARK if args.dark else Appearance.LIGHT)
    for name, make in scenes.items():
        dialog = make()
        dialog.show()
        settle()
        dialog.grab().save(str(args.folder / f"{name}-{source.theme.name}.png"))
        dialog.close()
