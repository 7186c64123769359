"""The window's whole program at once, where the real one paints a frame first."""

from __future__ import annotations

from collections.abc import Sequence

from app.bootstrap.frame import Frame
from app.bootstrap.program import Program, furnish
from app.core.engine.models import ModelFile
from app.core.paths import Folders


def build(folders: Folders, child_command: Sequence[str] | None = None, *, guide: ModelFile | None = None) -> Program:
    """Make it, in a process that has a `QApplication`; `child_command` starts its children."""
    return furnish(Frame.build(folders), child_command, guide=guide)
