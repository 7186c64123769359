"""Who draws formulas and colours code, handed in by the window: the transcript knows no child process.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable

from app.core.chat.typeset_frames import Drawn, Tinted, Work

Typeset = Callable[[Work, Callable[[Tinted | Drawn | None], None]], None]


def leave_as_it_is(_work: Work, then: Callable[[Tinted | Drawn | None], None]) -> None:
    """Typeset nothing."""
    then(None)
