"""A child that writes exchanges, run as `write_exchanges.py DATABASE COUNT`."""

from __future__ import annotations

import sys
from pathlib import Path

from app.core.engine.loading import LoadOptions
from app.core.engine.messages import MessageState, ModelIdentity, ReplyRecord
from app.core.engine.sampling import Sampling
from app.storage.stores import open_stores


def main() -> None:
    record = ReplyRecord(
        model=ModelIdentity("m", "/m", 1),
        engine="",
        engine_version="",
        template="",
        sampling=Sampling(),
        options=LoadOptions(),
    )
    store = open_stores(Path(sys.argv[1]), busy_seconds=60).conversations
    for number in range(int(sys.argv[2])):
        exchange = store.begin_exchange(None, None, f"question {number}", record=record)
        store.append_draft(exchange.reply.id, "half ")
        store.finish_reply(exchange.reply.id, f"answer {number}", "", MessageState.COMPLETE, record)


if __name__ == "__main__":
    main()
