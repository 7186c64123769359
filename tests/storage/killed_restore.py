"""Restores a backup and dies by kill -9 at the Nth step of the restore: `killed_restore DATABASE BACKUP N`.

A step is four lines of the modules that do it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from app.storage import backup, files, restore, template_copies
from tests.storage.dying import dying_at

LINES_OF_A_STEP = 4


def main(database: str, copy: str, step: str) -> None:
    with dying_at(int(step) * LINES_OF_A_STEP, backup, files, restore, template_copies):
        restore.restore(Path(database), Path(copy))


if __name__ == "__main__":
    main(*sys.argv[1:])
