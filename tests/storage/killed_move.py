"""Moves the data folder and dies by kill -9 at the Nth line of the move: `killed_move FOLDER N`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app.core.paths import Folders
from app.storage import backup, files, move
from tests.storage.dying import dying_at


def main(folder: str, line: str) -> None:
    with dying_at(int(line), backup, files, move):
        move.move_data(Folders.of(os.environ), Folders.usual(os.environ), Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
