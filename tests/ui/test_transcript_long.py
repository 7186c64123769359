"""Messages too long to be cut into rows at once: the window lives on, and shows them whole in the end."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QGuiApplication, QPdfWriter
from pytestqt.qtbot import QtBot

from app.core.chat.conversations import ConversationSummary
from app.core.chat.search import Hit, Marked
from app.core.engine.messages import MessageState
from app.ui.chat.reading import ReadingPane
from app.ui.markdown.block import Block
from app.ui.theme import LIGHT
from app.ui.transcript.document.parts import FocusPlace, part_of
from app.ui.transcript.document.places import hits_in
from app.ui.transcript.printing import PrintJob
from app.ui.transcript.rows.row import Action, Hot, Page
from app.ui.transcript.rows.text import Content, TextRow
from app.ui.transcript.typesetting import leave_as_it_is
from app.ui.transcript.widget.access import TranscriptAccess
from app.ui.transcript.widget.find import MOST_HITS, Finder
from app.ui.transcript.widget.jump import Jump
from app.ui.transcript.widget.menu import TranscriptMenu
from app.ui.transcript.widget.view import TranscriptView
from tests.bench.hostile_texts import HOSTILE
from tests.ui.transcript_kit import PARAGRAPHS, reply, reply_item, settle, shown_text, user

FENCES = HOSTILE["broken fences"] * 4
pytestmark = pytest.mark.usefixtures("in_slices")


def test_a_very_long_reply_is_cut_in_slices_and_shown_from_its_end(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, FENCES + "\n\nThe end.")])
    assert not reply_item(view).is_whole
    assert view.is_at_end
    qtbot.waitUntil(lambda: reply_item(view).is_whole)
    settle(view, qtbot)
    assert view.is_at_end
    last = reply_item(view).rows[-2]
    assert isinstance(last, TextRow) and last.blocks[-1].text == "The end."
    assert shown_text(view).count("~~~") == 20_000


@pytest.mark.parametrize("open_reasoning", [False, True])
def test_what_is_read_stays_in_place_while_the_rest_is_cut(
    view: TranscriptView, qtbot: QtBot, open_reasoning: bool
) -> None:
    view.set_messages([user(1), reply(2, FENCES, reasoning=FENCES), user(3), reply(4, "Last words.")])
    view.verticalScrollBar().setValue(0)
    if open_reasoning:
        view.press(view.bring(1), Hot(QRectF(), Action.FOLD))
    qtbot.waitUntil(lambda: bool(reply_item(view).rows))
    assert not reply_item(view).is_whole
    top = view.document.tops[1] - view.verticalScrollBar().value()
    qtbot.waitUntil(lambda: reply_item(view).is_whole)
    assert view.document.tops[1] - view.verticalScrollBar().value() == top


def test_all_of_a_text_that_is_not_cut_yet_is_copied_and_found(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, f"{FENCES}\n\nThe end.")])
    assert not reply_item(view).is_whole
    assert shown_text(view).endswith("The end.")
    view.set_messages([user(1), reply(2, f"{FENCES}\n\nThe end.")])
    assert len(list(chain.from_iterable(hits_in(reply_item(view), 1, re.compile("The end"))))) == 1


def test_much_that_arrives_at_once_is_cut_in_slices_too(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    view.append_text(2, FENCES)
    view._take_up_text()
    assert not reply_item(view).is_whole
    view.append_text(2, "\n\nThe end.")
    view.finish_message(reply(2, f"{FENCES}\n\nThe end."))
    qtbot.waitUntil(lambda: reply_item(view).is_whole)
    assert shown_text(view).count("~~~") == 20_000
    assert shown_text(view).endswith("The end.")


def test_many_items_that_arrive_together_are_laid_out_together(
    view: TranscriptView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.set_messages([user(1), reply(2, "- a\n", state=MessageState.STREAMING)])
    settle(view, qtbot)
    shown: list[TextRow] = []
    show = TextRow.show

    def noted(row: TextRow, content: Content, blocks: tuple[Block, ...] | None) -> float:
        shown.append(row)
        return show(row, content, blocks)

    monkeypatch.setattr(TextRow, "show", noted)
    view.append_text(2, "- a\n" * 200)
    view._take_up_text()
    assert 1 < len(set(shown)) == len(shown) < 10


def test_the_menu_of_a_long_reply_opens_without_parsing_it(
    view: TranscriptView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    view.set_messages([user(1), reply(2, PARAGRAPHS)])
    qtbot.waitUntil(lambda: reply_item(view).is_whole)
    settle(view, qtbot)
    opened: list[QPoint] = []
    monkeypatch.setattr(TranscriptMenu, "popup", lambda _, place: opened.append(place))
    parsed.clear()
    view.press(reply_item(view), Hot(QRectF(), Action.MORE))
    seen = view.seen_on_screen()
    assert len(opened) == 1 and seen.top() < opened[0].y() <= seen.bottom()
    assert not parsed


def test_a_long_reply_is_looked_through_in_slices(view: TranscriptView, qtbot: QtBot, parsed: list[str]) -> None:
    view.set_messages([user(1), reply(2, f"{PARAGRAPHS}\n\nThe end."), user(3), reply(4, "Short.")])
    settle(view, qtbot)
    parsed.clear()
    finder = Finder(view)
    with qtbot.waitSignal(finder.changed, check_params_cb=lambda current, count: (current, count) == (1, 1)):
        finder.look_for("The end")
        assert finder.is_looking and len(parsed) < 10
    assert not finder.is_looking and len(parsed) > 1000


def found_in(message_id: int, words: str) -> Hit:
    """What a search over all conversations tells of a message."""
    conversation = ConversationSummary(id=1, title="Long", created_at=0, updated_at=0)
    snippet = Marked(words, ((0, len(words)),))
    return Hit(conversation=conversation, title=Marked("Long"), message_id=message_id, snippet=snippet)


def test_a_long_reply_that_was_found_is_looked_through_in_slices(
    view: TranscriptView, qtbot: QtBot, parsed: list[str]
) -> None:
    view.set_messages([*map(user, range(1, 20)), reply(20, f"{PARAGRAPHS}\n\nThe end, the end."), user(21)])
    settle(view, qtbot)
    reply_item(view, 19).forget()
    parsed.clear()
    jump = Jump(view)
    jump.to(found_in(20, "the end"))
    assert jump.is_looking and len(parsed) < 300
    assert view.focus.place == FocusPlace(19)
    qtbot.waitUntil(lambda: not jump.is_looking)
    settle(view, qtbot)
    found = view._hits[19]
    assert [view.document.block_text(hit.at)[hit.at.offset : hit.end] for hit in found] == ["The end", "the end"]
    y = view.document.point_at(found[0].at).y() - view._top
    assert 0 < y < view.viewport().height()


def test_a_reply_that_goes_while_it_is_looked_through_is_left(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, f"{PARAGRAPHS}\n\nThe end.")])
    jump = Jump(view)
    jump.to(found_in(2, "The end"))
    assert jump.is_looking
    view.set_messages([user(3), reply(4, "The end.")])
    qtbot.waitUntil(lambda: not jump.is_looking)
    assert not view._hits and view.is_at_end
    jump.to(found_in(2, "The end"))
    assert not jump.is_looking and view.focus.place is None


def test_a_word_that_is_everywhere_is_marked_only_so_often(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, "a " * 20_000)])
    jump = Jump(view)
    jump.to(found_in(2, "a"))
    qtbot.waitUntil(lambda: not jump.is_looking)
    assert MOST_HITS <= len(view._hits[1]) < 20_000


def test_much_that_is_selected_is_copied_in_slices(view: TranscriptView, qtbot: QtBot, parsed: list[str]) -> None:
    view.set_messages([user(1), reply(2, f"{PARAGRAPHS}\n\nThe end."), user(3), reply(4, "Short.")])
    settle(view, qtbot)
    parsed.clear()
    view.select_all()
    with qtbot.waitSignal(view.clipboard.copied):
        view.clipboard.copy_selection()
        assert len(parsed) < 10
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("A question\n\nParagraph 0.\n\n") and copied.endswith("The end.\n\nA question\n\nShort.")


def test_opening_the_bar_to_find_words_parses_nothing(qtbot: QtBot, parsed: list[str]) -> None:
    pane = ReadingPane(LIGHT, leave_as_it_is)
    qtbot.addWidget(pane)
    pane.show()
    pane.transcript.set_messages([user(1), reply(2, PARAGRAPHS), user(3)])
    pane.transcript.select_all()
    parsed.clear()
    pane.open_find()
    assert pane.find_bar.field.text() == "" and not parsed


def test_what_takes_long_to_lay_out_is_laid_out_row_by_row(
    view: TranscriptView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[TextRow] = []
    build = TextRow.build

    def noted(row: TextRow, page: Page, width: float) -> None:
        built.append(row)
        build(row, page, width)

    monkeypatch.setattr(TextRow, "build", noted)
    view.set_messages([user(1), reply(2, "[a](http://a.b) " * 3000)])
    assert len(built) <= 1
    settle(view, qtbot)
    assert len(built) == len(set(built)) > 5
    assert view.is_at_end and all(row.built for row in reply_item(view).rows[-3:])
    built.clear()
    view.resize(view.width() - 100, view.height())
    assert len(built) <= 1
    settle(view, qtbot)
    assert view.is_at_end and all(row.built for row in reply_item(view).rows[-3:])


def test_the_last_piece_of_endless_code_is_seen_as_the_first(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, "```\n" + "a\n" * 100_000)])
    qtbot.waitUntil(lambda: reply_item(view).is_whole)
    settle(view, qtbot)
    first, *_, last = (row for row in reply_item(view).rows if isinstance(row, TextRow))
    assert last.view_of(0) is first.view_of(0) and last.view_of(0).numbered


def test_what_is_laid_out_is_laid_out_once(view: TranscriptView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    view.set_messages([user(1), reply(2, "Words.\n\n" * 3000, reasoning="A thought.")])
    found = view.bring(1)
    view.press(found, Hot(QRectF(), Action.FOLD))
    settle(view, qtbot)
    found.settle(0, found.height)
    assert not found.settle(0, found.height)
    found.compose()
    found.settle(0, found.height)
    assert not found.settle(0, found.height)


def test_a_screen_reader_is_given_a_long_message_little_by_little(view: TranscriptView, parsed: list[str]) -> None:
    view.set_messages([user(1), reply(2, PARAGRAPHS)])
    parsed.clear()
    node = TranscriptAccess(view).child(1)
    assert node is not None
    counts = [node.childCount()]
    assert len("".join(parsed)) < len(PARAGRAPHS) // 2
    while not reply_item(view).is_whole:
        counts.append(node.childCount())
        assert part_of(reply_item(view), counts[-1] - 1) is not None
    assert counts == sorted(counts) and counts[-1] >= 3000


def test_a_reply_that_is_cut_in_slices_is_printed_whole(
    view: TranscriptView, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [user(1), reply(2, "Words.\n\n" * 3000)]
    job = PrintJob(messages, QPdfWriter(str(tmp_path / "long.pdf")), leave_as_it_is, view)
    with qtbot.waitSignal(job.finished, timeout=30_000) as printed:
        pass
    assert printed.args[0] > 50
