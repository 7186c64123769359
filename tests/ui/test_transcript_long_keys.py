"""Keys in messages too long to be cut into rows at once: what they reach is cut a little at a time, and no more."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.ui.transcript.document.parts import FocusPlace, number_of
from app.ui.transcript.document.selection import Position
from app.ui.transcript.rows.row import Action, Branch
from app.ui.transcript.rows.stream import Change, TextStream
from app.ui.transcript.rows.text import TextRow
from app.ui.transcript.widget.view import TranscriptView
from tests.ui.transcript_kit import PARAGRAPHS, reply, reply_item, settle, user

pytestmark = pytest.mark.usefixtures("in_slices")
ALT, CTRL, SHIFT = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


def press(view: TranscriptView, qtbot: QtBot, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    view.setFocus()
    qtbot.keyClick(view, key, modifiers)


def test_a_selection_to_the_end_of_a_long_reply_is_made_in_slices(
    view: TranscriptView, qtbot: QtBot, parsed: list[str]
) -> None:
    view.set_messages([user(1, "First"), *map(user, range(2, 20)), reply(20, f"{PARAGRAPHS}\n\nThe end.")])
    view.verticalScrollBar().setValue(0)
    settle(view, qtbot)
    reply_item(view, -1).forget()
    parsed.clear()
    press(view, qtbot, Qt.Key.Key_End, CTRL | SHIFT)
    assert 0 < len(reply_item(view, -1).rows) < 20 and len(parsed) < 20
    qtbot.waitUntil(lambda: view.has_selection)
    settle(view, qtbot)
    assert view.is_at_end and len(parsed) < 300
    assert view.selected_text().startswith("First\n\n") and view.selected_text().endswith("Paragraph 2999.\n\nThe end.")


def test_a_selection_to_the_beginning_cuts_nothing_that_it_does_not_need(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([reply(1, PARAGRAPHS), *map(user, range(2, 20))])
    settle(view, qtbot)
    assert not reply_item(view, 0).rows
    press(view, qtbot, Qt.Key.Key_Home, CTRL | SHIFT)
    assert 0 < len(reply_item(view, 0).rows) < 20
    qtbot.waitUntil(lambda: view.has_selection)
    assert view.verticalScrollBar().value() < 100


def test_no_more_than_a_slice_is_cut_in_a_turn(
    view: TranscriptView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[TextStream] = []
    read_on = TextStream.read_on

    def noted(stream: TextStream) -> Change:
        cut.append(stream)
        return read_on(stream)

    monkeypatch.setattr(TextStream, "read_on", noted)
    view.set_messages([reply(1, PARAGRAPHS), *map(user, range(2, 20))])
    settle(view, qtbot)
    cut.clear()
    press(view, qtbot, Qt.Key.Key_Home, CTRL | SHIFT)
    assert len(cut) == 1
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    cut.clear()
    view.show_place(Position(0, 0, 0, 0))
    assert view.verticalScrollBar().value() < 100 and not cut
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    cut.clear()
    view.focus.go(FocusPlace(0))
    assert view.verticalScrollBar().value() < 100 and not cut


def test_what_is_forgotten_while_a_selection_grows_is_selected_no_longer(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([*map(user, range(1, 20)), reply(20, PARAGRAPHS)])
    view.verticalScrollBar().setValue(0)
    press(view, qtbot, Qt.Key.Key_End, CTRL | SHIFT)
    view.set_messages([user(1, "Another conversation")])
    settle(view, qtbot)
    qtbot.wait(50)
    assert not view.has_selection


def test_the_parts_of_a_long_reply_are_gone_through_without_parsing_it(
    view: TranscriptView, qtbot: QtBot, parsed: list[str]
) -> None:
    view.set_messages([user(1), reply(2, PARAGRAPHS)])
    qtbot.waitUntil(lambda: reply_item(view).is_whole)
    settle(view, qtbot)
    view.focus.go(FocusPlace(1))
    settle(view, qtbot)
    parsed.clear()
    for number in range(3):
        press(view, qtbot, Qt.Key.Key_Right, ALT)
        part = view.focus.part()
        assert part is not None and part.name == f"Paragraph {number}."
    press(view, qtbot, Qt.Key.Key_Left, ALT)
    part = view.focus.part()
    assert part is not None and part.name == "Paragraph 1."
    assert len(parsed) < 300


def test_the_part_after_what_is_cut_is_waited_for(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([reply(1, "A first one.\n\n" + PARAGRAPHS), *map(user, range(2, 20))])
    settle(view, qtbot)
    found = view.bring(0, 0.0)
    last = sum(len(row.blocks) for row in found.rows[: found.known] if isinstance(row, TextRow)) - 1
    assert not found.is_whole
    view.focus.place = FocusPlace(0, last)
    press(view, qtbot, Qt.Key.Key_Right, ALT)
    qtbot.waitUntil(lambda: view.focus.place == FocusPlace(0, last + 1))
    part = view.focus.part()
    assert part is not None and part.name == f"Paragraph {last}."


def test_a_button_under_a_long_reply_keeps_the_focus_while_that_is_cut(
    view: TranscriptView, qtbot: QtBot, parsed: list[str]
) -> None:
    view.set_branches({2: Branch(1, 2), 3: Branch(2, 2)})
    view.set_messages([user(1), reply(2, "Short.")])
    settle(view, qtbot)
    view.focus.go(FocusPlace(1, number_of(reply_item(view), Action.NEWER)))
    parsed.clear()
    view.set_branches({2: Branch(2, 3), 3: Branch(2, 3)})
    view.show_path([user(1), reply(3, PARAGRAPHS)])
    assert len(parsed) < 300 and not reply_item(view).is_whole
    qtbot.waitUntil(lambda: reply_item(view).is_whole)
    settle(view, qtbot)
    part = view.focus.part()
    assert part is not None and part.hot is not None and part.hot.action is Action.NEWER
    press(view, qtbot, Qt.Key.Key_Left, ALT)
    before = view.focus.part()
    assert before is not None and before.hot is not None and before.hot.action is Action.OLDER
