"""The keyboard in the transcript: going from message to message and part to part, selecting, acting.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from app.ui.transcript.document.places import beside, block_at, edge, vertically
from app.ui.transcript.document.selection import Position, Selection
from app.ui.transcript.document.through import Slices
from app.ui.transcript.widget.canvas import TranscriptCanvas
from app.ui.transcript.widget.clipboard import TranscriptClipboard
from app.ui.transcript.widget.focus import TranscriptFocus

_SIDEWAYS_STEP = 48
_Key = Qt.Key
_ALT = Qt.KeyboardModifier.AltModifier
_CTRL = Qt.KeyboardModifier.ControlModifier
_KEYPAD = Qt.KeyboardModifier.KeypadModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier


class TranscriptKeys:
    """Turns keys into selections, moves of the focus, and actions."""

    def __init__(
        self,
        canvas: TranscriptCanvas,
        focus: TranscriptFocus,
        clipboard: TranscriptClipboard,
        clicked: Callable[[], Position | None],
        activate: Callable[[], None],
    ) -> None:
        """`clicked` tells where the user has clicked last, `activate` does what the focused part does."""
        self._canvas = canvas
        self._focus = focus
        self._clipboard = clipboard
        self._clicked = clicked
        self._activate = activate
        self._reaching = Slices(canvas)
        self._anchor: Position | None = None
        self._end: Position | None = None
        self._column: float | None = None

    def forget(self) -> None:
        """Where a selection began is gone."""
        self._reaching.stop()
        self._anchor = self._end = self._column = None

    def press(self, event: QKeyEvent) -> bool:
        """Whether the key meant something here."""
        keys, key, modifiers = QKeySequence.StandardKey, event.key(), event.modifiers() & ~_KEYPAD
        if event.matches(keys.SelectAll):
            self._canvas.select_all()
        elif event.matches(keys.Copy):
            self._clipboard.copy_selection_or_focus()
        elif modifiers == _CTRL | _SHIFT and key == _Key.Key_M:
            self._clipboard.copy_selection_or_focus(markdown=True)
        elif modifiers == _ALT and key in _MESSAGES:
            self._focus.go_to_message(_MESSAGES[key])
        elif modifiers == _ALT and key in _PARTS:
            self._focus.go_to_part(_PARTS[key])
        elif modifiers & _SHIFT and not modifiers & _ALT and key in _STEPS:
            self._prolong(key, word=bool(modifiers & _CTRL))
        elif key in (_Key.Key_Return, _Key.Key_Enter, _Key.Key_Space) and self._focus.place is not None:
            self._activate()
        elif key in _PARTS and not modifiers:
            return self._sideways(_PARTS[key])
        elif key == _Key.Key_Escape and (self._canvas.has_selection or self._focus.place is not None):
            self._canvas.select(None)
            self._focus.go(None)
            self.forget()
        else:
            return False
        return True

    def _prolong(self, key: int, *, word: bool) -> None:
        """Select from where the selection began to somewhere else, once that place is known."""
        if not self._canvas.document.items:
            return
        if self._anchor is None or self._end is None or not self._canvas.has_selection:
            self._anchor = self._end = self._clicked() or self._canvas.first_in_view()
        find = partial(self._step, self._end, key, word=word)
        self._reaching.begin(self._canvas.reached(find), partial(self._select, self._anchor))

    def _step(self, at: Position, key: int, *, word: bool) -> tuple[Position, float | None]:
        """The place to which a key goes, and the column that it keeps to."""
        document, forward = self._canvas.document, _STEPS[key]
        if key in _PARTS:
            return beside(document, at, forward=forward, word=word), None
        if key in (_Key.Key_Home, _Key.Key_End):
            whole = block_at(document, at)
            return edge(document, end=forward) if word else whole.last if forward else whole.first, None
        column = document.point_at(at).x() if self._column is None else self._column
        return vertically(document, at, column, 1 if forward else -1), column

    def _select(self, anchor: Position, reached: tuple[Position, float | None]) -> None:
        self._end, self._column = reached
        self._canvas.select(Selection.between(anchor, self._end) if anchor != self._end else None)
        self._canvas.show_place(self._end)

    def _sideways(self, direction: int) -> bool:
        part = self._focus.part()
        if part is None or part.block is None or not part.block.most_shift:
            return False
        self._canvas.move_sideways(part.block, part.block.shift + direction * _SIDEWAYS_STEP)
        return True


_MESSAGES: dict[int, int] = {_Key.Key_Up: -1, _Key.Key_Down: 1}
_PARTS: dict[int, int] = {_Key.Key_Left: -1, _Key.Key_Right: 1}
_STEPS: dict[int, bool] = {
    _Key.Key_Left: False,
    _Key.Key_Right: True,
    _Key.Key_Up: False,
    _Key.Key_Down: True,
    _Key.Key_Home: False,
    _Key.Key_End: True,
}
