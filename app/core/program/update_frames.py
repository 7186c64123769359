"""The frames between the update child, which alone asks for newer versions, and the window."""

from __future__ import annotations

import msgspec

from app.core.program import update_errors as update_errors  # so that every process can say them
from app.core.program.updates import Package, Release, UpdateSource


class _Frame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True, kw_only=True):
    pass


class LookForUpdate(_Frame, frozen=True, tag="look-for-update"):
    """Read the feed; `current` is the version that runs. `UpdateKnown` follows, or `Failed`."""

    source: UpdateSource
    current: str


class FetchUpdate(_Frame, frozen=True, tag="fetch-update"):
    """Fetch a package of a feed that was verified. `UpdateProgress` follows, then `UpdateFetched` or `Failed`."""

    package: Package


class UpdateKnown(_Frame, frozen=True, tag="update-known"):
    """The newer version; None if there is none."""

    release: Release | None = None


class UpdateProgress(_Frame, frozen=True, tag="update-progress"):
    """How many bytes have arrived."""

    done: int


class UpdateFetched(_Frame, frozen=True, tag="update-fetched"):
    """The package lies there, and is what the feed says."""

    path: str


UpdateCommand = LookForUpdate | FetchUpdate
UpdateEvent = UpdateKnown | UpdateProgress | UpdateFetched
