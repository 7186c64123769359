"""What every command is given: where to write, and where Parley keeps its things."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.cli.output import Terminal
from app.core.paths import Folders
from app.storage.lane import Lane
from app.storage.settings import SettingsFile
from app.storage.stores import open_kept, open_stores

_IN_MEMORY = Path(":memory:")


@dataclass(frozen=True)
class Invocation:
    """One run of a command."""

    terminal: Terminal
    folders: Folders
    settings: SettingsFile

    @contextmanager
    def storage(self) -> Iterator[Lane]:
        """The user's database; replies that a crash cut off are recovered as it opens."""
        lane = Lane(lambda: open_kept(self.folders))
        try:
            yield lane
        finally:
            lane.close()

    @contextmanager
    def memory(self) -> Iterator[Lane]:
        """A database that leaves no trace."""
        lane = Lane(lambda: open_stores(_IN_MEMORY))
        try:
            yield lane
        finally:
            lane.close()


Command = Callable[[Namespace, Invocation], int]
CommandTable = Mapping[str, Command]
"""The commands of one module by their whole names, such as `models folders add`."""
