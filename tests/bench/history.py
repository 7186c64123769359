"""Speed with many years of history; what `python -m tests.bench history` runs.

Alone: `python -m tests.bench.history [--scale S]`. At scale 1 there are 100,000 conversations and 1,010,000
messages, in a file of 1.5 GB that is made once, in some two minutes, and kept in the cache folder.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from app.core.chat.listing import Listing
from app.core.chat.search import SearchQuery
from app.storage.stores import Stores, open_stores
from tests.bench.environment import ENVIRONMENT, ROOT
from tests.bench.history_data import CONVERSATIONS, Writer, make

CACHE = ROOT / ".cache"
PHRASES = 60
STARTS = 7


@dataclass(frozen=True)
class History:
    """What was measured; times in seconds, `growth` in bytes per byte of text."""

    messages: int
    search_p95: float
    search_p50: float
    page: float
    scrolled: float
    opened: float
    start: float
    growth: float


def measure(scale: float = 1.0) -> History:
    """Measure all of it."""
    file = CACHE / f"history-{scale:g}.sqlite3"
    if not file.exists():
        make(file, scale)
    stores = open_stores(file)
    messages, growth = _growth(stores)
    searches = sorted(_searches(stores))
    pages = list(_pages(stores))
    stores.database.close()
    with tempfile.TemporaryDirectory() as folder:
        full, empty = Path(folder) / "full", Path(folder) / "empty"
        open_stores(empty / "data" / "parley.sqlite3").database.close()
        (full / "data").mkdir(parents=True)
        (full / "data" / "parley.sqlite3").symlink_to(file)
        runs = [(_window(full, int(CONVERSATIONS * scale) + 1), _window(empty, 0)) for _ in range(STARTS)][1:]
    return History(
        messages=messages,
        search_p95=searches[len(searches) * 95 // 100],
        search_p50=statistics.median(searches),
        page=pages[0],
        scrolled=max(pages),
        opened=statistics.median(full["opened"] for full, _ in runs),
        start=statistics.median(full["listed"] / empty["listed"] for full, empty in runs),
        growth=growth,
    )


def _searches(stores: Stores) -> Iterator[float]:
    """Phrases of one to three words, typed letter by letter, each letter a search; one in ten is Japanese."""
    writer, choice = Writer(), random.Random(2)
    for place in range(PHRASES):
        words = choice.choices(writer.vocabulary[:20_000], k=1 + place % 3)
        phrase = writer.text(2, japanese=True) if place % 10 == 9 else " ".join(words)
        for end in range(1, len(phrase) + 1):
            query = SearchQuery(phrase[:end])
            begun = time.perf_counter()
            stores.search.search(query)
            yield time.perf_counter() - begun


def _pages(stores: Stores) -> Iterator[float]:
    """The first fifty pages of the list, one after the other."""
    after = None
    for _ in range(50):
        begun = time.perf_counter()
        after = stores.listing.page(Listing(), after).after
        yield time.perf_counter() - begun
        if after is None:
            return


def _growth(stores: Stores) -> tuple[int, float]:
    with stores.database.snapshot() as connection:
        text, messages = connection.execute("SELECT sum(length(CAST(text AS BLOB))), count(*) FROM messages").fetchone()
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    return messages, (pages - free) * size / text


def _window(home: Path, conversation_id: int) -> dict[str, Any]:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "tests.bench.history_window", home, str(conversation_id)]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        listed = time.perf_counter() - begun
        opened = float(process.stdout.readline())
    return {"listed": listed, "opened": opened}


def main() -> None:
    """Print what was measured as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    print(msgspec.json.encode(measure(parser.parse_args().scale)).decode())


if __name__ == "__main__":
    main()
