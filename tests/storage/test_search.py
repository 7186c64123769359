from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest

from app.core.chat.search import Hit, SearchQuery
from app.core.engine.messages import MessageState, ReplyRecord, Role
from app.core.errors import Cancelled
from app.storage.branches import BranchStore
from app.storage.conversations import ConversationStore
from app.storage.database import Database
from app.storage.folders import FolderStore
from app.storage.listing import ListingStore
from app.storage.search import SearchStore
from tests.storage.filling import add_message, create


@pytest.fixture
def search(database: Database) -> SearchStore:
    return SearchStore(database)


def say(store: ConversationStore, text: str, title: str = "Untitled") -> int:
    """A message in a conversation of its own."""
    return add_message(store, create(store, title).id, None, Role.USER, text).id


def found(search: SearchStore, text: str, **filters: object) -> list[int | None]:
    return [hit.message_id for hit in search.search(SearchQuery(text, **filters)).hits]  # type: ignore[arg-type]


def marked(text: str, marks: tuple[tuple[int, int], ...]) -> list[str]:
    return [text[start:end] for start, end in marks]


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("The quick brown fox", "quick"),
        ("The quick brown fox", "QUI fo"),
        ("The quick brown fox", "f"),
        ("Déjà vu, naïve café", "deja CAFE"),
        ("A dull cafe", "café"),
        ("self.group_size = 128", "group_size"),
        ("self.group_size = 128", "size 12"),
        ("我住在东京都。", "东京"),
        ("我住在东京都。", "京都"),
        ("我住在东京都。", "东京都"),
        ("我住在东京都。", "都"),
        ("東京タワーへ行きました", "タワー"),
        ("안녕하세요 세계", "하세"),
        ("สวัสดีครับ", "สวัส"),
        ("हिन्दी में लिखो", "हिन्दी"),
        ("Parley、日本語ok", "parley 本語ok"),
        ("ＡＢＣ全角", "abc"),
        ("İstanbul und Straße", "straße"),
        ('say "hello world" now', '"hello world"'),
        ("nul \0 byte", "byte"),
    ],
)
def test_what_is_there_is_found(store: ConversationStore, search: SearchStore, text: str, sought: str) -> None:
    other = say(store, "Nothing of that kind, zzz.")
    key = say(store, text)
    (hit,) = search.search(SearchQuery(sought)).hits
    assert hit.message_id == key != other
    assert hit.snippet.marks


@pytest.mark.parametrize(
    "sought",
    [
        "",
        "   ",
        "uick",
        "quick cat",
        '"brown quick"',
        "东都",
        "京东",
        '"',
        "*",
        "AND",
        "NOT quick",
        "' OR 1",
        "a" * 5000,
    ],
)
def test_what_is_not_there_is_not_found(store: ConversationStore, search: SearchStore, sought: str) -> None:
    say(store, "The quick brown fox 东京都")
    assert found(search, sought) == []


def test_a_long_word_of_characters_must_be_in_one_piece(store: ConversationStore, search: SearchStore) -> None:
    say(store, "東京 京都")
    key = say(store, "東京都")
    assert found(search, "東京都") == [key]


def test_marks_are_ranges_of_the_snippet(store: ConversationStore, search: SearchStore) -> None:
    say(store, "Before. " * 100 + "Straße und\nCafé; the ﬁnal straßen " + "after " * 100)
    (hit,) = search.search(SearchQuery("strasse")).hits
    assert marked(hit.snippet.text, hit.snippet.marks) == ["Straße", "straße"]
    assert hit.snippet.text.startswith("…") and hit.snippet.text.endswith("…")
    assert "\n" not in hit.snippet.text
    assert len(hit.snippet.text) < 200


def test_a_hit_far_into_a_long_message_has_its_snippet(store: ConversationStore, search: SearchStore) -> None:
    key = say(store, "filler " * 20_000 + "needle")
    (hit,) = search.search(SearchQuery("needle")).hits
    assert (hit.message_id, marked(hit.snippet.text, hit.snippet.marks)) == (key, ["needle"])


def test_titles_come_first_then_the_most_telling_text(store: ConversationStore, search: SearchStore) -> None:
    long = say(store, "apple " + "word " * 300)
    dense = say(store, "apple apple tart")
    titled = create(store, "Apple tart").id
    hits = search.search(SearchQuery("apple")).hits
    assert [(hit.message_id, hit.conversation.id == titled) for hit in hits] == [
        (None, True),
        (dense, False),
        (long, False),
    ]
    assert marked(hits[0].title.text, hits[0].title.marks) == ["Apple"]
    assert not search.search(SearchQuery("apple")).more


def test_the_rarer_word_weighs_more(store: ConversationStore, search: SearchStore) -> None:
    for _ in range(30):
        say(store, "the same the old story")
    common = say(store, "the the the the zebra with some more words here")
    rare = say(store, "the zebra zebra zebra zebra in some words here")
    assert found(search, "the zebra") == [rare, common]


def test_filters(store: ConversationStore, search: SearchStore, database: Database, record: ReplyRecord) -> None:
    folders, listing = FolderStore(database), ListingStore(database)
    exchange = store.begin_exchange(None, None, "word asked", record=record)
    other = msgspec.structs.replace(record, model=msgspec.structs.replace(record.model, name="Bigger 7B"))
    store.finish_reply(exchange.reply.id, "word answered", "", MessageState.COMPLETE, other)
    asked, answered = exchange.user.id, exchange.reply.id
    elsewhere = say(store, "word elsewhere")
    outer = folders.create("outer")
    inner = folders.create("inner", outer.id)
    listing.file({exchange.conversation.id: inner.id})
    assert found(search, "word", role=Role.ASSISTANT) == [answered]
    assert set(found(search, "word", role=Role.USER)) == {asked, elsewhere}
    assert found(search, "word", model="bigger") == [answered]
    assert found(search, "word", model="tiny") == []
    assert {*found(search, "word", folder_id=outer.id)} == {None, asked, answered}
    created = store.load(exchange.conversation.id)[answered].created_at
    assert answered not in found(search, "word", until=created)
    assert asked not in found(search, "word", since=created)
    hit = search.search(SearchQuery("answered")).hits[0]
    assert (hit.model, hit.role, hit.at) == ("Bigger 7B", Role.ASSISTANT, created)


def test_what_is_in_the_trash_is_not_found(store: ConversationStore, search: SearchStore, database: Database) -> None:
    chat = create(store, "needle title")
    message = add_message(store, chat.id, None, Role.USER, "needle text")
    branches, listing = BranchStore(database), ListingStore(database)
    deleted = branches.delete_message(chat.id, message.id)
    assert found(search, "needle") == [None]
    branches.restore(deleted)
    listing.trash([chat.id])
    assert found(search, "needle") == []
    listing.restore([chat.id])
    assert found(search, "needle") == [None, message.id]


def test_the_index_follows_every_change(
    store: ConversationStore, search: SearchStore, database: Database, record: ReplyRecord
) -> None:
    exchange = store.begin_exchange(None, None, "question", record=record)
    reply = exchange.reply.id
    store.append_draft(reply, "half")
    assert found(search, "half") == []
    store.finish_reply(reply, "half done", "", MessageState.STOPPED, record)
    assert found(search, "half") == [reply]
    store.begin_continuation(exchange.conversation.id, reply, record=record)
    store.finish_reply(reply, "wholly done", "", MessageState.COMPLETE, record)
    assert (found(search, "half"), found(search, "wholly")) == ([], [reply])
    store.rename(exchange.conversation.id, "新しい題")
    assert (found(search, "question"), found(search, "しい")) == ([exchange.user.id], [None])
    with database.transaction() as connection:
        for index in ("message_index", "title_index"):
            connection.execute(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")


def test_a_damaged_byte_can_still_be_deleted(store: ConversationStore, search: SearchStore, database: Database) -> None:
    key = say(store, "word")
    with database.transaction() as connection:
        connection.execute("UPDATE messages SET text = CAST(x'776f726420ff' AS TEXT) WHERE id = ?", (key,))
    assert found(search, "word") == [key]
    with database.transaction() as connection:
        connection.execute("DELETE FROM messages")
    assert found(search, "word") == []


def test_of_very_many_only_the_newest_are_weighed(store: ConversationStore, search: SearchStore) -> None:
    chat = create(store, "Long")
    keys = [add_message(store, chat.id, None, Role.USER, "word").id for _ in range(220)]
    result = search.search(SearchQuery("word"))
    assert result.more
    assert [hit.message_id for hit in result.hits] == keys[:-51:-1]


def test_three_letters_are_found_among_many_that_begin_alike(store: ConversationStore, search: SearchStore) -> None:
    chat = create(store, "Long")
    rare = add_message(store, chat.id, None, Role.USER, "abcdef").id
    for number in range(500):
        add_message(store, chat.id, None, Role.USER, "abdomen, about" if number % 2 else "abnormal")
    assert found(search, "abc") == [rare]
    result = search.search(SearchQuery("abd"))
    assert (len(result.hits), result.more) == (50, True)
    assert {hit.snippet.text for hit in result.hits} == {"abdomen, about"}
    assert found(search, "abc abd") == []


def test_an_interrupted_search_is_cancelled(path: Path, store: ConversationStore, database: Database) -> None:
    say(store, "word")
    searching = threading.Event()
    ended: list[BaseException | tuple[Hit, ...]] = []

    def work() -> None:
        with Database(path) as mine:
            with mine.snapshot() as connection:
                connection.create_function("casefold", 1, lambda _: searching.set() or database_waits())
            opened.append(mine)
            ready.set()
            try:
                ended.append(SearchStore(mine).search(SearchQuery("word", model="x")).hits)
            except Cancelled as error:
                ended.append(error)

    released = threading.Event()

    def database_waits() -> str:
        released.wait(10)
        return ""

    opened: list[Database] = []
    ready = threading.Event()
    thread = threading.Thread(target=work)
    thread.start()
    assert ready.wait(10) and searching.wait(10)
    opened[0].interrupt()
    released.set()
    thread.join(10)
    assert isinstance(ended[0], Cancelled)
