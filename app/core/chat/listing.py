"""What the list of conversations can be asked for, and what it answers, a page at a time."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.core.chat.conversations import ConversationSummary

TRASH_DAYS = 30
"""How long the trash keeps what was deleted."""


class Shelf(StrEnum):
    """Which conversations: all that are in use, those in no folder, or those put away."""

    ALL = "all"
    UNFILED = "unfiled"
    ARCHIVE = "archive"
    TRASH = "trash"


class Listing(msgspec.Struct, frozen=True):
    """What is listed: a shelf, or with `folder_id` the content of a folder; `contains` filters titles."""

    shelf: Shelf = Shelf.ALL
    folder_id: int | None = None
    contains: str = ""


class Place(msgspec.Struct, frozen=True):
    """Where a page ends, and the next one begins after: the sort key of its last line."""

    pinned: bool
    at: float
    id: int


class Page(msgspec.Struct, frozen=True):
    """Pinned conversations first, then the last changed (in the trash: the last deleted) first.

    `after` is None when there are no more.
    """

    conversations: tuple[ConversationSummary, ...]
    after: Place | None = None


class Folder(msgspec.Struct, frozen=True):
    """A named place for conversations; folders stand in the order of `position` within their parent.

    `preset_id` is the preset with which its new conversations begin, if it has one of its own.
    """

    id: int
    parent_id: int | None
    name: str
    position: int
    preset_id: int | None = None


class DeletedFolder(msgspec.Struct, frozen=True):
    """What it takes to bring a folder back: itself, the folders and the conversations that were in it."""

    folder: Folder
    folders: tuple[int, ...]
    conversations: tuple[int, ...]


class TrashedMessages(msgspec.Struct, frozen=True):
    """One deletion within a conversation: its first message's beginning, and how many messages it took."""

    id: int
    conversation_id: int
    title: str
    beginning: str
    messages: int
    trashed_at: float
