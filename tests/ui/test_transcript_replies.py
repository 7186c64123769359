"""What stands around the text of a reply: its footer, its actions, its reasoning."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.core.chat.conversations import StoredMessage
from app.core.engine.engine_errors import EngineFailed
from app.core.engine.messages import FinishReason, MessageState
from app.core.errors import Failure
from app.ui.transcript.rows.lines import FooterRow, fold_label, footer_of
from app.ui.transcript.rows.row import Action
from app.ui.transcript.widget.view import TranscriptView
from tests.ui.transcript_kit import (
    click,
    hot,
    record,
    reply,
    settle,
    shown_text,
    user,
)


def test_a_failed_reply_offers_to_retry_and_its_details(view: TranscriptView, qtbot: QtBot) -> None:
    failure = Failure.of(EngineFailed(activity="writing"))
    view.set_messages([user(1), reply(2, state=MessageState.FAILED, record=record(failure=failure))])
    settle(view, qtbot)
    with qtbot.waitSignal(view.retry_requested) as retried:
        click(view, qtbot, 1, Action.RETRY)
    with qtbot.waitSignal(view.details_requested) as detailed:
        click(view, qtbot, 1, Action.DETAILS)
    assert (retried.args, detailed.args) == ([2], [2])


def test_a_reply_stopped_before_its_first_word_offers_to_retry_without_being_pointed_at() -> None:
    def standing(text: str) -> list[Action]:
        row = footer_of(reply(1, text, MessageState.STOPPED, record=record()), is_last=True)
        return [button.action for button in row._buttons if button.standing and button.action is not None]

    assert standing("") == [Action.RETRY]
    assert standing("Some words") == [Action.CONTINUE]


def test_footers_say_how_a_reply_came_to_be_and_why_it_ended() -> None:
    def texts(message: StoredMessage) -> tuple[str, str]:
        row: FooterRow = footer_of(message, is_last=True)
        return row._notice, row._remark

    assert texts(reply(1, "x", record=record())) == ("", "Tiny · 1,212 tokens · 41 tok/s")
    assert texts(reply(1, "x", MessageState.STOPPED, record=record()))[1].endswith("· Stopped")
    assert texts(reply(1, "x", record=record(finish_reason=FinishReason.LENGTH)))[1].endswith("token limit")
    assert texts(reply(1, "x", MessageState.INTERRUPTED)) == ("Interrupted: what was written is kept", "")
    failed = reply(1, "", MessageState.FAILED, record=record(failure=Failure.of(EngineFailed(activity="writing"))))
    assert texts(failed)[0].startswith("Failed: The model stopped with an error while writing.")


def test_only_the_last_reply_can_be_tried_again(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, "a"), user(3), reply(4, "b")])
    settle(view, qtbot)
    assert hot(view, 3, Action.RETRY)
    with pytest.raises(AssertionError):
        hot(view, 1, Action.RETRY)


def test_reasoning_folds_into_one_line_and_out_again(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    view.append_text(2, "", "Let me think.")
    settle(view, qtbot)
    assert "think" not in shown_text(view)
    view.append_text(2, "The answer")
    settle(view, qtbot)
    done = reply(2, "The answer", reasoning="Let me think.", record=record())
    view.finish_message(done)
    settle(view, qtbot)
    assert fold_label(done, 0) == "Thought for 12 s"
    click(view, qtbot, 1, Action.FOLD)
    assert shown_text(view).endswith("Let me think.\n\nThe answer")
    click(view, qtbot, 1, Action.FOLD)
    assert shown_text(view).endswith("A question\n\nThe answer")


def test_reasoning_that_is_unfolded_while_it_streams_goes_on(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    view.append_text(2, "", "Let me ")
    settle(view, qtbot)
    click(view, qtbot, 1, Action.FOLD)
    view.append_text(2, "", "think.")
    settle(view, qtbot)
    view.append_text(2, "The ans")
    settle(view, qtbot)
    view.append_text(2, "wer")
    settle(view, qtbot)
    assert shown_text(view).endswith("Let me think.\n\nThe answer")
    assert fold_label(reply(2, state=MessageState.STREAMING), 0) == "Thinking…"
