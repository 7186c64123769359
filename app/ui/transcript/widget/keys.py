"""The keyboard in the transcript: going from message to message and part to part, selecting, acting.

Window process, interface thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from app.ui.transcript.document.parts import Part, count_of, part_of
from app.ui.transcript.document.places import beside, block_at, edge, vertically
from app.ui.transcript.document.selection import Position, Selection

if TYPE_CHECKING:
    from app.ui.transcript.widget.interaction import TranscriptInteraction

_SIDEWAYS_STEP = 48
_Key = Qt.Key
_ALT = Qt.KeyboardModifier.AltModifier
_CTRL = Qt.KeyboardModifier.ControlModifier
_KEYPAD = Qt.KeyboardModifier.KeypadModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier


class FocusPlace(NamedTuple):
    """A message, and the number of a part in it; -1 for the message itself."""

    message: int
    part: int = -1


class TranscriptKeys:
    """Turns keys into selections, a place of the focus, and actions."""

    def __init__(self, view: TranscriptInteraction) -> None:
        self._view = view
        self._anchor: Position | None = None
        self._end: Position | None = None
        self._column: float | None = None

    def press(self, event: QKeyEvent) -> bool:
        """Whether the key meant something here."""
        view, keys, modifiers = self._view, QKeySequence.StandardKey, event.modifiers() & ~_KEYPAD
        if event.matches(keys.SelectAll):
            view.select_all()
        elif event.matches(keys.Copy):
            view.copy_selection_or_focus()
        elif modifiers == _CTRL | _SHIFT and event.key() == _Key.Key_M:
            view.copy_selection_or_focus(markdown=True)
        elif modifiers == _ALT and event.key() in _TURNS:
            self._turn(*_TURNS[_Key(event.key())])
        elif (
            modifiers & _SHIFT
            and not modifiers & _ALT
            and self._prolong(_Key(event.key()), word=bool(modifiers & _CTRL))
        ):
            pass
        elif event.key() in (_Key.Key_Return, _Key.Key_Enter, _Key.Key_Space) and view.focus_place is not None:
            view.activate_focus()
        elif event.key() in (_Key.Key_Left, _Key.Key_Right) and not modifiers:
            return self._sideways(1 if event.key() == _Key.Key_Right else -1)
        elif event.key() == _Key.Key_Escape and (view.has_selection or view.focus_place is not None):
            view.select(None)
            view.set_focus_place(None)
            self._anchor = None
        else:
            return False
        return True

    def _turn(self, messages: int, parts: int) -> None:
        view, focus = self._view, self._view.focus_place
        count = len(view.document.items)
        if not count:
            return
        if focus is None:
            first = view.first_in_view().item
            view.set_focus_place(FocusPlace(first if messages >= 0 else min(first, count - 1)))
            return
        if messages:
            view.set_focus_place(FocusPlace(min(max(focus.message + messages, 0), count - 1)))
            return
        last = count_of(view.document.items[focus.message]) - 1
        view.set_focus_place(focus._replace(part=min(max(focus.part + parts, -1), last)))

    def _prolong(self, key: Qt.Key, *, word: bool) -> bool:
        """Select from where the selection began to somewhere else."""
        document = self._view.document
        if key not in _STEPS or not document.items:
            return False
        if self._anchor is None or not self._view.has_selection:
            self._anchor = self._end = self._view.anchor or self._view.first_in_view()
        assert self._end is not None
        forward = _STEPS[key]
        if key in (_Key.Key_Left, _Key.Key_Right):
            self._end, self._column = beside(document, self._end, forward=forward, word=word), None
        elif key in (_Key.Key_Home, _Key.Key_End):
            self._column = None
            whole = block_at(document, self._end)
            self._end = edge(document, end=forward) if word else whole.last if forward else whole.first
        else:
            self._column = document.point_at(self._end).x() if self._column is None else self._column
            self._end = vertically(document, self._end, self._column, 1 if forward else -1)
        self._view.select(Selection.between(self._anchor, self._end) if self._anchor != self._end else None)
        self._view.show_place(self._end)
        return True

    def _sideways(self, direction: int) -> bool:
        part = self._view.focused_part()
        if part is None or part.block is None or not part.block.most_shift:
            return False
        self._view.move_sideways(part.block, part.block.shift + direction * _SIDEWAYS_STEP)
        return True

    def focused(self, focus: FocusPlace | None) -> Part | None:
        """The part that has the focus."""
        items = self._view.document.items
        if focus is None or focus.message >= len(items):
            return None
        return part_of(items[focus.message], focus.part)


_TURNS = {_Key.Key_Up: (-1, 0), _Key.Key_Down: (1, 0), _Key.Key_Left: (0, -1), _Key.Key_Right: (0, 1)}
_STEPS = {
    _Key.Key_Left: False,
    _Key.Key_Right: True,
    _Key.Key_Up: False,
    _Key.Key_Down: True,
    _Key.Key_Home: False,
    _Key.Key_End: True,
}
