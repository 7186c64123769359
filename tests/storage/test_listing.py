from __future__ import annotations

import psutil
import pytest

from app.core.chat.conversation_errors import FolderInsideItself, UnknownFolder
from app.core.chat.listing import Listing, Shelf
from app.core.engine.messages import ReplyRecord, Role
from app.storage.branches import BranchStore
from app.storage.conversations import ConversationStore
from app.storage.database import Database
from app.storage.folders import FolderStore
from app.storage.listing import ListingStore
from tests.storage.conftest import Clock
from tests.storage.filling import add_message, create

DAY = 86_400


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def listing(database: Database, clock: Clock) -> ListingStore:
    return ListingStore(database, clock=clock)


@pytest.fixture
def folders(database: Database) -> FolderStore:
    return FolderStore(database)


def ids(listing: ListingStore, what: Listing | None = None) -> list[int]:
    return [line.id for line in listing.page(what or Listing()).conversations]


def test_pages_follow_each_other_without_gap_or_repetition(store: ConversationStore, listing: ListingStore) -> None:
    made = [create(store, str(number)).id for number in range(25)]
    listing.pin([made[3], made[20]])
    seen, after = list[int](), None
    for length in (10, 10, 5):
        page = listing.page(Listing(), after, limit=10)
        assert len(page.conversations) == length
        seen += [line.id for line in page.conversations]
        after = page.after
    assert after is None
    rest = [key for key in reversed(made) if key not in (made[3], made[20])]
    assert seen == [made[20], made[3], *rest]


def test_a_change_between_two_pages_loses_nothing(store: ConversationStore, listing: ListingStore) -> None:
    made = [create(store, str(number)).id for number in range(6)]
    first = listing.page(Listing(), limit=3)
    add_message(store, made[0], None, Role.USER, "now the newest")
    create(store, "newer still")
    second = listing.page(Listing(), first.after, limit=3)
    assert [line.id for line in second.conversations] == [made[2], made[1]]


def test_every_conversation_stands_on_its_shelf(
    store: ConversationStore, listing: ListingStore, folders: FolderStore
) -> None:
    plain, filed, archived, trashed = (create(store, name).id for name in ("a", "b", "c", "d"))
    folder = folders.create("Work")
    assert listing.file({filed: folder.id}) == {filed: None}
    assert listing.archive([archived]) == [archived]
    assert listing.archive([archived, 99]) == []
    assert listing.trash([trashed, trashed]) == [trashed]
    assert ids(listing) == [filed, plain]
    assert ids(listing, Listing(Shelf.UNFILED)) == [plain]
    assert ids(listing, Listing(folder_id=folder.id)) == [filed]
    assert ids(listing, Listing(Shelf.ARCHIVE)) == [archived]
    assert ids(listing, Listing(Shelf.TRASH)) == [trashed]
    assert listing.restore([trashed, plain]) == [trashed]
    assert ids(listing) == [trashed, filed, plain]
    assert ids(listing, Listing(contains="A")) == [plain]


def test_the_trash_is_paged_by_the_time_of_deletion(store: ConversationStore, listing: ListingStore) -> None:
    made = [create(store, str(number)).id for number in range(4)]
    for key in (made[2], made[0], made[3]):
        listing.trash([key])
    page = listing.page(Listing(Shelf.TRASH), limit=2)
    rest = listing.page(Listing(Shelf.TRASH), page.after, limit=2)
    assert [line.id for line in (*page.conversations, *rest.conversations)] == [made[3], made[0], made[2]]


def test_only_what_is_in_the_trash_is_forgotten(
    store: ConversationStore, listing: ListingStore, database: Database
) -> None:
    kept, gone = create(store, "kept").id, create(store, "gone").id
    below = None
    with database.transaction() as connection:
        for _ in range(1500):  # SQLite's cascades go 1,000 levels deep
            below = connection.execute(
                "INSERT INTO messages (conversation_id, parent_id, role, text, reasoning, state, created_at) "
                "VALUES (?, ?, 'user', 'deep', '', 'complete', 1) RETURNING id",
                (gone, below),
            ).fetchone()[0]
    listing.trash([gone])
    assert listing.forget([kept, gone]) == 1
    with database.snapshot() as connection:
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (0,)
        assert connection.execute("SELECT rowid FROM message_index WHERE message_index MATCH 'deep'").fetchall() == []
    assert ids(listing) == [kept]


def test_the_trash_keeps_thirty_days(
    store: ConversationStore, listing: ListingStore, clock: Clock, database: Database
) -> None:
    chat, gone = create(store, "chat"), create(store, "gone")
    kept = add_message(store, chat.id, None, Role.USER, "kept")
    lost = add_message(store, chat.id, kept.id, Role.ASSISTANT, "lost")
    branches = BranchStore(database, clock=clock)
    listing.trash([gone.id])
    branches.delete_message(chat.id, lost.id)
    clock.now += 29 * DAY
    assert listing.purge() == 0
    assert len(branches.trashed()) == 1
    clock.now += DAY
    assert listing.purge() == 2
    assert (store.count(), branches.trashed()) == (1, [])
    assert [message.id for message in store.load(chat.id)] == [kept.id]


def test_a_models_title_never_replaces_the_users(store: ConversationStore, listing: ListingStore) -> None:
    chat = create(store, "First words")
    assert listing.suggest_title(chat.id, "A title")
    assert store.summary(chat.id).title == "A title"
    assert not listing.suggest_title(chat.id, "Another")
    assert store.rename(chat.id, "Mine") == "A title"
    assert not listing.suggest_title(chat.id, "Another")
    assert store.summary(chat.id).title == "Mine"


def test_folders_keep_the_users_order(folders: FolderStore) -> None:
    first, second, third = (folders.create(name) for name in ("a", "b", "c"))
    inner = folders.create("inner", first.id)
    assert [folder.name for folder in folders.list()] == ["a", "b", "c", "inner"]
    assert folders.move(third.id, None, 0) == third
    assert [folder.name for folder in folders.list()] == ["c", "a", "b", "inner"]
    folders.move(second.id, first.id, 0)
    assert [folder.name for folder in folders.list() if folder.parent_id == first.id] == ["b", "inner"]
    assert folders.rename(inner.id, "deep").name == "inner"
    with pytest.raises(FolderInsideItself):
        folders.move(first.id, second.id)
    for operation in (
        lambda: folders.create("x", 99),
        lambda: folders.move(99, None),
        lambda: folders.rename(99, "x"),
        lambda: folders.delete(99),
    ):
        with pytest.raises(UnknownFolder):
            operation()


def test_a_deleted_folder_loses_nothing_and_comes_back(
    store: ConversationStore, listing: ListingStore, folders: FolderStore
) -> None:
    outer = folders.create("outer")
    middle = folders.create("middle", outer.id)
    inner = folders.create("inner", middle.id)
    staying, moving = create(store, "staying").id, create(store, "moving").id
    listing.file({staying: middle.id, moving: middle.id})
    deleted = folders.delete(middle.id)
    assert {folder.name: folder.parent_id for folder in folders.list()} == {"outer": None, "inner": outer.id}
    assert set(ids(listing, Listing(folder_id=outer.id))) == {staying, moving}
    listing.file({moving: None})
    folders.restore(deleted)
    assert ids(listing, Listing(folder_id=middle.id)) == [staying]
    assert next(folder for folder in folders.list() if folder.id == inner.id).parent_id == middle.id
    with pytest.raises(UnknownFolder):
        listing.file({staying: 99})


def test_pages_are_read_along_an_index(store: ConversationStore, listing: ListingStore, database: Database) -> None:
    for shelf, index in (
        (Listing(), "conversations_listed"),
        (Listing(folder_id=1), "conversations_in_folder"),
        (Listing(Shelf.UNFILED), "conversations_in_folder"),
        (Listing(Shelf.ARCHIVE), "conversations_archived"),
        (Listing(Shelf.TRASH), "conversations_trashed"),
    ):
        seen: list[str] = []
        with database.snapshot() as connection:
            pass
        connection.set_trace_callback(seen.append)
        listing.page(shelf)
        connection.set_trace_callback(None)
        (statement,) = [text for text in seen if text.startswith("SELECT")]
        with database.snapshot() as connection:
            plan = "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}"))
        assert index in plan
        assert "TEMP B-TREE" not in plan


def test_the_trash_is_emptied_a_hundred_at_a_time(store: ConversationStore, listing: ListingStore) -> None:
    kept = create(store, "kept").id
    listing.trash([create(store, str(number)).id for number in range(150)])
    assert [listing.empty_trash() for _ in range(3)] == [100, 50, 0]
    assert ids(listing) == [kept] and ids(listing, Listing(Shelf.TRASH)) == []


def test_who_answers_elsewhere_is_another_living_process(
    database: Database, store: ConversationStore, listing: ListingStore, record: ReplyRecord
) -> None:
    parent = psutil.Process().parent()
    assert parent is not None
    numbers = [store.begin_exchange(None, None, "Hello", record=record).conversation.id for _ in range(3)]
    assert listing.answered_elsewhere() == frozenset()
    with database.transaction() as connection:
        for number, writer in zip(numbers, (f"{parent.pid}:{parent.create_time():.2f}", "1:12.00"), strict=False):
            connection.execute(
                "UPDATE messages SET writer = ? WHERE conversation_id = ? AND state = 'streaming'", (writer, number)
            )
    assert listing.answered_elsewhere() == frozenset({numbers[0]})
