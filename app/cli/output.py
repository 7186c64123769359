"""Where the command line writes: a person's terminal, a pipe, or JSON lines for a program."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import TextIO

import msgspec

from app.core.errors import ParleyError, WorldError

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class OutputFailed(WorldError):
    """Standard output takes no more; `closed` when its reader has simply gone away."""

    text = "The output cannot be written: {reason}."
    advice = "The chat itself is kept; see “parley chats list”."

    @property
    def closed(self) -> bool:
        """Whether nobody is left to tell."""
        return bool(self.values.get("closed"))


class Terminal:
    """Standard output and standard error of one run.

    What a model or a file says may hold control characters; none but line feed and tab reaches a
    terminal, since they could change its colours, its title or what it seems to show.
    """

    def __init__(self, out: TextIO, err: TextIO, environment: Mapping[str, str], *, json: bool = False) -> None:
        self._out = out
        self._err = err
        self._out_is_terminal = out.isatty()
        self._err_is_terminal = err.isatty()
        self._styled = self._err_is_terminal and "NO_COLOR" not in environment and _knows_escapes(environment)
        self._progress = ""
        self.json = json

    @property
    def shows_progress(self) -> bool:
        """Whether a person watches standard error."""
        return self._err_is_terminal

    def write(self, text: str) -> None:
        """Write to standard output at once.

        Raises:
            OutputFailed: its reader is gone, or its disk is full.
        """
        self._clear_progress()
        try:
            self._out.write(_CONTROLS.sub("", text) if self._out_is_terminal else text)
            self._out.flush()
        except OSError as error:
            closed = isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)
            raise OutputFailed(str(error), reason=error.strerror or str(error), closed=closed) from None

    def line(self, text: str = "") -> None:
        """Write a line to standard output."""
        self.write(f"{text}\n")

    def table(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write labels and what they say, the latter below each other."""
        width = max(len(label) for label, _ in rows) + 2
        for label, text in rows:
            self.line(f"{label + ':':<{width}}{text}")

    def record(self, value: object) -> None:
        """Write a value as one line of JSON; what is not text in it, such as a path, has marks in its place."""
        try:
            line = msgspec.json.encode(value)
        except UnicodeEncodeError:
            line = json.dumps(msgspec.to_builtins(value), ensure_ascii=False).encode("utf-8", "replace")
        self.line(line.decode())

    def note(self, text: str) -> None:
        """Tell a person something that is not a result."""
        self._clear_progress()
        self._say(f"{self._cleaned(text)}\n")

    def aside(self, text: str) -> None:
        """Write what a terminal shows dimmed and a pipe does not get."""
        if self._err_is_terminal:
            self._clear_progress()
            clean = self._cleaned(text)
            self._say(f"{_DIM}{clean}{_PLAIN}" if self._styled else clean)

    def progress(self, text: str) -> None:
        """Show a line in the place of the last one; it goes when anything else is written."""
        if self._err_is_terminal and text != self._progress:
            self._clear_progress()
            self._progress = self._cleaned(text)
            self._say(self._progress)

    def error(self, error: ParleyError) -> None:
        """Say what failed and what to do: a sentence, or the last object of JSON output."""
        if self.json:
            self.record(
                {
                    "type": "error",
                    "code": type(error).__name__,
                    "message": error.sentence,
                    "next_step": error.next_step,
                }
            )
        else:
            self.note(str(error))

    def _clear_progress(self) -> None:
        if self._progress:
            self._say("\r" + " " * len(self._progress) + "\r")
            self._progress = ""

    def _cleaned(self, text: str) -> str:
        return _CONTROLS.sub("", text) if self._err_is_terminal else text

    def _say(self, text: str) -> None:
        try:
            self._err.write(text)
            self._err.flush()
        except OSError:
            return  # nobody is left to tell


def _knows_escapes(environment: Mapping[str, str]) -> bool:
    if os.name == "nt":
        return "WT_SESSION" in environment
    return environment.get("TERM", "dumb") != "dumb"
