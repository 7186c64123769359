"""How a child process stands or ended, as a value with a sentence for the user."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from enum import StrEnum

from app.core.errors import ParleyError
from app.core.language import said

_WINDOWS_CRASH = 0xC0000000


class OutcomeKind(StrEnum):
    """What became of a process."""

    RUNNING = "running"
    EXITED = "exited"
    KILLED = "killed"
    NEVER_STARTED = "never-started"


@dataclass(frozen=True)
class Outcome:
    """`number` is the exit code or the signal; `reason` is the system's word when it never started.

    `error` is set when the parent ended the child because of what it sent.
    """

    kind: OutcomeKind
    number: int = 0
    reason: str = ""
    error: ParleyError | None = None

    @staticmethod
    def of_return_code(code: int, error: ParleyError | None = None) -> Outcome:
        """Read what the system reported: a negative code is a signal, a high one a Windows crash."""
        if code < 0:
            return Outcome(OutcomeKind.KILLED, -code, error=error)
        if code >= _WINDOWS_CRASH:
            return Outcome(OutcomeKind.KILLED, code, error=error)
        return Outcome(OutcomeKind.EXITED, code, error=error)

    @property
    def sentence(self) -> str:
        """What happened, to follow “The engine stopped: ”."""
        if self.error is not None:
            return self.error.sentence
        if self.kind is OutcomeKind.NEVER_STARTED:
            return said("it could not be started ({reason})").format(reason=self.reason)
        if self.kind is OutcomeKind.RUNNING:
            return said("it is still running")
        if self.kind is OutcomeKind.EXITED:
            if self.number == 0:
                return said("it ended by itself")
            return said("it ended with exit code {number}").format(number=self.number)
        return _killed_sentence(self.number)


def _killed_sentence(number: int) -> str:
    if number >= _WINDOWS_CRASH:
        return said("it crashed (code {number})").format(number=f"0x{number:08X}")
    if number == getattr(signal, "SIGKILL", 9):
        return said("it was killed (signal 9), as the system does when memory runs out")
    try:
        name = signal.Signals(number).name
    except ValueError:
        return said("it was ended by signal {number}").format(number=number)
    if name in _CRASHES:
        return said("it crashed ({name}, signal {number})").format(name=name, number=number)
    return said("it was ended by {name} (signal {number})").format(name=name, number=number)


_CRASHES = frozenset({"SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP"})
