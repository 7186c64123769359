"""Restores a backup and dies by kill -9 at the Nth line of the restore: `killed_restore DATABASE BACKUP N`.

Lines of the modules that do it are counted, and every call of the progress.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from app.storage import backup, files, restore, template_copies

WATCHED = {module.__file__ for module in (backup, files, restore, template_copies)}
LINES_AT_ONCE = 4


def main(database: str, copy: str, times: str) -> None:
    left = int(times) * LINES_AT_ONCE

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
    restore.restore(Path(database), Path(copy))
    sys.settrace(None)


if __name__ == "__main__":
    main(*sys.argv[1:])
