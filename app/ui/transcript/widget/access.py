"""The transcript as a screen reader sees it: a list of messages, each with its blocks, links and buttons.

Window process, interface thread. Qt asks for these objects only while a screen reader runs. The rows of a
message that is out of view are made when it is asked for its parts; a very long one has more of them each time,
for to read it whole takes seconds. Where Qt takes a null pointer, its stubs know no None.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleInterface, QWindow
from PySide6.QtWidgets import QAccessibleWidget

from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.document.parts import WHOLE, Part, count_of, name_of, part_of, parts_of
from app.ui.transcript.widget.interaction import TranscriptInteraction

_SLICE_SECONDS = 0.02


class _Node(QAccessibleInterface):
    """What a message and a part of one have in common."""

    def __init__(self, view: TranscriptInteraction, above: QAccessibleInterface) -> None:
        super().__init__()
        self.view = view
        self.above = above

    def isValid(self) -> bool:
        """It is there as long as the view."""
        return True

    def object(self) -> QObject | None:  # type: ignore[override]
        """It is not an object of Qt."""
        return None

    def window(self) -> QWindow | None:  # type: ignore[override]
        """The window it is in."""
        return self.view.window().windowHandle()

    def parent(self) -> QAccessibleInterface:
        """What it is in."""
        return self.above

    def childCount(self) -> int:
        """How many parts it has."""
        return 0

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """One of its parts."""
        return None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The part at a point of the screen."""
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """The number of a part."""
        return -1

    def setText(self, kind: QAccessible.Text, text: str) -> None:
        """Nothing can be written here."""

    def state(self) -> QAccessible.State:
        """Readable, focusable, and in view or not."""
        state = QAccessible.State()
        state.focusable = state.readOnly = True
        state.offscreen = not self.rect().intersects(self.view.seen_on_screen())
        return state

    def interface_cast(self, kind: QAccessible.InterfaceType) -> Any:
        """There is no further interface."""
        return None


class PartNode(_Node):
    """A block, a link or a button, by its number."""

    def __init__(self, view: TranscriptInteraction, above: MessageNode, number: int) -> None:
        super().__init__(view, above)
        self._message = above
        self._number = number

    @property
    def _part(self) -> Part | None:
        item = self._message.item
        return None if item is None else part_of(item, self._number)

    def isValid(self) -> bool:
        """It is there as long as its message has as many parts."""
        return self._part is not None

    def role(self) -> QAccessible.Role:
        """What it is."""
        part = self._part
        return QAccessible.Role.NoRole if part is None else part.role

    def text(self, kind: QAccessible.Text) -> str:
        """What is said of it."""
        part = self._part
        if part is None:
            return ""
        if kind is QAccessible.Text.Description:
            return part.link
        return part.name if kind is QAccessible.Text.Name else ""

    def rect(self) -> QRect:
        """Where it is on the screen."""
        part = self._part
        return QRect() if part is None else self.view.on_screen(self._message.index, part.rect)


class MessageNode(_Node):
    """A message."""

    def __init__(self, view: TranscriptInteraction, above: QAccessibleInterface, index: int) -> None:
        super().__init__(view, above)
        self.index = index
        self._parts: dict[int, PartNode] = {}

    @property
    def item(self) -> MessageItem | None:
        """The message with its rows, if it is still there."""
        return self.view.bring(self.index, perf_counter() + _SLICE_SECONDS) if self.isValid() else None

    def isValid(self) -> bool:
        """It is there as long as the conversation has as many messages."""
        return self.index < len(self.view.document.items)

    def role(self) -> QAccessible.Role:
        """What it is."""
        return QAccessible.Role.ListItem

    def text(self, kind: QAccessible.Text) -> str:
        """What is said of it."""
        if not self.isValid():
            return ""
        item = self.view.document.items[self.index]
        if kind is QAccessible.Text.Name:
            return name_of(item)
        return item.message.text if kind in (QAccessible.Text.Value, QAccessible.Text.Description) else ""

    def rect(self) -> QRect:
        """Where it is on the screen."""
        return self.view.on_screen(self.index, None)

    def childCount(self) -> int:
        """How many parts it has."""
        item = self.item
        return 0 if item is None else count_of(item)

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """One of its parts."""
        if not 0 <= index < self.childCount():
            return None
        return self._parts.setdefault(index, PartNode(self.view, self, index))

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The part at a point of the screen."""
        item = self.item
        parts = [] if item is None else parts_of(item)
        places = (self.view.on_screen(self.index, part.rect) for part in parts)
        return self.child(next((number for number, place in enumerate(places) if place.contains(x, y)), -1))

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """The number of a part."""
        return next((number for number, part in self._parts.items() if part is child), -1)


class TranscriptAccess(QAccessibleWidget):
    """The list of messages."""

    def __init__(self, view: TranscriptInteraction) -> None:
        super().__init__(view, QAccessible.Role.List, view.accessibleName())
        self._view = view
        self._messages: dict[int, MessageNode] = {}

    def childCount(self) -> int:
        """How many parts it has."""
        return len(self._view.document.items)

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """One of its parts."""
        if not 0 <= index < self.childCount():
            return None
        return self._messages.setdefault(index, MessageNode(self._view, self, index))

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The part at a point of the screen."""
        return self.child(self._view.message_at(QPoint(x, y)))

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """The number of a part."""
        return child.index if isinstance(child, MessageNode) else -1

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        """What has the focus."""
        place = self._view.focus.place
        message = None if place is None else self.child(place.message)
        if place is None or message is None or place.part == WHOLE:
            return message
        if place.part > WHOLE:
            return message.child(place.part)
        whole = self._view.document.items[place.message].is_whole
        return message.child(message.childCount() + place.part - WHOLE) if whole else message


def interface_of(_key: str, widget: QObject) -> QAccessibleInterface | None:
    """What Qt is to use for a widget; nothing for any but the transcript."""
    return TranscriptAccess(widget) if isinstance(widget, TranscriptInteraction) else None
