"""Reasoning is told from the answer, however a reply is cut into pieces."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.engine.messages import Message, Role
from app.engines.reasoning import TAGS, ReasoningSplitter, opened_by, tags_of


def split(*pieces: str, prompt: str = "", continued: Message | None = None) -> tuple[str, str]:
    splitter = ReasoningSplitter(prompt, continued)
    parts = [*(splitter.feed(piece) for piece in pieces), splitter.finish()]
    return "".join(reasoning for reasoning, _ in parts), "".join(answer for _, answer in parts)


@pytest.mark.parametrize("tags", [tags for tags in TAGS if tags.close], ids=lambda tags: tags.open)
def test_every_pair_of_tags_is_known(tags):
    assert split(f"{tags.open}\nhm, well\n{tags.close}\n\nYes.") == ("hm, well", "Yes.")


def test_an_answer_channel_opened_at_once_is_dropped():
    assert split("<|channel|>final<|message|>Yes.") == ("", "Yes.")


def test_a_reply_without_tags_is_all_answer_and_unchanged():
    assert split("  \n Hello <b>you</b> \n") == ("", "  \n Hello <b>you</b> \n")


def test_a_tag_within_the_answer_is_text():
    reply = "Use <think>this</think> tag."
    assert split(reply) == ("", reply)
    assert split("<think>a</think>" + reply) == ("a", reply)


def test_reasoning_that_never_ends_is_reasoning():
    assert split("<think>so, then </thi") == ("so, then </thi", "")
    assert split("<think>so, then \n") == ("so, then", "")


def test_a_tag_cut_off_at_the_start_is_text():
    assert split("<thin") == ("", "<thin")
    assert split("\n") == ("", "\n")
    assert split() == ("", "")


def test_the_prompt_may_have_opened_the_tag():
    assert split("\nhm\n</think>\n\nYes.", prompt="<|assistant|>\n<think>\n") == ("hm", "Yes.")
    assert split("hm</think>Yes.", prompt="<think>\n\n</think>\n\n") == ("", "hm</think>Yes.")


def test_a_continued_message_goes_on_where_it_stopped():
    answered = Message(Role.ASSISTANT, "Well", "hm")
    assert split("<think>no", prompt="<think>hm</think>Well", continued=answered) == ("", "<think>no")
    reasoned = Message(Role.ASSISTANT, "", "hm, [THINK]")
    prompt = "<|assistant|><think>\nhm"
    assert split(" so\n</think>Yes", prompt=prompt, continued=reasoned) == (" so", "Yes")


def test_pieces_are_shown_as_soon_as_they_are_certain():
    splitter = ReasoningSplitter()
    assert splitter.feed("<thi") == ("", "")
    assert splitter.feed("nk>\nLet me") == ("Let me", "")
    assert splitter.feed(" see \n") == (" see", "")
    assert splitter.feed("again</") == (" \nagain", "")
    assert splitter.feed("b> </think>") == ("</b>", "")
    assert splitter.feed("\n") == ("", "")
    assert splitter.feed("Yes ") == ("", "Yes ")
    assert splitter.finish() == ("", "")


FRAGMENTS = st.sampled_from(
    ["<think>", "</think>", "<thi", "</", "think>", "[THINK]", "[/THINK]", " ", "\n", "a", "<", "[", "/", "<|channel|>"]
)


@given(st.lists(FRAGMENTS, max_size=12), st.lists(st.integers(0, 60), max_size=8), st.sampled_from(["", "<think>\n"]))
def test_cutting_a_reply_differently_changes_nothing(fragments, cuts, prompt):
    reply = "".join(fragments)
    places = sorted({min(cut, len(reply)) for cut in cuts} | {0, len(reply)})
    pieces = [reply[start:end] for start, end in itertools.pairwise(places)]
    at_once = split(reply, prompt=prompt)
    assert split(*pieces, prompt=prompt) == at_once
    assert split(*reply, prompt=prompt) == at_once


def test_tags_are_found_in_prompts_and_templates():
    assert opened_by("... <think>\n") == TAGS[0]
    assert opened_by("... <think> no") is None
    assert tags_of("{{ '[THINK]' + message.reasoning_content + '[/THINK]' }}").open == "[THINK]"
    assert tags_of("{{ messages }}").open == "<think>"
