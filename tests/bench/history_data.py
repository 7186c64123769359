"""A history of many years, made once and kept in the cache folder: `python -m tests.bench.history_data FILE --scale S`.

At scale 1 it has 100,000 conversations of ten messages, and one of 10,000. Words come from a vocabulary of
40,000 by Zipf's law, with some five letters in the mean and a mark after every eighth, as in English; one
conversation in twenty is in Japanese. Each reply has a record as a real one does. What is printed is JSON:
the messages, and the bytes of their text and of the file.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import accumulate
from pathlib import Path

from app.core.engine.loading import LoadOptions
from app.core.engine.messages import FinishReason, ModelIdentity, ReplyRecord, Timings, Usage
from app.core.engine.sampling import Sampling
from app.storage.database import Database
from app.storage.rows import encode_record

CONVERSATIONS, MESSAGES, LONG = 100_000, 10, 10_000
ASKED_WORDS, ANSWERED_WORDS = 40, 220
_SYLLABLES = (
    *("ta", "re", "in", "on", "st", "er", "al", "ment", "co", "pre", "li", "ous", "ing", "de", "ex", "tion", "ar"),
    *("ba", "mo", "su", "ve", "qu", "ph", "ly", "ed", "sh", "tr", "gr", "ck", "or", "un", "ea", "th", "w", "k"),
)
_KANA = "のにはをたがでてとしれさあるいなかこもよまりら東京都日本語学生会社時間人大年月見行来食飲水火木金土"
_START, _STEP = 1_600_000_000.0, 150.0


class Writer:
    """Words, messages and records from one seed."""

    def __init__(self) -> None:
        self._random = random.Random(4)
        words = {"".join(self._random.choices(_SYLLABLES, k=1 + place % 4)) for place in range(200_000)}
        self.vocabulary = sorted(sorted(words), key=lambda word: len(word) + self._random.uniform(0, 9))[:40_000]
        self._weights = list(accumulate(1 / (place + 2.7) for place in range(len(self.vocabulary))))
        self._record = encode_record(
            ReplyRecord(
                model=ModelIdentity(
                    "Mistral 7B Instruct", "/models/mistral.Q4_K_M.gguf", 4_368_439_584, "llama", "Q4_K_M"
                ),
                engine="llama.cpp",
                engine_version="0.3.16",
                template="mistral",
                sampling=Sampling(),
                options=LoadOptions(context_length=8192),
                seed=123456,
                usage=Usage(100, 50, 300),
                timings=Timings(0.1, 0.2, 0.3, 100.0, 10.0),
                finish_reason=FinishReason.STOP,
            )
        )

    def text(self, words: int, *, japanese: bool) -> str:
        """A message of about that many words."""
        count = self._random.randint(words // 2, words * 3 // 2)
        if japanese:
            return "".join(self._random.choices(_KANA, k=count * 2))
        words = self._random.choices(self.vocabulary, cum_weights=self._weights, k=count)
        words[::8] = [f"{word}," for word in words[::8]]
        return " ".join(words)

    def rows(self, conversation_id: int, first: int, messages: int) -> Iterator[tuple[object, ...]]:
        """The messages of one conversation, one below the other, from the number `first` on."""
        japanese = conversation_id % 20 == 0
        for place in range(messages):
            key, asked = first + place, place % 2 == 0
            text = self.text(ASKED_WORDS if asked else ANSWERED_WORDS, japanese=japanese)
            yield (
                key,
                conversation_id,
                key - 1 if place else None,
                "user" if asked else "assistant",
                text,
                _START + key * _STEP,
                None if asked else self._record,
            )


def make(path: Path, scale: float) -> None:
    """Fill a new database; the triggers are set aside meanwhile, and the index is made at the end."""
    partial = path.with_suffix(".partial")
    for leftover in path.parent.glob(f"{partial.name}*"):
        leftover.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    Database(partial).close()
    writer, conversations = Writer(), int(CONVERSATIONS * scale)
    with Database(partial) as database, database.snapshot() as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    with closing(sqlite3.connect(partial, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        first = 1
        for conversation_id in range(1, conversations + 2):
            messages = LONG if conversation_id > conversations else MESSAGES
            rows = list(writer.rows(conversation_id, first, messages))
            first += messages
            title = str(rows[0][4])[:40]
            connection.execute(
                "INSERT INTO conversations (id, title, created_at, updated_at, pinned) VALUES (?, ?, ?, ?, ?)",
                (conversation_id, title, rows[0][5], rows[-1][5], conversation_id % 10_000 == 0),
            )
            connection.executemany(
                "INSERT INTO messages (id, conversation_id, parent_id, role, text, created_at, record, "
                "reasoning, state) VALUES (?, ?, ?, ?, ?, ?, ?, '', 'complete')",
                rows,
            )
            connection.execute("UPDATE conversations SET leaf_id = ? WHERE id = ?", (first - 1, conversation_id))
        connection.execute("COMMIT")
    with Database(partial) as database, database.transaction() as connection:
        for _, statement in triggers:
            connection.execute(statement)
        for index in ("message_index", "title_index"):
            connection.execute(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")
    partial.replace(path)


def main() -> None:
    """Make the file that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args()
    make(options.file, options.scale)
    with Database(options.file) as database, database.snapshot() as connection:
        text, messages = connection.execute("SELECT sum(length(CAST(text AS BLOB))), count(*) FROM messages").fetchone()
    print(json.dumps({"messages": messages, "text": text, "file": options.file.stat().st_size}))


if __name__ == "__main__":
    main()
