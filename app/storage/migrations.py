"""The schema of the database as the list of its changes; runs on the thread that opens it.

The list is append-only: a released entry never changes. The version of a file is the number of
entries applied to it, kept in `PRAGMA user_version`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

APPLICATION_ID = 0x5061726C  # "Parl"

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE conversations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        leaf_id INTEGER REFERENCES messages (id) ON DELETE SET NULL
    ) STRICT;
    CREATE INDEX conversations_by_update ON conversations (updated_at DESC, id DESC);
    CREATE INDEX conversations_by_leaf ON conversations (leaf_id);

    CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        parent_id INTEGER REFERENCES messages (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        text TEXT NOT NULL,
        reasoning TEXT NOT NULL,
        state TEXT NOT NULL,
        created_at REAL NOT NULL,
        record TEXT,
        writer TEXT,
        CHECK (state != 'streaming' OR writer IS NOT NULL)
    ) STRICT;
    CREATE INDEX messages_by_conversation ON messages (conversation_id, id);
    CREATE INDEX messages_by_parent ON messages (parent_id);
    CREATE INDEX messages_streaming ON messages (writer) WHERE state = 'streaming';

    CREATE TABLE drafts (
        id INTEGER PRIMARY KEY,
        message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
        text TEXT NOT NULL,
        reasoning TEXT NOT NULL
    ) STRICT;
    CREATE INDEX drafts_by_message ON drafts (message_id, id);

    CREATE TABLE models (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        architecture TEXT NOT NULL,
        quantization TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        context_length INTEGER NOT NULL,
        added_at REAL NOT NULL,
        last_used_at REAL NOT NULL,
        options TEXT NOT NULL,
        template TEXT NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE downloads (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        source TEXT NOT NULL,
        folder TEXT NOT NULL,
        state TEXT NOT NULL,
        position INTEGER NOT NULL,
        done INTEGER NOT NULL,
        failure TEXT,
        added_at REAL NOT NULL,
        ended_at REAL NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE measurements (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        backend TEXT NOT NULL,
        architecture TEXT NOT NULL,
        quantization TEXT NOT NULL,
        model TEXT NOT NULL,
        predicted REAL NOT NULL,
        measured REAL NOT NULL,
        certain REAL NOT NULL,
        at REAL NOT NULL
    ) STRICT;
    CREATE INDEX measurements_by_model ON measurements (model, kind, id DESC);
    """,
    # Search: words by their beginnings, with pairs of characters for unspaced scripts (`words.py`). Measured as a
    # share of the text, on 40,000 messages of 916 characters: trigrams with their positions 2.68, words with
    # positions 0.52, without 0.24. On 200,000 of the bench's messages, words without positions take 0.41 with an index
    # of prefixes of 1, 2 and 4 letters (which answers those of 3 as well), 0.52 with one of 1 to 4.
    """
    CREATE TABLE folders (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        parent_id INTEGER REFERENCES folders (id) ON DELETE SET NULL,
        name TEXT NOT NULL,
        position INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX folders_by_parent ON folders (parent_id, position);

    CREATE TABLE trash (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        message_id INTEGER NOT NULL,
        trashed_at REAL NOT NULL,
        leaf_id INTEGER,
        moved TEXT NOT NULL
    ) STRICT;
    CREATE INDEX trash_by_conversation ON trash (conversation_id);
    CREATE INDEX trash_by_time ON trash (trashed_at);

    ALTER TABLE conversations ADD COLUMN folder_id INTEGER REFERENCES folders (id) ON DELETE SET NULL;
    ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE conversations ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE conversations ADD COLUMN trashed_at REAL;
    ALTER TABLE conversations ADD COLUMN titled_by TEXT NOT NULL DEFAULT 'user';
    ALTER TABLE conversations ADD COLUMN origin TEXT;
    DROP INDEX conversations_by_update;
    CREATE INDEX conversations_listed ON conversations (pinned DESC, updated_at DESC, id DESC)
        WHERE trashed_at IS NULL AND archived = 0;
    CREATE INDEX conversations_in_folder ON conversations (folder_id, pinned DESC, updated_at DESC, id DESC)
        WHERE trashed_at IS NULL AND archived = 0;
    CREATE INDEX conversations_archived ON conversations (pinned DESC, updated_at DESC, id DESC)
        WHERE trashed_at IS NULL AND archived = 1;
    CREATE INDEX conversations_trashed ON conversations (trashed_at DESC, id DESC) WHERE trashed_at IS NOT NULL;
    CREATE INDEX conversations_by_folder ON conversations (folder_id) WHERE folder_id IS NOT NULL;
    CREATE UNIQUE INDEX conversations_by_origin ON conversations (origin) WHERE origin IS NOT NULL;

    ALTER TABLE messages ADD COLUMN trash_id INTEGER REFERENCES trash (id) ON DELETE CASCADE;
    CREATE INDEX messages_trashed ON messages (trash_id) WHERE trash_id IS NOT NULL;

    CREATE VIEW searchable_messages AS
        SELECT id, search_words(CAST(text AS BLOB)) AS text FROM messages WHERE state != 'streaming';
    CREATE VIRTUAL TABLE message_index USING fts5 (
        text, content = 'searchable_messages', content_rowid = 'id', detail = none, columnsize = 0, prefix = '1 2 4',
        tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
    );
    INSERT INTO message_index (message_index) VALUES ('rebuild');
    CREATE TRIGGER message_indexed AFTER INSERT ON messages WHEN new.state != 'streaming'
    BEGIN
        INSERT INTO message_index (rowid, text) VALUES (new.id, search_words(CAST(new.text AS BLOB)));
    END;
    CREATE TRIGGER message_reindexed AFTER UPDATE OF text, state ON messages
        WHEN old.text != new.text OR (old.state = 'streaming') != (new.state = 'streaming')
    BEGIN
        INSERT INTO message_index (message_index, rowid, text)
            SELECT 'delete', old.id, search_words(CAST(old.text AS BLOB)) WHERE old.state != 'streaming';
        INSERT INTO message_index (rowid, text)
            SELECT new.id, search_words(CAST(new.text AS BLOB)) WHERE new.state != 'streaming';
    END;
    CREATE TRIGGER message_unindexed AFTER DELETE ON messages WHEN old.state != 'streaming'
    BEGIN
        INSERT INTO message_index (message_index, rowid, text)
            VALUES ('delete', old.id, search_words(CAST(old.text AS BLOB)));
    END;

    CREATE VIEW searchable_titles AS SELECT id, search_words(CAST(title AS BLOB)) AS title FROM conversations;
    CREATE VIRTUAL TABLE title_index USING fts5 (
        title, content = 'searchable_titles', content_rowid = 'id', detail = none, columnsize = 0, prefix = '1 2 4',
        tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
    );
    INSERT INTO title_index (title_index) VALUES ('rebuild');
    CREATE TRIGGER title_indexed AFTER INSERT ON conversations
    BEGIN
        INSERT INTO title_index (rowid, title) VALUES (new.id, search_words(CAST(new.title AS BLOB)));
    END;
    CREATE TRIGGER title_reindexed AFTER UPDATE OF title ON conversations WHEN old.title != new.title
    BEGIN
        INSERT INTO title_index (title_index, rowid, title)
            VALUES ('delete', old.id, search_words(CAST(old.title AS BLOB)));
        INSERT INTO title_index (rowid, title) VALUES (new.id, search_words(CAST(new.title AS BLOB)));
    END;
    CREATE TRIGGER title_unindexed AFTER DELETE ON conversations
    BEGIN
        INSERT INTO title_index (title_index, rowid, title)
            VALUES ('delete', old.id, search_words(CAST(old.title AS BLOB)));
    END;
    """,
    """
    CREATE TABLE presets (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        position INTEGER NOT NULL,
        builtin TEXT UNIQUE,
        body TEXT
    ) STRICT;
    ALTER TABLE folders ADD COLUMN preset_id INTEGER REFERENCES presets (id) ON DELETE SET NULL;
    ALTER TABLE conversations ADD COLUMN preset TEXT;
    CREATE INDEX folders_by_preset ON folders (preset_id) WHERE preset_id IS NOT NULL;
    """,
    "ALTER TABLE measurements ADD COLUMN cost TEXT NOT NULL DEFAULT '';",
    "ALTER TABLE messages ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;",
)


def migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    """Bring the schema to the last version, each step in a transaction of its own.

    What holds data is first copied beside itself, as `parley.before-2.sqlite3` for the step to 2.

    Raises:
        sqlite3.Error: a step failed; the file is left at the version before it.
        OSError: the copy could not be put in place.
    """
    version = schema_version(connection)
    if 0 < version < len(migrations):
        _copy(connection, path.with_name(f"{path.stem}.before-{version + 1}{path.suffix}"))
    while (version := schema_version(connection)) < len(migrations):
        _step(connection, version, migrations[version])


def schema_version(connection: sqlite3.Connection) -> int:
    """The number of migrations the file has seen."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _step(connection: sqlite3.Connection, version: int, script: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have taken the same step while this one waited for the lock.
        if schema_version(connection) == version:
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {version + 1}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """Split a script at the ends of lines where a statement ends; `executescript` would commit."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(partial)) as copy:
            connection.backup(copy)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
