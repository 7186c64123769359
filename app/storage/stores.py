"""Everything that is kept, opened together on the thread that owns it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.core.chat.conversations import FIRST_TEMPORARY
from app.core.data.data_errors import DataFolderGone
from app.core.errors import WorldError
from app.core.paths import Folders
from app.storage.branches import BranchStore
from app.storage.conversations import ConversationStore
from app.storage.database import Database
from app.storage.downloads import DownloadStore
from app.storage.folders import FolderStore
from app.storage.listing import ListingStore
from app.storage.measurements import MeasurementStore
from app.storage.models import ModelStore
from app.storage.own_paths import detach
from app.storage.presets import PresetStore
from app.storage.search import SearchStore


@dataclass(frozen=True)
class Stores:
    """Everything that is kept, usable on the thread that opened it."""

    database: Database
    conversations: ConversationStore
    branches: BranchStore
    listing: ListingStore
    folders: FolderStore
    models: ModelStore
    downloads: DownloadStore
    measurements: MeasurementStore
    presets: PresetStore
    search: SearchStore


def open_kept(folders: Folders) -> Stores:
    """Open the database in the user's data folder; one that was moved there is never made anew.

    Raises:
        DataFolderGone: the folder that the data was moved to is not there.
        WorldError: as `Database` does.
    """
    if folders.moved and not folders.database.exists():
        raise DataFolderGone(folder=str(folders.data), pointer=str(folders.pointer))
    return open_stores(folders.database)


def open_temporary() -> Stores:
    """A database in memory alone, which leaves no trace; its numbers begin at `FIRST_TEMPORARY`."""
    stores = open_stores(Path(":memory:"))
    with stores.database.transaction() as connection:
        connection.executemany(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)",
            [(table, FIRST_TEMPORARY - 1) for table in ("conversations", "messages")],
        )
    return stores


def open_stores(path: Path, *, busy_seconds: float = 5.0) -> Stores:
    """Open the database and recover the replies that a crash cut off; purge the trash.

    Raises:
        WorldError: as `Database` does.
    """
    database = Database(path, busy_seconds=busy_seconds)
    stores = Stores(
        database,
        ConversationStore(database),
        BranchStore(database),
        ListingStore(database),
        FolderStore(database),
        ModelStore(database),
        DownloadStore(database),
        MeasurementStore(database),
        PresetStore(database),
        SearchStore(database),
    )
    # Where nothing can be written, reading still can; what is left is recovered another time.
    with suppress(WorldError):
        with database.transaction() as connection:
            detach(connection, path.parent)
        stores.conversations.recover()
        stores.listing.purge()
    return stores
