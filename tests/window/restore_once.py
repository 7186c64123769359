"""The whole program, whose first window restores a backup and whose second closes: `restore_once BACKUP`.

Prints the titles that each window lists.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.bootstrap import program, window
from app.bootstrap.errand import restoring
from app.bootstrap.frame import Frame
from app.core.paths import Folders


def main(backup: str) -> int:
    furnish = program.furnish
    windows: list[Frame] = []

    def furnished(frame: Frame, guide: Path | None) -> program.Program:
        made = furnish(frame, guide=guide)
        windows.append(frame)
        first = len(windows) == 1

        def listed(summaries: list[object]) -> None:
            print(len(summaries), flush=True)
            made.chats.conversations.changed.disconnect(listed)
            folders = Folders.of(os.environ)
            leave = lambda: made.window.leave_for(restoring(folders, Path(backup)))  # noqa: E731
            QTimer.singleShot(0, leave if first else made.window.close)

        made.chats.conversations.changed.connect(listed)
        return made

    program.furnish = furnished  # type: ignore[assignment]
    return window.run_window(None, os.environ)


if __name__ == "__main__":
    code = main(sys.argv[1])
    assert QApplication.instance() is not None
    sys.exit(code)
