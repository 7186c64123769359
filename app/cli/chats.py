"""`parley chats`: what was said before."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import islice

import msgspec

from app.cli.invocation import CommandTable, Invocation
from app.core.chat.conversation_errors import NoSuchFolder, SeveralFolders
from app.core.chat.conversations import Conversation, ConversationSummary, StoredMessage
from app.core.chat.listing import Folder, Listing, Page, Place, Shelf
from app.core.chat.search import SearchQuery, SearchResult
from app.core.engine.messages import MessageState, Role
from app.storage.lane import Lane
from app.storage.stores import Stores

_SPEAKERS = {Role.SYSTEM: "System", Role.USER: "You", Role.ASSISTANT: "Model"}


def show_list(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """The conversations in use, or those of a folder, or those put away."""
    shown = 0
    with invocation.storage() as lane:
        folder_id = None
        if arguments.folder is not None:
            folder_id = lane.submit(lambda stores: read_folder(stores, arguments.folder)).result().id
        listing = Listing(Shelf.ARCHIVE if arguments.archived else Shelf.ALL, folder_id)
        for summary in islice(each_page(lane, listing), arguments.limit):
            shown += 1
            if arguments.json:
                invocation.terminal.record(summary)
            else:
                pinned = "*" if summary.pinned else " "
                invocation.terminal.line(f"{summary.id:>5} {pinned}{moment(summary.updated_at)}  {summary.title}")
    if not shown and not arguments.json:
        invocation.terminal.note("No chat yet. Begin one with “parley ask” or “parley chat”.")
    return 0


def search(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Where words stand in titles and messages, the best hits first."""

    def run(stores: Stores) -> SearchResult:
        query = SearchQuery(
            " ".join(arguments.words),
            model=arguments.model,
            folder_id=None if arguments.folder is None else read_folder(stores, arguments.folder).id,
            since=arguments.since,
            until=arguments.until,
            role=None if arguments.role is None else Role(arguments.role),
        )
        return stores.search.search(query, arguments.limit)

    with invocation.storage() as lane:
        result = lane.submit(run).result()
    for hit in result.hits:
        if arguments.json:
            invocation.terminal.record(hit)
            continue
        who = f", {hit.model or _SPEAKERS[hit.role]}" if hit.role is not None else ""
        place = f" message {hit.message_id}" if hit.message_id is not None else ""
        invocation.terminal.line(f"{hit.conversation.id:>5}{place}  {moment(hit.at)}{who}  {hit.title.text}")
        if hit.message_id is not None:
            invocation.terminal.line(f"       {hit.snippet.text}")
    if not result.hits and not arguments.json:
        invocation.terminal.note("Nothing was found.")
    return 0


def show(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """The path of a conversation that is being read."""
    with invocation.storage() as lane:
        conversation = lane.submit(lambda stores: stores.conversations.load(arguments.id)).result()
    if arguments.json:
        invocation.terminal.record(_as_dict(conversation))
        return 0
    invocation.terminal.line(f"{conversation.summary.title}  ({conversation.summary.id})")
    for message in conversation.path():
        invocation.terminal.line(f"\n{_heading(message)}\n{message.text}")
    return 0


def each_page(lane: Lane, listing: Listing) -> Iterator[ConversationSummary]:
    """Every conversation of a listing, read a page at a time."""
    after: Place | None = None
    while True:
        page = lane.submit(partial(_page, listing, after)).result()
        yield from page.conversations
        after = page.after
        if after is None:
            return


def read_folder(stores: Stores, wanted: str) -> Folder:
    """The folder with this number, or else with this name.

    Raises:
        NoSuchFolder: there is none.
        SeveralFolders: the name is that of several.
    """
    folders = stores.folders.list()
    found = [folder for folder in folders if str(folder.id) == wanted]
    found = found or [folder for folder in folders if folder.name == wanted]
    if not found:
        raise NoSuchFolder(name=wanted)
    if len(found) > 1:
        raise SeveralFolders(name=wanted)
    return found[0]


def moment(seconds: float) -> str:
    """A time of Unix seconds on the user's clock."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def _page(listing: Listing, after: Place | None, stores: Stores) -> Page:
    return stores.listing.page(listing, after)


def _heading(message: StoredMessage) -> str:
    who = message.record.model.name if message.record else _SPEAKERS[message.role]
    state = "" if message.state is MessageState.COMPLETE else f", {message.state}"
    reason = message.record.failure.error().sentence if message.record and message.record.failure else ""
    return f"{who}, {moment(message.created_at)}{state}" + (f": {reason}" if reason else "")


def _as_dict(conversation: Conversation) -> dict[str, object]:
    return {
        **msgspec.to_builtins(conversation.summary),
        "messages": [_message(message) for message in conversation.path()],
    }


def _message(message: StoredMessage) -> dict[str, object]:
    return {name: getattr(message, name) for name in StoredMessage.__struct_fields__}


COMMANDS: CommandTable = {"chats list": show_list, "chats show": show, "chats search": search}
