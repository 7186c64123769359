"""A child that streams a reply until it is killed; a line tells what has been committed.

Run as `stream_drafts.py DATABASE`: prints the conversation's number, then a number for each draft.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from app.core.engine.loading import LoadOptions
from app.core.engine.messages import ModelIdentity, ReplyRecord
from app.core.engine.sampling import Sampling
from app.storage.conversations import ConversationStore
from app.storage.database import Database


def main() -> None:
    record = ReplyRecord(
        model=ModelIdentity("m", "/m", 1),
        engine="",
        engine_version="",
        template="",
        sampling=Sampling(),
        options=LoadOptions(),
    )
    store = ConversationStore(Database(Path(sys.argv[1])))
    exchange = store.begin_exchange(None, None, "count", record=record)
    print(exchange.conversation.id, flush=True)
    for number in itertools.count():
        store.append_draft(exchange.reply.id, f"{number} ", f"({number})")
        print(number, flush=True)


if __name__ == "__main__":
    main()
