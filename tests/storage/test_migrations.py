"""Every schema that was ever released becomes today's, with all that it held.

`schemas/N.sql` is a dump of version N, made when it was released: two conversations, one of them with
two replies and one with a reply under way, and a model.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from app.core.chat.search import SearchQuery
from app.core.data.database_errors import DatabaseReadOnly
from app.core.engine.messages import MessageState, Role
from app.storage.database import Database
from app.storage.migrations import MIGRATIONS
from app.storage.stores import open_stores
from app.storage.words import search_words

Guarded = tuple[Path, Callable[[], AbstractContextManager[None]]]
SCHEMAS = Path(__file__).parent / "schemas"
LATER = (*MIGRATIONS, "ALTER TABLE conversations ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;")
NEXT = len(LATER)


def restore(path: Path, version: int) -> None:
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.create_function("search_words", 1, search_words, deterministic=True)
        connection.executescript((SCHEMAS / f"{version}.sql").read_text(encoding="utf-8"))


def schema(path: Path) -> list[tuple[str, str, str]]:
    """What the file's tables and indexes are, without the spaces of the text that made them."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY name").fetchall()
    return [(kind, name, "".join(sql.split()).replace('"', "")) for kind, name, sql in rows]


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
def test_every_released_schema_becomes_todays(path: Path, tmp_path: Path, version: int) -> None:
    restore(path, version)
    stores = open_stores(path)
    count, tree = stores.conversations.summaries()
    loaded = stores.conversations.load(tree.id)
    assert [message.role for message in loaded.path()] == [Role.SYSTEM, Role.USER, Role.ASSISTANT]
    assert [loaded[reply].text for reply in loaded.siblings(loaded.path()[-1].id)] == [
        "A plant.",
        "A graph without cycles.",
    ]
    record = loaded.path()[-1].record
    assert record is not None
    assert record.seed == 7
    cut = stores.conversations.load(count.id).path()[-1]
    assert (cut.text, cut.reasoning, cut.state) == ("one, two", "Easy.", MessageState.INTERRUPTED)
    assert [hit.message_id for hit in stores.search.search(SearchQuery("without cycl")).hits] == [4]
    assert stores.search.search(SearchQuery("tree")).hits[0].message_id is None
    (model,) = stores.models.list()
    assert (model.identity.name, model.options.context_length, model.template) == ("Tiny", 2048, "chatml")
    stores.database.close()

    Database(tmp_path / "fresh.sqlite3").close()
    assert schema(path) == schema(tmp_path / "fresh.sqlite3")


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
def test_a_released_migration_never_changes(path: Path, tmp_path: Path, version: int) -> None:
    restore(path, version)
    Database(tmp_path / "then.sqlite3", migrations=MIGRATIONS[:version]).close()
    assert schema(path) == schema(tmp_path / "then.sqlite3")


def test_a_copy_is_kept_of_what_is_migrated(path: Path) -> None:
    restore(path, len(MIGRATIONS))
    before = schema(path)
    with Database(path, migrations=LATER) as database, database.snapshot() as connection:
        assert connection.execute("SELECT sum(starred), count(*) FROM conversations").fetchone() == (0, 2)
        assert connection.execute("PRAGMA user_version").fetchone() == (NEXT,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)

    copy = path.with_name(f"parley.before-{NEXT}.sqlite3")
    assert sorted(entry.name for entry in path.parent.iterdir()) == sorted([copy.name, path.name])
    assert schema(copy) == before
    with Database(copy) as database, database.snapshot() as connection:
        assert connection.execute("SELECT count(*) FROM messages WHERE trash_id IS NULL").fetchone() == (6,)


def test_nothing_is_copied_without_need(path: Path) -> None:
    Database(path, migrations=LATER).close()
    Database(path, migrations=LATER).close()
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_migration_that_fails_leaves_the_version_before_it(path: Path) -> None:
    restore(path, len(MIGRATIONS))
    before = schema(path)
    broken = (*MIGRATIONS, "CREATE TABLE pins (id INTEGER PRIMARY KEY);\nINSERT INTO nowhere VALUES (1);")
    with pytest.raises(sqlite3.OperationalError):
        Database(path, migrations=broken)
    assert schema(path) == before
    Database(path, migrations=LATER).close()


def test_a_trigger_is_one_statement(path: Path) -> None:
    script = "CREATE TRIGGER t AFTER DELETE ON drafts\nBEGIN\n  DELETE FROM models;\n  DELETE FROM drafts;\nEND;"
    with Database(path, migrations=(*MIGRATIONS, script)) as database, database.snapshot() as connection:
        assert connection.execute("SELECT type FROM sqlite_schema WHERE name = 't'").fetchall() == [("trigger",)]


def test_an_old_file_that_cannot_be_written_is_left_alone(guarded_folder: Guarded) -> None:
    folder, unprivileged = guarded_folder
    path = folder / "parley.sqlite3"
    restore(path, len(MIGRATIONS))
    path.chmod(0o444)
    before = path.read_bytes()
    with unprivileged(), pytest.raises(DatabaseReadOnly):
        Database(path, migrations=LATER)
    assert path.read_bytes() == before
