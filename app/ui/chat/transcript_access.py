"""The transcript as a screen reader sees it: a list of messages, each with its blocks, links and buttons.

Window process, interface thread. Qt asks for these objects only while a screen reader runs. Those of
blocks are there for messages that are laid out, as those in view and around it are. Where Qt takes a
null pointer, its stubs know no None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleInterface, QWindow
from PySide6.QtWidgets import QAccessibleWidget

from app.ui.chat.transcript_focus import Part, name_of, parts_of

if TYPE_CHECKING:
    from app.ui.chat.transcript import TranscriptView


class _Node(QAccessibleInterface):
    """What a message and a part of one have in common."""

    def __init__(self, view: TranscriptView, above: QAccessibleInterface) -> None:
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
        found = (self.child(index) for index in range(self.childCount()))
        return next((one for one in found if one is not None and one.rect().contains(x, y)), None)

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """The number of a part."""
        return next((index for index in range(self.childCount()) if self.child(index) is child), -1)

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
    """A block, a link or a button."""

    def __init__(self, view: TranscriptView, above: MessageNode, part: Part) -> None:
        super().__init__(view, above)
        self._part = part

    def role(self) -> QAccessible.Role:
        """What it is."""
        return self._part.role

    def text(self, kind: QAccessible.Text) -> str:
        """What is said of it."""
        if kind is QAccessible.Text.Description:
            return self._part.link
        return self._part.name if kind is QAccessible.Text.Name else ""

    def rect(self) -> QRect:
        """Where it is on the screen."""
        assert isinstance(self.above, MessageNode)
        return self.view.on_screen(self.above.index, self._part.rect)


class MessageNode(_Node):
    """A message."""

    def __init__(self, view: TranscriptView, above: QAccessibleInterface, index: int) -> None:
        super().__init__(view, above)
        self.index = index
        self._parts: list[PartNode] = []
        self._made_of: list[tuple[QAccessible.Role, str]] = []

    def role(self) -> QAccessible.Role:
        """What it is."""
        return QAccessible.Role.ListItem

    def text(self, kind: QAccessible.Text) -> str:
        """What is said of it."""
        if self.index >= len(self.view.document.items):
            return ""
        item = self.view.document.items[self.index]
        if kind is QAccessible.Text.Name:
            return name_of(item)
        return item.message.text if kind in (QAccessible.Text.Value, QAccessible.Text.Description) else ""

    def rect(self) -> QRect:
        """Where it is on the screen."""
        return self.view.on_screen(self.index, None)

    def _children(self) -> list[PartNode]:
        items = self.view.document.items
        parts = parts_of(items[self.index]) if self.index < len(items) else []
        made_of = [(part.role, part.name) for part in parts]
        if made_of != self._made_of:
            self._parts = [PartNode(self.view, self, part) for part in parts]
            self._made_of = made_of
        return self._parts

    def childCount(self) -> int:
        """How many parts it has."""
        return len(self._children())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """One of its parts."""
        children = self._children()
        return children[index] if 0 <= index < len(children) else None


class TranscriptAccess(QAccessibleWidget):
    """The list of messages."""

    def __init__(self, view: TranscriptView) -> None:
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
        focus = self._view.focus_place
        message = None if focus is None else self.child(focus.message)
        if focus is None or message is None or focus.part < 0:
            return message
        return message.child(focus.part)


def interface_of(_key: str, widget: QObject) -> QAccessibleInterface | None:
    """What Qt is to use for a widget; nothing for any but the transcript."""
    from app.ui.chat.transcript import TranscriptView

    return TranscriptAccess(widget) if isinstance(widget, TranscriptView) else None
