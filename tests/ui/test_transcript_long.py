"""Messages too long to be cut into rows at once: the window lives on, and shows them whole in the end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPdfWriter
from pytestqt.qtbot import QtBot

from app.ui.chat import transcript_stream
from app.ui.chat.blocks_code import leave_as_it_is
from app.ui.chat.transcript import TranscriptView
from app.ui.chat.transcript_places import hits_in
from app.ui.chat.transcript_print import PrintJob
from app.ui.chat.transcript_reply import ReplyItem
from app.ui.chat.transcript_rows import Action, Hot
from tests.bench.long_conversation import HOSTILE
from tests.ui.transcript_kit import reply, settle, shown_text, user

FENCES = HOSTILE["broken fences"] * 4


def item(view: TranscriptView, index: int = 1) -> ReplyItem:
    found = view.document.items[index]
    assert isinstance(found, ReplyItem)
    return found


def test_a_very_long_reply_is_cut_in_slices_and_shown_from_its_end(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, FENCES + "\n\nThe end.")])
    assert not item(view).is_whole
    assert view.is_following and view.is_at_end
    qtbot.waitUntil(lambda: item(view).is_whole)
    settle(view, qtbot)
    assert view.is_following and view.is_at_end
    assert item(view).rows[-2].blocks[0].text.endswith("The end.")
    assert shown_text(view).count("~~~") == 20_000


@pytest.mark.parametrize("open_reasoning", [False, True])
def test_what_is_read_stays_in_place_while_the_rest_is_cut(
    view: TranscriptView, qtbot: QtBot, open_reasoning: bool
) -> None:
    view.set_messages([user(1), reply(2, FENCES, reasoning=FENCES), user(3), reply(4, "Last words.")])
    view.verticalScrollBar().setValue(0)
    if open_reasoning:
        view.press(view.bring(1), Hot(QRectF(), Action.FOLD))
    assert not item(view).is_whole
    top = view.document.tops[1] - view.verticalScrollBar().value()
    qtbot.waitUntil(lambda: item(view).is_whole)
    assert view.document.tops[1] - view.verticalScrollBar().value() == top


def test_all_of_a_text_that_is_not_cut_yet_is_copied_and_found(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, f"{FENCES}\n\nThe end.")])
    assert not item(view).is_whole
    assert shown_text(view).endswith("The end.")
    view.set_messages([user(1), reply(2, f"{FENCES}\n\nThe end.")])
    assert len(hits_in(view.document, 1, re.compile("The end"))) == 1


def test_what_is_laid_out_is_laid_out_once(view: TranscriptView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript_stream, "_SLICE_SECONDS", 0.0)
    view.set_messages([user(1), reply(2, "Words.\n\n" * 3000, reasoning="A thought.")])
    found = view.bring(1)
    view.press(found, Hot(QRectF(), Action.FOLD))
    settle(view, qtbot)
    found.settle(0, found.height)
    assert not found.settle(0, found.height)
    found.compose()
    found.settle(0, found.height)
    assert not found.settle(0, found.height)


def test_a_reply_that_is_cut_in_slices_is_printed_whole(
    view: TranscriptView, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript_stream, "_SLICE_SECONDS", 0.0)
    messages = [user(1), reply(2, "Words.\n\n" * 3000)]
    job = PrintJob(messages, QPdfWriter(str(tmp_path / "long.pdf")), leave_as_it_is, view)
    with qtbot.waitSignal(job.finished, timeout=30_000) as printed:
        pass
    assert printed.args[0] > 50
