"""What a script that makes pictures was asked for: the command line that all of them share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from app.ui.theme import Appearance


@dataclass(frozen=True)
class Order:
    """The pictures asked for, and the application that is to show them."""

    application: QApplication
    folder: Path
    names: Sequence[str]
    size: tuple[int, int]
    appearance: Appearance
    options: argparse.Namespace

    def keep(self, picture: QPixmap, name: str) -> None:
        """Save a picture under its name and theme."""
        picture.save(str(self.folder / f"{name}-{self.appearance}.png"))


def command_line(description: str | None, names: Iterable[str] = (), size: str = "1280x800") -> argparse.ArgumentParser:
    """A script's options: where the pictures go, which ones, how large and in which theme.

    Without names it has one set of pictures; without a size its windows have their own.
    """
    known = list(names)
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folder", type=Path)
    parser.set_defaults(names=known, size=size)
    if known:
        parser.add_argument("names", nargs="*", default=known, metavar="NAME", help=", ".join(known))
    if size:
        parser.add_argument("--size", default=size)
    parser.add_argument("--dark", action="store_true")
    return parser


def take_order(parser: argparse.ArgumentParser) -> Order:
    """Read the command line; make the folder, and the application, which outlives each of its windows."""
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    width, height = map(int, asked.size.split("x")) if asked.size else (0, 0)
    appearance = Appearance.DARK if asked.dark else Appearance.LIGHT
    return Order(application, asked.folder, asked.names, (width, height), appearance, asked)
