"""Moves the data folder and dies by kill -9 at the Nth line of the move: `killed_move FOLDER N`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from app.core.paths import Folders
from app.storage import backup, files, move

WATCHED = {module.__file__ for module in (backup, files, move)}


def main(folder: str, lines: str) -> None:
    left = int(lines)

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    move.move_data(Folders.of(os.environ), Folders.usual(os.environ), Path(folder))
    sys.settrace(None)


if __name__ == "__main__":
    main(*sys.argv[1:])
