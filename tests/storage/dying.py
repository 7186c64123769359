"""Death by kill -9 in the middle of some modules' work, for scripts that tests start."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any


@contextmanager
def dying_at(line: int, *modules: ModuleType) -> Iterator[None]:
    """Within, this process is killed before the Nth line of these modules that it runs; 1 is the first."""
    watched = {module.__file__ for module in modules}
    left = line

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in watched:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(None)
