"""Starts the window's children, with the environment that the settings ask for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from app.core.paths import Folders
from app.core.protocol import ChildRole, Event
from app.services.child_slot import ChildFactory

if TYPE_CHECKING:
    from app.children.child import Child
    from app.children.outcome import Outcome

Starter = Callable[[ChildRole], ChildFactory]


def child_starter(
    role: ChildRole,
    folders: Folders,
    command: Sequence[str] | None,
    environment: Callable[[], Mapping[str, str]] = lambda: os.environ,
) -> ChildFactory:
    """Starts children of a role; `command` takes the place of this program itself."""

    def start(on_event: Callable[[Event], None], on_exit: Callable[[Outcome], None]) -> Child:
        from app.children.child import Child  # the first one starts when the conversations are listed

        log = folders.logs / f"{role.value}.log"
        return Child(role, on_event, on_exit, log=log, command=command, environment=environment())

    return start
