"""The transcript without a pointer: keys, selection, what a screen reader is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QGuiApplication
from pytestqt.qtbot import QtBot

from app.core.engine.messages import MessageState
from app.ui.transcript.document.parts import FocusPlace, number_of
from app.ui.transcript.document.places import beside, edge
from app.ui.transcript.document.selection import Position
from app.ui.transcript.rows.row import Action
from app.ui.transcript.widget.announcer import Announcer
from app.ui.transcript.widget.view import TranscriptView
from tests.ui.transcript_kit import SAMPLE, picture, point_of, record, reply, settle, user

KEY = Qt.Key
ALT = Qt.KeyboardModifier.AltModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def shown(view: TranscriptView, qtbot: QtBot) -> TranscriptView:
    view.set_messages([user(1, "First one"), reply(2, SAMPLE, record=record()), user(3, "Last")])
    settle(view, qtbot)
    view.setFocus()
    return view


@pytest.fixture
def screen_reader() -> Iterator[None]:
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(False)


def press(view: TranscriptView, qtbot: QtBot, key: Qt.Key, modifiers: Qt.KeyboardModifier, times: int = 1) -> None:
    for _ in range(times):
        qtbot.keyClick(view, key, modifiers)


def test_alt_and_arrows_go_from_message_to_message_and_show_it(shown: TranscriptView, qtbot: QtBot) -> None:
    press(shown, qtbot, KEY.Key_Home, Qt.KeyboardModifier.NoModifier)
    plain = picture(shown)
    press(shown, qtbot, KEY.Key_Down, ALT)
    assert shown.focus.place == FocusPlace(0)
    assert picture(shown) != plain
    press(shown, qtbot, KEY.Key_Down, ALT, 5)
    assert shown.focus.place == FocusPlace(2)
    bar = shown.verticalScrollBar()
    assert bar.value() >= bar.maximum() - 80
    press(shown, qtbot, KEY.Key_Escape, Qt.KeyboardModifier.NoModifier)
    assert shown.focus.place is None


def parts(view: TranscriptView, qtbot: QtBot) -> list[str]:
    """What Alt+Right comes by in the reply."""
    view.focus.go(FocusPlace(1))
    settle(view, qtbot)
    names = []
    while True:
        before = view.focus.place
        press(view, qtbot, KEY.Key_Right, ALT)
        part = view.focus.part()
        if view.focus.place == before or part is None:
            return names
        names.append(part.name)


def test_every_block_link_and_button_of_a_message_is_reached(shown: TranscriptView, qtbot: QtBot) -> None:
    names = parts(shown, qtbot)
    for wanted in (
        "Title", "Some bold text with a link and code.", "link", "• one", "1. nested", "quoted",
        "Code in Python: def f(x):\n    return x + 1", "Copy the code", "Save the code", "Wrap long lines",
        "a\tb\n1\t2", "Last words.", "Copy the message",
    ):  # fmt: skip
        assert wanted in names


def go_to(view: TranscriptView, qtbot: QtBot, name: str) -> None:
    view.focus.go(FocusPlace(1, parts(view, qtbot).index(name)))


def test_enter_follows_a_link_and_presses_a_button(shown: TranscriptView, qtbot: QtBot) -> None:
    go_to(shown, qtbot, "link")
    with qtbot.waitSignal(shown.link_activated) as followed:
        press(shown, qtbot, KEY.Key_Return, Qt.KeyboardModifier.NoModifier)
    assert followed.args == ["https://example.org/"]
    go_to(shown, qtbot, "Copy the code")
    press(shown, qtbot, KEY.Key_Space, Qt.KeyboardModifier.NoModifier)
    assert QGuiApplication.clipboard().text() == "def f(x):\n    return x + 1"


def test_copy_takes_the_focused_message_or_block(shown: TranscriptView, qtbot: QtBot) -> None:
    shown.focus.go(FocusPlace(2))
    press(shown, qtbot, KEY.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "Last"
    go_to(shown, qtbot, "Some bold text with a link and code.")
    press(shown, qtbot, KEY.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "Some bold text with a link and code."
    press(shown, qtbot, KEY.Key_M, CTRL | SHIFT)
    assert QGuiApplication.clipboard().text() == "Some **bold** text with a [link](https://example.org/) and `code`."


def test_everything_copied_as_markdown_is_parsed_to_the_same_blocks(shown: TranscriptView, qtbot: QtBot) -> None:
    shown.select_all()
    plain = shown.selected_text()
    shown.clipboard.copy_selection(markdown=True)
    text = QGuiApplication.clipboard().text().removeprefix("First one\n\n").removesuffix("\n\nLast")
    shown.set_messages([user(1, "First one"), reply(2, text), user(3, "Last")])
    shown.select_all()
    assert shown.selected_text() == plain


def test_shift_and_arrows_select_over_blocks_and_messages(shown: TranscriptView, qtbot: QtBot) -> None:
    qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=point_of(shown, "Last words"))
    press(shown, qtbot, KEY.Key_Home, SHIFT)
    press(shown, qtbot, KEY.Key_Right, SHIFT | CTRL, 30)
    press(shown, qtbot, KEY.Key_Left, SHIFT)
    assert shown.selected_text() == "words.\n\nLas"
    press(shown, qtbot, KEY.Key_Home, SHIFT | CTRL)
    assert shown.selected_text().startswith("First one\n\nTitle")
    press(shown, qtbot, KEY.Key_Down, SHIFT)
    assert not shown.selected_text().startswith("First one")


def test_a_selection_made_with_the_pointer_is_prolonged_from_where_it_began(
    shown: TranscriptView, qtbot: QtBot
) -> None:
    qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=point_of(shown, "Last w"))
    press(shown, qtbot, KEY.Key_Right, SHIFT, 2)
    qtbot.mouseDClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=point_of(shown, "words"))
    press(shown, qtbot, KEY.Key_Right, SHIFT | CTRL)
    assert shown.selected_text() == "words"


def test_going_forth_and_back_comes_by_the_same_places(shown: TranscriptView) -> None:
    at, end = edge(shown.document, end=False), edge(shown.document, end=True)
    assert at == Position(0, 0, 0, 0)
    passed = [at]
    while at != end:
        at = beside(shown.document, at, forward=True)
        passed.append(at)
    assert len(passed) == len(set(passed)) > 100
    back = [end]
    while back[-1] != passed[0]:
        back.append(beside(shown.document, back[-1], forward=False))
    assert back[::-1] == passed


def tree(node: QAccessibleInterface) -> dict[str, QAccessible.Role]:
    found = {}
    for index in range(node.childCount()):
        child = node.child(index)
        assert child is not None and child.isValid() and node.indexOfChild(child) == index
        found[child.text(QAccessible.Text.Name)] = child.role()
    return found


def test_a_screen_reader_sees_messages_blocks_links_and_buttons(
    shown: TranscriptView, qtbot: QtBot, screen_reader: None
) -> None:
    root = QAccessible.queryAccessibleInterface(shown)
    assert root.role() is QAccessible.Role.List
    assert root.text(QAccessible.Text.Name) == "Chat"
    messages = tree(root)
    assert list(messages) == ["You: First one", f"Tiny: {' '.join(SAMPLE[:120].split())}", "You: Last"]
    assert set(messages.values()) == {QAccessible.Role.ListItem}
    answer = root.child(1)
    assert answer is not None
    assert answer.text(QAccessible.Text.Value) == SAMPLE
    roles = tree(answer)
    assert roles["Title"] is QAccessible.Role.Heading
    assert roles["• one"] is QAccessible.Role.ListItem
    assert roles["link"] is QAccessible.Role.Link
    assert roles["Copy the code"] is QAccessible.Role.Button
    assert roles["a\tb\n1\t2"] is QAccessible.Role.Table
    title = answer.child(0)
    assert title is not None
    place = title.rect().center()
    assert not title.rect().isEmpty()
    assert root.childAt(place.x(), place.y()) is answer


def test_a_screen_reader_knows_what_has_the_focus(shown: TranscriptView, qtbot: QtBot, screen_reader: None) -> None:
    root = QAccessible.queryAccessibleInterface(shown)
    assert root.focusChild() is None
    shown.focus.go(FocusPlace(1))
    focused = root.focusChild()
    assert focused is not None and focused.role() is QAccessible.Role.ListItem
    go_to(shown, qtbot, "link")
    focused = root.focusChild()
    assert focused is not None and focused.role() is QAccessible.Role.Link
    shown.focus.go(FocusPlace(1, number_of(shown.document.items[1], Action.COPY_MESSAGE)))
    focused = root.focusChild()
    assert focused is not None and focused.text(QAccessible.Text.Name) == "Copy the message"


def test_sentences_are_said_when_they_are_whole() -> None:
    said: list[str] = []
    announcer = Announcer(said.append)
    for piece in ("Hel", "lo **wor", "ld**. And", " 3.5 is", " more!\n", "```py\nx = 1\n```\n", "- one\n", "The rest"):
        announcer.add(piece)
    assert said == ["Hello world.", "And 3.5 is more!", "Code", "one"]
    announcer.finish()
    assert said[-1] == "The rest"


def test_a_reply_is_announced_only_while_a_screen_reader_listens(
    view: TranscriptView, qtbot: QtBot, screen_reader: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(view._announcer, "_say", said.append)
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    view.append_text(2, "One sentence. And ")
    settle(view, qtbot)
    assert said == ["One sentence."]
    QAccessible.setActive(False)
    view.append_text(2, "another. Yes.")
    view.finish_message(reply(2, "One sentence. And another. Yes."))
    assert said == ["One sentence."] or said == ["One sentence.", "And"]
