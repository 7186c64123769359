"""Presets in the database; plain synchronous methods for the thread that owns it.

Those that ship with Parley are put into the user's list once and are the user's from then on. One that was
deleted leaves a row without a body, so that it does not come back by itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence

import msgspec

from app.core.chat.conversation_errors import UnknownConversation, UnknownFolder
from app.core.chat.presets import ChosenPreset, Preset, PresetNameTaken, StoredPreset, UnknownPreset, unused_name
from app.storage.database import Database
from app.storage.preset_file import builtin_presets
from app.storage.rows import decode_struct, encode_struct


class PresetStore:
    """The user's presets in their order, and which one each conversation and folder has.

    All methods raise the errors of `Database.snapshot` when they read and of `Database.transaction`
    when they write.
    """

    def __init__(self, database: Database, *, builtins: Callable[[], Mapping[str, Preset]] = builtin_presets) -> None:
        """`builtins` are those that ship with Parley, by key."""
        self._database = database
        self._builtins = builtins
        self._are_there = False

    def list(self) -> list[StoredPreset]:
        """All presets, in the user's order; where nothing can be written, at least those there are."""
        if not self._are_there and not self._database.read_only:
            self._add_builtins()
        with self._database.snapshot() as connection:
            return _all(connection)

    def named(self, name: str) -> StoredPreset:
        """The preset of this name, whatever its case.

        Raises:
            UnknownPreset: there is none.
        """
        found = next((one for one in self.list() if one.preset.name.casefold() == name.strip().casefold()), None)
        if found is None:
            raise UnknownPreset(name=name)
        return found

    def add(self, preset: Preset) -> StoredPreset:
        """Put a preset at the end of the list.

        Raises:
            PresetNameTaken: there is one of this name.
        """
        self.list()
        with self._database.transaction() as connection:
            _require_free(connection, preset.name)
            return _insert(connection, preset)

    def add_all(self, presets: Sequence[Preset]) -> Sequence[StoredPreset]:
        """Add presets from a file; one whose name is taken gets a number, one that is there already is left out."""
        there = [one.preset for one in self.list()]
        names = {preset.name.casefold() for preset in there}
        added = []
        with self._database.transaction() as connection:
            for preset in presets:
                if any(_came_from(one, preset) for one in there):
                    continue
                free = msgspec.structs.replace(preset, name=unused_name(preset.name, names))
                names.add(free.name.casefold())
                added.append(_insert(connection, free))
        return added

    def change(self, preset_id: int, preset: Preset) -> StoredPreset:
        """Put other content into a preset; conversations that use it keep what they have.

        Raises:
            UnknownPreset: it was deleted meanwhile.
            PresetNameTaken: another one has this name.
        """
        with self._database.transaction() as connection:
            _require_free(connection, preset.name, preset_id)
            row = connection.execute(
                "UPDATE presets SET body = ? WHERE id = ? AND body IS NOT NULL RETURNING id, body, builtin",
                (encode_struct(preset), preset_id),
            ).fetchone()
            if row is None:
                raise UnknownPreset(name=preset.name)
            return StoredPreset(id=preset_id, preset=preset, builtin=row[2] or "")

    def duplicate(self, preset_id: int) -> StoredPreset:
        """Add a copy of a preset right after it.

        Raises:
            UnknownPreset: it was deleted meanwhile.
        """
        with self._database.transaction() as connection:
            there = _all(connection)
            place = next((at for at, one in enumerate(there) if one.id == preset_id), None)
            if place is None:
                raise UnknownPreset(name=str(preset_id))
            original = there[place].preset
            name = unused_name(original.name, {one.preset.name.casefold() for one in there})
            copy = _insert(connection, msgspec.structs.replace(original, name=name))
            there.insert(place + 1, copy)
            _arrange(connection, [one.id for one in there])
            return copy

    def delete(self, preset_id: int) -> None:
        """Take a preset off the list; conversations that use it keep what they have."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE folders SET preset_id = NULL WHERE preset_id = ?", (preset_id,))
            connection.execute("DELETE FROM presets WHERE id = ? AND builtin IS NULL", (preset_id,))
            connection.execute("UPDATE presets SET body = NULL WHERE id = ?", (preset_id,))

    def arrange(self, order: Sequence[int]) -> None:
        """Give the presets another order; those that are not named come after the others."""
        with self._database.transaction() as connection:
            rest = [one.id for one in _all(connection) if one.id not in order]
            _arrange(connection, [*order, *rest])

    def restore_builtins(self) -> None:
        """Bring back those that ship with Parley and were deleted; the others stay as the user made them."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM presets WHERE body IS NULL")
        self._are_there = False

    def of_conversation(self, conversation_id: int) -> ChosenPreset | None:
        """The preset a conversation was begun or went on with; None for one without."""
        with self._database.snapshot() as connection:
            row = connection.execute("SELECT preset FROM conversations WHERE id = ?", (conversation_id,)).fetchone()
        return decode_struct(row[0], ChosenPreset) if row else None

    def set_for_conversation(self, conversation_id: int, chosen: ChosenPreset | None) -> None:
        """Keep a conversation's preset with it.

        Raises:
            UnknownConversation: there is none with this number.
        """
        body = encode_struct(chosen) if chosen else None
        with self._database.transaction() as connection:
            changed = connection.execute("UPDATE conversations SET preset = ? WHERE id = ?", (body, conversation_id))
            if not changed.rowcount:
                raise UnknownConversation(id=conversation_id)

    def of_folders(self) -> dict[int, int]:
        """Which folder has which preset for its new conversations, by number."""
        with self._database.snapshot() as connection:
            rows = connection.execute("SELECT id, preset_id FROM folders WHERE preset_id IS NOT NULL").fetchall()
        return dict(rows)

    def set_for_folder(self, folder_id: int, preset_id: int | None) -> None:
        """Begin new conversations of a folder with a preset; None: as everywhere.

        Raises:
            UnknownFolder: there is none with this number.
        """
        with self._database.transaction() as connection:
            changed = connection.execute("UPDATE folders SET preset_id = ? WHERE id = ?", (preset_id, folder_id))
            if not changed.rowcount:
                raise UnknownFolder(id=folder_id)

    def _add_builtins(self) -> None:
        builtins = self._builtins()
        with self._database.snapshot() as connection:
            there = {key for (key,) in connection.execute("SELECT builtin FROM presets WHERE builtin IS NOT NULL")}
        if new := [key for key in builtins if key not in there]:
            with self._database.transaction() as connection:
                names = {one.preset.name.casefold() for one in _all(connection)}
                for key in new:
                    name = unused_name(builtins[key].name, names)
                    _insert(connection, msgspec.structs.replace(builtins[key], name=name), key)
        self._are_there = True


def _came_from(there: Preset, incoming: Preset) -> bool:
    """Whether a preset is the incoming one, perhaps with a number after its name."""
    name = there.name if there.name == incoming.name else there.name.rstrip("0123456789").removesuffix(" ")
    return msgspec.structs.replace(there, name=name) == incoming


def _all(connection: sqlite3.Connection) -> list[StoredPreset]:
    rows = connection.execute("SELECT id, body, builtin FROM presets WHERE body IS NOT NULL ORDER BY position, id")
    read = ((number, decode_struct(body, Preset), builtin) for number, body, builtin in rows.fetchall())
    return [StoredPreset(id=number, preset=preset, builtin=key or "") for number, preset, key in read if preset]


def _insert(connection: sqlite3.Connection, preset: Preset, builtin: str | None = None) -> StoredPreset:
    row = connection.execute(
        "INSERT OR IGNORE INTO presets (position, builtin, body) "
        "VALUES ((SELECT 1 + coalesce(max(position), 0) FROM presets), ?, ?) RETURNING id",
        (builtin, encode_struct(preset)),
    ).fetchone()
    return StoredPreset(id=row[0] if row else 0, preset=preset, builtin=builtin or "")


def _arrange(connection: sqlite3.Connection, order: Sequence[int]) -> None:
    places = [(place, number) for place, number in enumerate(order, 1)]
    connection.executemany("UPDATE presets SET position = ? WHERE id = ?", places)


def _require_free(connection: sqlite3.Connection, name: str, besides: int | None = None) -> None:
    taken = {one.preset.name.casefold() for one in _all(connection) if one.id != besides}
    if name.casefold() in taken:
        raise PresetNameTaken(name=name)
