"""How fast conversations go out and come in: `python -m tests.bench.exchange` prints JSON.

Megabytes are those of the file that is written or read; medians of rounds, each on the same database
and in a new file, with the system's disk cache warm.
"""

from __future__ import annotations

import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from app.chat.exchange import Exchange
from app.core.data.exchange import ExportFormat
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import FinishReason, ModelIdentity, ReplyRecord, Role, Timings, Usage
from app.core.engine.sampling import Sampling
from app.exchange.portable import PortableConversation, PortableMessage
from app.storage.exchange import ExchangeStore
from app.storage.lane import Lane
from app.storage.stores import Stores, open_stores

CONVERSATIONS = 5_000
MESSAGES = 10
TEXT = "The quick brown fox jumps over the lazy dog, and “it” says so:\n\n```python\nprint('fox')\n```\n" * 10
ROUNDS = 3

RECORD = ReplyRecord(
    model=ModelIdentity("Llama 3 8B", "/models/llama.gguf", 4_900_000_000, "llama", "Q4_K_M", "ab" * 32),
    engine="llama.cpp",
    engine_version="b4000",
    template="llama3",
    sampling=Sampling(temperature=0.7),
    options=LoadOptions(context_length=8192),
    seed=7,
    usage=Usage(900, 800, 200),
    timings=Timings(0.1, 0.2, 5.0, 900.0, 40.0),
    finish_reason=FinishReason.STOP,
)


def conversation(number: int) -> PortableConversation:
    """One of about 10 kB."""
    messages = tuple(
        PortableMessage(
            id=at,
            parent=at - 1 or None,
            role=Role.USER if at % 2 else Role.ASSISTANT,
            text=f"{number}.{at} {TEXT}",
            created_at=1.7e9 + at,
            record=None if at % 2 else RECORD,
        )
        for at in range(1, MESSAGES + 1)
    )
    return PortableConversation(
        origin=f"chatgpt:{number}", title=f"Chat {number}", created_at=1.7e9, leaf=MESSAGES, messages=messages
    )


def fill(stores: Stores) -> None:
    """Keep all conversations."""
    store = ExchangeStore(stores.database)
    for start in range(0, CONVERSATIONS, 100):
        store.put([conversation(number) for number in range(start, start + 100)])


def rate(path: Path, work: Callable[[], object]) -> float:
    """Megabytes of the file per second of work."""
    begun = time.perf_counter()
    work()
    return path.stat().st_size / 1e6 / (time.perf_counter() - begun)


def main() -> None:
    """Measure export and import of the same conversations."""
    out: list[float] = []
    back: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lane = Lane(lambda: open_stores(folder / "a.sqlite3"))
        lane.submit(fill).result()
        exchange = Exchange(lane, folder, lambda done, total: None, lambda: False)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for at in range(ROUNDS):
            path = folder / f"{at}.json"
            out.append(rate(path, lambda path=path: exchange.export([], ExportFormat.JSON, path)))  # type: ignore[misc]
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        lane.close()
        other = Lane(lambda: open_stores(folder / "b.sqlite3"))
        shelf = Exchange(other, folder, lambda done, total: None, lambda: False)
        back.append(rate(folder / "0.json", lambda: shelf.import_paths([folder / "0.json"])))
        other.close()
        size = (folder / "0.json").stat().st_size
    figures = {
        "bytes": size,
        "export_mb_per_second": round(statistics.median(out), 1),
        "export_memory_growth_kb": grown,
        "import_mb_per_second": round(statistics.median(back), 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
