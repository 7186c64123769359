"""The model files the user has opened; plain synchronous methods for the thread that owns the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from app.core.engine.loading import LoadOptions
from app.core.engine.messages import ModelIdentity
from app.core.engine.models import ModelFile
from app.storage.database import Database
from app.storage.own_paths import kept, whole
from app.storage.rows import decode_struct, encode_struct, storable

_COLUMNS = (
    "id, name, path, bytes, architecture, quantization, sha256, "
    "modified_ns, context_length, added_at, last_used_at, options, template"
)


class ModelStore:
    """Known model files, one for each path, with what the user chose for each.

    All methods raise the errors of `Database.snapshot` when they read and of `Database.transaction`
    when they write. Writes to a model that was forgotten meanwhile change nothing.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives Unix seconds."""
        self._database = database
        self._folder = database.path.parent
        self._clock = clock

    def remember(self, identity: ModelIdentity, modified_ns: int, context_length: int) -> ModelFile:
        """Add a file, or refresh what is known of it.

        A digest that was computed stays while size and time of modification (nanoseconds since 1970)
        do; the user's options always stay.
        """
        values = (
            storable(identity.name), kept(identity.path, self._folder), identity.bytes, storable(identity.architecture),
            storable(identity.quantization), identity.sha256, modified_ns, context_length, self._clock(),
            encode_struct(LoadOptions()),
        )  # fmt: skip
        with self._database.transaction() as connection:
            row = connection.execute(
                f"""
                INSERT INTO models ({_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, '')
                ON CONFLICT (path) DO UPDATE SET
                    sha256 = CASE
                        WHEN excluded.sha256 != '' THEN excluded.sha256
                        WHEN bytes = excluded.bytes AND modified_ns = excluded.modified_ns THEN sha256
                        ELSE '' END,
                    name = excluded.name, bytes = excluded.bytes, architecture = excluded.architecture,
                    quantization = excluded.quantization, modified_ns = excluded.modified_ns,
                    context_length = excluded.context_length
                RETURNING {_COLUMNS}
                """,
                values,
            ).fetchone()
        return self._model_of(row)

    def list(self) -> list[ModelFile]:
        """Every known file, the last used or added first."""
        with self._database.snapshot() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM models ORDER BY max(added_at, last_used_at) DESC, id DESC"
            ).fetchall()
        return [self._model_of(row) for row in rows]

    def by_path(self, path: str) -> ModelFile | None:
        """The file at an absolute path, if it is known."""
        with self._database.snapshot() as connection:
            where = (kept(path, self._folder),)
            row = connection.execute(f"SELECT {_COLUMNS} FROM models WHERE path = ?", where).fetchone()
        return None if row is None else self._model_of(row)

    def move(self, old: str, new: str, modified_ns: int) -> None:
        """The file is at another path now; what is known of it and how to load it stays."""
        before, after = kept(old, self._folder), kept(new, self._folder)
        with self._database.transaction() as connection:
            known = connection.execute("SELECT 1 FROM models WHERE path = ?", (before,)).fetchone()
            if known is not None:
                connection.execute("DELETE FROM models WHERE path = ?", (after,))
                values = (after, modified_ns, before)
                connection.execute("UPDATE models SET path = ?, modified_ns = ? WHERE path = ?", values)

    def touch(self, model_id: int) -> None:
        """Note that the model was used now."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE models SET last_used_at = ? WHERE id = ?", (self._clock(), model_id))

    def forget(self, model_id: int) -> None:
        """Take the file off the list; the file itself stays."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM models WHERE id = ?", (model_id,))

    def set_digest(self, path: str, bytes: int, modified_ns: int, sha256: str) -> bool:  # noqa: A002 - a size
        """Keep a computed digest, unless the file has been seen changed since; False if it was known."""
        known = self.by_path(path)
        if known is not None and known.identity.sha256 == sha256:
            return False
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE models SET sha256 = ? WHERE path = ? AND bytes = ? AND modified_ns = ?",
                (sha256, kept(path, self._folder), bytes, modified_ns),
            )
        return True

    def set_options(self, model_id: int, options: LoadOptions, template: str) -> None:
        """Keep how the user wants this model loaded, and the name of a template, if any."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE models SET options = ?, template = ? WHERE id = ?",
                (encode_struct(options), storable(template), model_id),
            )

    def _model_of(self, row: tuple[Any, ...]) -> ModelFile:
        """From a row of `_COLUMNS`; options that this version cannot read become the defaults."""
        return ModelFile(
            id=row[0],
            identity=ModelIdentity(row[1], whole(row[2], self._folder), *row[3:7]),
            modified_ns=row[7],
            context_length=row[8],
            added_at=row[9],
            last_used_at=row[10],
            options=decode_struct(row[11], LoadOptions) or LoadOptions(),
            template=row[12],
        )
