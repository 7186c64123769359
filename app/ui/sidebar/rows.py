"""What stands in the sidebar's lists, line by line, and how a list is made of what is known.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QLocale

from app.core.chat.conversations import ConversationSummary
from app.core.chat.listing import Folder, TrashedMessages

_CONTEXT = "Sidebar"


class Heading(NamedTuple):
    """A word above what follows; it can neither be chosen nor reached by the keyboard."""

    text: str


class FolderRow(NamedTuple):
    """A folder; what is in it follows while it is open."""

    folder: Folder
    depth: int
    is_open: bool


class ConversationRow(NamedTuple):
    """A conversation, `depth` folders deep."""

    conversation: ConversationSummary
    depth: int = 0


class MoreRow(NamedTuple):
    """The end of what was read of a folder."""

    folder_id: int
    depth: int


class HintRow(NamedTuple):
    """A remark in the place of rows that are not there."""

    text: str
    depth: int


class PartRow(NamedTuple):
    """What was deleted within a conversation."""

    part: TrashedMessages


Row = Heading | FolderRow | ConversationRow | MoreRow | HintRow | PartRow


class Content(NamedTuple):
    """What was read of an open folder."""

    conversations: Sequence[ConversationSummary]
    has_more: bool = False


class Groups:
    """Puts headings between conversations that come in the order of their age, over any number of pages."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._heading = ""

    def rows(self, conversations: Sequence[ConversationSummary]) -> Iterator[Row]:
        """The next conversations, pinned ones first, with the headings that begin among them."""
        for conversation in conversations:
            day = date.fromtimestamp(conversation.updated_at)
            group = _tr("Pinned") if conversation.pinned else self._group(day)
            if group != self._heading:
                self._heading = group
                yield Heading(group)
            yield ConversationRow(conversation)

    def _group(self, day: date) -> str:
        if day >= self._today:
            return _tr("Today")
        if day == self._today - timedelta(days=1):
            return _tr("Yesterday")
        if day > self._today - timedelta(days=8):
            return _tr("Previous 7 days")
        month = QLocale().standaloneMonthName(day.month)
        return month if day.year == self._today.year else f"{month} {day.year}"


def folder_rows(folders: Sequence[Folder], contents: Mapping[int, Content]) -> Iterator[Row]:
    """Every folder in its place, with what is in those of `contents`, which are open."""
    below: dict[int | None, list[Folder]] = {}
    for folder in folders:
        below.setdefault(folder.parent_id, []).append(folder)

    def walk(parent_id: int | None, depth: int) -> Iterator[Row]:
        for folder in below.get(parent_id, ()):
            content = contents.get(folder.id)
            yield FolderRow(folder, depth, content is not None)
            if content is not None:
                yield from walk(folder.id, depth + 1)
                yield from (ConversationRow(one, depth + 1) for one in content.conversations)
                if content.has_more:
                    yield MoreRow(folder.id, depth + 1)
                elif not content.conversations and folder.id not in below:
                    yield HintRow(_tr("Nothing in it"), depth + 1)

    if folders:
        yield Heading(_tr("Folders"))
        yield from walk(None, 0)


def key_of(row: Row) -> object:
    """What a row is about, however it reads now."""
    match row:
        case ConversationRow(conversation):
            return ("conversation", conversation.id)
        case FolderRow(folder):
            return ("folder", folder.id)
        case PartRow(part):
            return ("part", part.id)
    return row


def text_of(row: Row) -> str:
    """What a row says."""
    match row:
        case ConversationRow(conversation):
            return conversation.title
        case FolderRow(folder):
            return folder.name
        case MoreRow():
            return _tr("Show more")
        case PartRow(part):
            return part.beginning
    return row.text


def depth_of(row: Row) -> int:
    """How many folders a row is in."""
    return getattr(row, "depth", 0)


def today() -> date:
    """The local day."""
    return datetime.now().astimezone().date()


def _tr(text: str) -> str:
    return QCoreApplication.translate(_CONTEXT, text)
