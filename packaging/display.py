"""Whether there is a screen, and one for the tests where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from failures import SetupError

SCREEN = "1920x1200x24"


def has_display(system: str, environment: Mapping[str, str]) -> bool:
    """Whether a window can be shown; `system` is as in `sys.platform`.

    A platform that the user chose for Qt counts as one.
    """
    if not system.startswith("linux"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def opens_window(arguments: Sequence[str]) -> bool:
    """Whether Parley, started with these, opens its window: without a command, or with a model file alone."""
    return not arguments or (len(arguments) == 1 and arguments[0].lower().endswith(".gguf"))


@contextmanager
def a_display() -> Iterator[dict[str, str]]:
    """The environment for programs that open windows: as it is, or with a virtual X server of their own.

    Raises:
        SetupError: the X server did not start.
    """
    environment = dict(os.environ)
    if has_display(sys.platform, environment):
        yield environment
        return
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[writing], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            raise SetupError("The virtual X server (Xvfb) did not start.")
        yield environment | {"DISPLAY": f":{number}"}
    finally:
        server.terminate()
        server.wait()
