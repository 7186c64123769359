"""What a screen reader is told of messages, whether they are laid out or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QAccessible, QAccessibleInterface
from pytestqt.qtbot import QtBot

from app.core.engine.messages import MessageState
from app.core.errors import Failure
from app.ui.transcript.document.parts import action_name, count_of, part_of, parts_of
from app.ui.transcript.rows.row import Action, Hot
from app.ui.transcript.widget.view import TranscriptView
from tests.bench.long_conversation import messages
from tests.ui.transcript_kit import SAMPLE, record, reply, settle, user

ROLE = QAccessible.Role


@pytest.fixture
def screen_reader() -> Iterator[None]:
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(False)


def tree(node: QAccessibleInterface | None) -> list[tuple[QAccessible.Role, str]]:
    assert node is not None
    found = []
    for index in range(node.childCount()):
        child = node.child(index)
        assert child is not None and child.isValid() and node.indexOfChild(child) == index
        found.append((child.role(), child.text(QAccessible.Text.Name)))
    return found


def test_blocks_of_a_message_out_of_view_are_there_when_asked_for(
    view: TranscriptView, qtbot: QtBot, screen_reader: None
) -> None:
    view.set_messages([user(1), reply(2, SAMPLE, record=record()), *(user(n, "More") for n in range(3, 40))])
    settle(view, qtbot)
    root = QAccessible.queryAccessibleInterface(view)
    assert not view.document.items[1].rows
    last = view.document.tops[-1] - view._top
    unseen = tree(root.child(1))
    assert (ROLE.Heading, "Title") in unseen
    assert (ROLE.Link, "link") in unseen
    assert (ROLE.Table, "a\tb\n1\t2") in unseen
    assert (ROLE.Button, "Copy the code") in unseen
    assert (ROLE.Button, "Copy the message") in unseen
    assert view.document.tops[-1] - view._top == last and view.is_at_end
    view.verticalScrollBar().setValue(0)
    settle(view, qtbot)
    seen = tree(root.child(1))
    assert [name.replace("in Python", "in python") for _, name in seen] == [name for _, name in unseen]
    assert [role for role, _ in seen] == [role for role, _ in unseen]


def test_parts_keep_their_numbers_whether_they_are_laid_out_or_not(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([reply(2, "\n\n".join([SAMPLE] * 20), record=record())])
    settle(view, qtbot)
    (item,) = view.document.items
    names = []
    for place in (view.verticalScrollBar().maximum(), 0):
        view.verticalScrollBar().setValue(place)
        settle(view, qtbot)
        names.append([part.name.replace("in Python", "in python") for part in parts_of(item)])
        assert count_of(item) == len(names[-1])
        assert [part_of(item, number) for number in range(count_of(item))] == parts_of(item)
        assert part_of(item, count_of(item)) is None and part_of(item, -1) is None
    built = sum(row.built for row in item.rows)
    assert built < len(item.rows)
    assert names[0] == names[1]


def test_a_screen_reader_that_asks_for_everything_does_not_make_it_stay(
    view: TranscriptView, qtbot: QtBot, screen_reader: None
) -> None:
    view.set_messages(messages(80))
    settle(view, qtbot)
    root = QAccessible.queryAccessibleInterface(view)
    asked = [root.child(index) for index in range(root.childCount())]
    assert all(tree(node) for node in asked)
    assert sum(bool(item.rows) for item in view.document.items) < 40
    node = asked[20]
    assert node is not None
    part = node.child(0)
    assert part is not None and not part.rect().isEmpty()


def test_a_node_of_what_is_gone_says_nothing(view: TranscriptView, qtbot: QtBot, screen_reader: None) -> None:
    view.set_messages([user(1), reply(2, SAMPLE)])
    settle(view, qtbot)
    root = QAccessible.queryAccessibleInterface(view)
    message = root.child(1)
    assert message is not None
    part = message.child(3)
    assert part is not None
    view.set_messages([user(1)])
    assert not message.isValid() and message.childCount() == 0 and message.text(QAccessible.Text.Name) == ""
    assert not part.isValid() and part.text(QAccessible.Text.Name) == "" and part.rect().isEmpty()


def test_lines_between_and_under_messages_are_read(view: TranscriptView, qtbot: QtBot, screen_reader: None) -> None:
    failed = record(failure=Failure("OutOfMemory", {"file": "big.gguf", "need": "51 GB", "free": "11 GB"}))
    view.set_messages([user(1), reply(2, "Half", MessageState.FAILED, record=failed)])
    view.set_notice_before(2)
    settle(view, qtbot)
    root = QAccessible.queryAccessibleInterface(view)
    said = [name for role, name in tree(root.child(1)) if role is ROLE.StaticText]
    assert said[0] == "The model sees from here"
    assert said[1].startswith("Failed: ") and "1,212 tokens" in said[1]


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.SCROLL])
def test_every_button_has_a_name(action: Action) -> None:
    assert action_name(Hot(QRectF(), action, "a"))
