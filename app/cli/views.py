"""A reply as it is written, for a person or a pipe, and for a program."""

from __future__ import annotations

from app.cli.output import Terminal
from app.core.engine.engine_frames import Piece, PromptProgress
from app.core.errors import ParleyError
from app.core.sizes import format_count


class PlainView:
    """The answer on standard output; progress and reasoning on a terminal's standard error."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._reasoning_open = False
        self._line_open = False

    def loading(self, fraction: float) -> None:
        """Say how much of the model is in memory."""
        self._terminal.progress(f"Loading the model: {fraction:.0%}")

    def reading(self, progress: PromptProgress) -> None:
        """Say how much of the prompt was processed."""
        self._terminal.progress(f"Reading: {format_count(progress.done)} of {format_count(progress.total)} tokens")

    def piece(self, piece: Piece) -> None:
        """Write the next words."""
        if piece.reasoning:
            self._terminal.aside(piece.reasoning)
            self._reasoning_open = True
        if piece.text:
            if self._reasoning_open:
                self._terminal.aside("\n\n")
                self._reasoning_open = False
            self._terminal.write(piece.text)
            self._line_open = not piece.text.endswith("\n")

    def problem(self, error: ParleyError) -> None:
        """Say that saving is behind."""
        self._terminal.note(str(error))

    def end(self) -> None:
        """End the line the reply stands on."""
        self._terminal.progress("")
        if self._reasoning_open:
            self._terminal.aside("\n")
        if self._line_open:
            self._terminal.line()
        self._reasoning_open = self._line_open = False


class JsonView:
    """Each piece as an object on a line of its own; progress as for people."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._plain = PlainView(terminal)

    def loading(self, fraction: float) -> None:
        """Say how much of the model is in memory."""
        self._plain.loading(fraction)

    def reading(self, progress: PromptProgress) -> None:
        """Say how much of the prompt was processed."""
        self._plain.reading(progress)

    def piece(self, piece: Piece) -> None:
        """Write the next words."""
        if piece.reasoning:
            self._terminal.record({"type": "reasoning", "text": piece.reasoning})
        if piece.text:
            self._terminal.record({"type": "text", "text": piece.text})

    def problem(self, error: ParleyError) -> None:
        """Say that saving is behind."""
        self._plain.problem(error)

    def end(self) -> None:
        """Every line is whole already."""
        self._terminal.progress("")
