"""What the keyboard has gone to: a message, or a part of one, and the ring around it.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Generator

from PySide6.QtCore import QRectF
from PySide6.QtGui import QAccessible, QAccessibleEvent

from app.ui.transcript.document.parts import WHOLE, FocusPlace, Part, part_of
from app.ui.transcript.document.through import Slices
from app.ui.transcript.widget.canvas import TranscriptCanvas


class TranscriptFocus:
    """Goes from message to message, and from part to part."""

    def __init__(self, canvas: TranscriptCanvas) -> None:
        self.place: FocusPlace | None = None
        self._canvas = canvas
        self._going = Slices(canvas)

    def forget(self) -> None:
        """The place is gone."""
        self._going.stop()
        self.place = None

    def part(self) -> Part | None:
        """The part that has the focus."""
        items = self._canvas.document.items
        if self.place is None or self.place.message >= len(items):
            return None
        return part_of(items[self.place.message], self.place.part)

    def area(self) -> QRectF | None:
        """Where the part or the message is, in the document."""
        items = self._canvas.document.items
        if self.place is None or self.place.message >= len(items):
            return None
        part, item = self.part(), items[self.place.message]
        area = QRectF(0, 0, self._canvas.document.page.width, item.height - item.GAP) if part is None else part.rect
        return area.translated(0, self._canvas.document.tops[self.place.message])

    def go(self, place: FocusPlace | None) -> None:
        """Go to a message or a part of one, and show it."""
        self._going.stop()
        document = self._canvas.document
        for one, hovered in ((self.place, False), (place, True)):
            if one is not None and one.message < len(document.items):
                document.items[one.message].set_hovered(hovered)
        self.place = place
        if place is not None:
            part = self.part()
            rect = QRectF(0, 0, 1, document.items[place.message].height) if part is None else part.rect
            self._canvas.show_stretch(place.message, rect.top(), rect.bottom())
            if QAccessible.isActive():
                event = QAccessibleEvent(self._canvas, QAccessible.Event.Focus)
                event.setChild(place.message)
                QAccessible.updateAccessibility(event)
        self._canvas.viewport().update()

    def go_to_message(self, by: int) -> None:
        """Go to a message further on, or back."""
        last = len(self._canvas.document.items) - 1
        if self._has_begun() and self.place is not None:
            self.go(FocusPlace(min(max(self.place.message + by, 0), last)))

    def go_to_last(self) -> None:
        """Go to the last message."""
        if self._canvas.document.items:
            self.go(FocusPlace(len(self._canvas.document.items) - 1))

    def go_to_part(self, by: int) -> None:
        """Go to the part after this one, or before; a very long message is cut into rows as far as it takes."""
        if self._has_begun() and self.place is not None:
            self._going.begin(self._beside(self.place, by), self.go)

    def _has_begun(self) -> bool:
        """Whether something has the focus; else the message at the top of the view gets it."""
        if self.place is not None:
            return True
        if self._canvas.document.items:
            self.go(FocusPlace(self._canvas.first_in_view().item))
        return False

    def _beside(self, place: FocusPlace, by: int) -> Generator[None, None, FocusPlace]:
        """The place one part further on, or back; the first and the last one stay where they are."""
        if by < 0 and place.part in (WHOLE, 0):
            return place._replace(part=WHOLE)
        if by > 0 and place.part == WHOLE - 1:
            return place
        wanted = place._replace(part=place.part + by)
        while part_of(item := self._canvas.document.items[place.message], wanted.part) is None:
            if item.rows and item.is_whole:
                return place if by > 0 else place._replace(part=WHOLE)
            self._canvas.bring(place.message, 0.0)
            yield
        return wanted
