"""`parley chats` where it changes something: order, titles, folders, copies and the trash."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from app.cli.chats import each_page, moment, read_folder
from app.cli.invocation import CommandTable, Invocation
from app.core.chat.conversation_errors import NotInTrash, OneConversation
from app.core.chat.conversations import ConversationSummary
from app.core.chat.listing import Folder, Listing, Shelf
from app.storage.stores import Stores


def pin(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Let conversations stand first."""
    return _change(arguments, invocation, lambda stores, ids: stores.listing.pin(ids), "Pinned")


def unpin(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Let conversations stand where their date puts them."""
    return _change(arguments, invocation, lambda stores, ids: stores.listing.pin(ids, False), "No longer pinned")


def archive(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Put conversations away."""
    return _change(arguments, invocation, lambda stores, ids: stores.listing.archive(ids), "Archived")


def unarchive(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Take conversations back into the list."""
    return _change(arguments, invocation, lambda stores, ids: stores.listing.archive(ids, False), "Back in the list")


def move(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Put conversations into a folder, or into none."""

    def file(stores: Stores, ids: Sequence[int]) -> None:
        folder_id = None if arguments.no_folder else read_folder(stores, arguments.folder).id
        stores.listing.file(dict.fromkeys(ids, folder_id))

    return _change(arguments, invocation, file, "Moved")


def rename(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Give a conversation another title."""
    arguments.ids = [arguments.id]
    return _change(
        arguments, invocation, lambda stores, ids: stores.conversations.rename(ids[0], arguments.title), "Renamed"
    )


def duplicate(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Copy a conversation, or one path of it."""

    def copy(stores: Stores) -> ConversationSummary:
        if arguments.message is None:
            return stores.branches.duplicate(arguments.id)
        return stores.branches.branch_off(arguments.id, arguments.message)

    with invocation.storage() as lane:
        _tell(invocation, [lane.submit(copy).result()], "Copied")
    return 0


def delete(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Move conversations or messages to the trash, or delete for good what is in it."""
    if arguments.forever:
        return _forget(arguments, invocation)
    if arguments.message is None and arguments.branch is None:
        return _change(arguments, invocation, lambda stores, ids: stores.listing.trash(ids), "In the trash")
    if len(arguments.ids) != 1:
        raise OneConversation
    (chat,) = arguments.ids

    def discard(stores: Stores) -> int:
        if arguments.message is not None:
            return stores.branches.delete_message(chat, arguments.message)
        return stores.branches.delete_branch(chat, arguments.branch)

    with invocation.storage() as lane:
        trash_id = lane.submit(discard).result()
    if arguments.json:
        invocation.terminal.record({"conversation_id": chat, "trash_id": trash_id})
    else:
        invocation.terminal.line(f"In the trash; “parley chats restore --messages {trash_id}” brings it back.")
    return 0


def restore(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Take conversations or messages out of the trash."""

    def bring_back(stores: Stores, ids: Sequence[int]) -> list[ConversationSummary]:
        if arguments.messages:
            found = dict.fromkeys(stores.branches.restore(key) for key in ids)
            return [stores.conversations.summary(key) for key in found]
        for key in ids:
            if stores.conversations.summary(key).trashed_at is None:
                raise NotInTrash(id=key)
        stores.listing.restore(ids)
        return [stores.conversations.summary(key) for key in ids]

    with invocation.storage() as lane:
        _tell(invocation, lane.submit(lambda stores: bring_back(stores, arguments.ids)).result(), "Restored")
    return 0


def trash(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """List what is in the trash, or empty it."""
    terminal = invocation.terminal
    with invocation.storage() as lane:
        if arguments.empty:
            deleted = 0
            while some := lane.submit(lambda stores: stores.listing.empty_trash()).result():
                deleted += some
            terminal.note(f"{deleted} deleted for good.")
            return 0
        chats = list(each_page(lane, Listing(Shelf.TRASH)))
        messages = lane.submit(lambda stores: stores.branches.trashed()).result()
    for chat in chats:
        if arguments.json:
            terminal.record(chat)
        else:
            terminal.line(f"{chat.id:>5}  {moment(chat.trashed_at or 0)}  {chat.title}")
    for one in messages:
        if arguments.json:
            terminal.record({"type": "messages", "trash_id": one.id, "value": one})
        else:
            place = f"{one.messages} of “{one.title}” ({one.conversation_id})"
            terminal.line(f"--messages {one.id}  {moment(one.trashed_at)}  {place}: {one.beginning}")
    if not chats and not messages and not arguments.json:
        terminal.note("The trash is empty.")
    return 0


def list_folders(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Every folder, those within others below them."""
    with invocation.storage() as lane:
        folders = lane.submit(lambda stores: stores.folders.list()).result()
    if not folders and not arguments.json:
        invocation.terminal.note("No folder yet. Make one with “parley chats folders add NAME”.")
    _show_below(None, folders, 0, invocation)
    return 0


def add_folder(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Make a folder."""
    return _change_folders(
        invocation,
        lambda stores: stores.folders.create(arguments.name, _parent(stores, arguments.parent)).id,
    )


def rename_folder(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Give a folder another name."""
    return _change_folders(
        invocation,
        lambda stores: stores.folders.rename(read_folder(stores, arguments.folder).id, arguments.name).id,
    )


def move_folder(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Put a folder into another one, or in another place."""
    return _change_folders(
        invocation,
        lambda stores: (
            stores.folders.move(
                read_folder(stores, arguments.folder).id, _parent(stores, arguments.parent), arguments.position
            ).id
        ),
    )


def delete_folder(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Take a folder away; what is in it comes into the one above."""
    with invocation.storage() as lane:
        deleted = lane.submit(lambda stores: stores.folders.delete(read_folder(stores, arguments.folder).id)).result()
    if arguments.json:
        invocation.terminal.record(deleted)
    else:
        invocation.terminal.line(f"Deleted the folder “{deleted.folder.name}”; its chats are kept.")
    return 0


def _parent(stores: Stores, wanted: str | None) -> int | None:
    return None if wanted is None else read_folder(stores, wanted).id


def _change_folders(invocation: Invocation, operation: Callable[[Stores], int]) -> int:
    with invocation.storage() as lane:
        changed = lane.submit(operation).result()
        folders = lane.submit(lambda stores: stores.folders.list()).result()
    folder = next(folder for folder in folders if folder.id == changed)
    _show_folder(folder, 0, invocation)
    return 0


def _show_below(parent_id: int | None, folders: Sequence[Folder], depth: int, invocation: Invocation) -> None:
    for folder in folders:
        if folder.parent_id == parent_id:
            _show_folder(folder, depth, invocation)
            _show_below(folder.id, folders, depth + 1, invocation)


def _show_folder(folder: Folder, depth: int, invocation: Invocation) -> None:
    if invocation.terminal.json:
        invocation.terminal.record(folder)
    else:
        invocation.terminal.line(f"{folder.id:>5}  {'  ' * depth}{folder.name}")


def _forget(arguments: argparse.Namespace, invocation: Invocation) -> int:
    def forget(stores: Stores) -> list[ConversationSummary]:
        found = [stores.conversations.summary(key) for key in arguments.ids]
        for summary in found:
            if summary.trashed_at is None:
                raise NotInTrash(id=summary.id)
        stores.listing.forget(arguments.ids)
        return found

    with invocation.storage() as lane:
        _tell(invocation, lane.submit(forget).result(), "Deleted for good")
    return 0


def _change(
    arguments: argparse.Namespace,
    invocation: Invocation,
    operation: Callable[[Stores, Sequence[int]], object],
    words: str,
) -> int:
    def run(stores: Stores) -> list[ConversationSummary]:
        for key in arguments.ids:
            stores.conversations.summary(key)  # none is changed unless all are there
        operation(stores, arguments.ids)
        return [stores.conversations.summary(key) for key in arguments.ids]

    with invocation.storage() as lane:
        _tell(invocation, lane.submit(run).result(), words)
    return 0


def _tell(invocation: Invocation, changed: Sequence[ConversationSummary], words: str) -> None:
    for summary in changed:
        if invocation.terminal.json:
            invocation.terminal.record(summary)
        else:
            invocation.terminal.line(f"{words}: {summary.title}  ({summary.id})")


COMMANDS: CommandTable = {
    "chats pin": pin,
    "chats unpin": unpin,
    "chats archive": archive,
    "chats unarchive": unarchive,
    "chats move": move,
    "chats rename": rename,
    "chats duplicate": duplicate,
    "chats delete": delete,
    "chats restore": restore,
    "chats trash": trash,
    "chats folders list": list_folders,
    "chats folders add": add_folder,
    "chats folders rename": rename_folder,
    "chats folders move": move_folder,
    "chats folders delete": delete_folder,
}
