"""Which process writes a streaming message: a name that outlives a crash and is never reused.

A process number alone comes back after a while; together with the time of its start it is unique. The library that
tells the time is imported when it is asked: a window lists its conversations without it.
"""

from __future__ import annotations

import os

_CLOCK_TOLERANCE_SECONDS = 2.0


def this_process() -> str:
    """The calling process as `pid:create_time`, the time in Unix seconds."""
    import psutil

    process = psutil.Process(os.getpid())
    return f"{process.pid}:{process.create_time():.2f}"


def is_alive(writer: str) -> bool:
    """Whether the process that `this_process` named still runs.

    A small difference of the start time is allowed, since the system derives it from a clock that is
    being corrected. A process that ended without being reaped is dead.
    """
    import psutil

    number, _, created = writer.partition(":")
    try:
        process = psutil.Process(int(number))
        if abs(process.create_time() - float(created)) > _CLOCK_TOLERANCE_SECONDS:
            return False
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.AccessDenied:
        return True
    except (psutil.NoSuchProcess, ValueError):
        return False
