"""The program's one entry: a child process by role, the window, or the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app.core.exit_codes import INTERRUPTED


def main() -> int:
    """Pick what to be from the arguments; heavy imports happen only in the branch taken."""
    _stand_in_for_missing_streams()
    try:
        return _run(sys.argv[1:])
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["--role"]:
        from app.worker.main import main as child

        return child(arguments[1] if len(arguments) > 1 else "")
    if _is_for_window(arguments):
        if _has_display():
            from app.bootstrap.window import run_window

            return run_window(Path(arguments[0]) if arguments else None, os.environ)
        print("There is no display here, so Parley opens in this terminal.", file=sys.stderr)
        arguments = ["chat", "--model", arguments[0]] if arguments else ["chat"]
    from app.cli.main import main as command_line

    return command_line(arguments)


def _stand_in_for_missing_streams() -> None:
    """Whoever starts a program may close its standard streams: let reading find nothing, and writing do nothing."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(nowhere, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - stays open


def _is_for_window(arguments: list[str]) -> bool:
    """No command, or a model file alone, as a file manager passes it."""
    return not arguments or (len(arguments) == 1 and arguments[0].lower().endswith(".gguf"))


def _has_display() -> bool:
    """Whether Qt could open a window; macOS and Windows always have a display."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


if __name__ == "__main__":
    sys.exit(main())
