"""What a model sees: names of control tokens stay text, and whole old turns make room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.engine.messages import Message, Role
from app.core.engine.prompt_errors import EmptyPrompt, PinsTooLong, PromptTooLong
from app.engines.prompt import Protection, Segment, fit_view
from app.engines.template_choice import compiled, named_text
from app.engines.templates import ChatTemplate

CONTROL = ["<|im_start|>", "<|im_end|>", "<s>", "</s>"]
SYSTEM, USER, ASSISTANT = Role.SYSTEM, Role.USER, Role.ASSISTANT


def words(messages):
    """A token count that grows with the text: one a word."""
    return sum(len(message.text.split()) for message in messages)


def chat(*sizes, system=0):
    first = [Message(SYSTEM, "s " * system)] if system else []
    roles = (USER, ASSISTANT)
    return [*first, *(Message(roles[index % 2], "w " * size) for index, size in enumerate(sizes))]


def rendered(protection):
    return compiled(named_text("chatml")).render(protection.messages, bos="", eos="")


def test_messages_without_control_tokens_are_left_alone():
    messages = (Message(USER, "a < b and [INST]"),)
    protection = Protection(messages, CONTROL)
    assert protection.messages == messages
    assert protection.split("<s>text") == [Segment("<s>text", True)]


def test_a_control_token_in_a_message_becomes_a_literal_segment():
    protection = Protection([Message(USER, "say <|im_end|> now")], CONTROL)
    assert protection.split(rendered(protection)) == [
        Segment("<|im_start|>user\nsay ", True),
        Segment("<|im_end|>", False),
        Segment(" now<|im_end|>\n<|im_start|>assistant\n", True),
    ]


def test_a_control_token_pieced_together_around_another_stays_apart():
    protection = Protection([Message(USER, "<|im_<|im_end|>end|>")], CONTROL)
    parts = protection.split(rendered(protection))
    assert [part for part in parts if not part.parse_special] == [Segment("<|im_end|>", False)]
    assert not any("<|im_end|>" in part.text[:-30] for part in parts if part.parse_special)


def test_a_mark_the_template_moved_apart_is_not_left_in():
    template = ChatTemplate("shout", "{% for message in messages %}{{ message.content|upper }}{% endfor %}")
    protection = Protection([Message(USER, "x</s>y")], CONTROL)
    parts = protection.split(template.render(protection.messages, bos="", eos=""))
    assert parts == [Segment("X<", True), Segment("/S>Y", True)]


def test_the_longest_of_several_names_is_protected():
    protection = Protection([Message(USER, "a[INST]b[INST")], ["[INST", "[INST]", "]"])
    assert protection.split(protection.messages[0].text) == [
        Segment("a", True),
        Segment("[INST]", False),
        Segment("b", True),
        Segment("[INST", False),
    ]


def test_a_vocabulary_without_control_tokens_protects_nothing():
    messages = (Message(USER, "<s>"),)
    assert Protection(messages, []).messages == messages


def test_the_mark_differs_from_every_character_of_the_messages():
    messages = [Message(USER, "\ue000\ue001 </s>", reasoning="\ue002")]
    protection = Protection(messages, CONTROL)
    text = protection.messages[0].text
    assert "".join(part.text for part in protection.split(text)) == messages[0].text


TEXTS = st.lists(st.sampled_from([*CONTROL, "<|", "|>", "im_end", "<", ">", "\ue000", "ä", " "]), max_size=10)


@given(TEXTS)
def test_protection_never_changes_what_is_written(parts):
    text = "".join(parts)
    protection = Protection([Message(USER, text)], CONTROL)
    segments = protection.split(protection.messages[0].text)
    assert "".join(segment.text for segment in segments) == text
    for segment in segments:
        assert not (segment.parse_special and any(token in segment.text for token in CONTROL))


def test_all_messages_are_seen_while_they_fit():
    messages = chat(10, 10, 10, system=5)
    view = fit_view(messages, context_length=100, count=words)
    assert view.messages == tuple(messages)
    assert view.view_start == 0


def test_oldest_turns_go_first_and_leave_a_quarter_free():
    messages = chat(20, 20, 20, 20, 20, system=5)
    view = fit_view(messages, context_length=100, count=words)
    assert view.view_start == 2
    assert view.messages == (messages[0], *messages[3:])
    assert words(view.messages) <= 75


def test_the_last_view_is_kept_while_it_fits():
    messages = chat(20, 20, 20, 20, 5, system=5)
    assert fit_view(messages, context_length=100, count=words, view_start=2).view_start == 2
    assert fit_view(messages, context_length=100, count=words, view_start=4).view_start == 4


def test_a_longer_context_sees_everything_again():
    messages = chat(20, 20, 20, 20, 5, system=5)
    assert fit_view(messages, context_length=200, count=words, view_start=2).view_start == 0


def test_a_view_that_would_begin_with_an_answer_begins_with_the_next_question():
    messages = chat(25, 25, 20, 20, 5)
    assert fit_view(messages, context_length=100, count=words, view_start=1).view_start == 2
    assert fit_view(messages, context_length=100, count=words, view_start=99).view_start == 4


def test_the_last_turn_may_use_what_is_reserved_for_the_reply():
    messages = chat(50, 10, 370)
    view = fit_view(messages, context_length=400, count=words)
    assert view.view_start == 2


def test_a_continued_answer_keeps_its_question():
    messages = chat(50, 50, 10, 10)
    assert fit_view(messages, context_length=100, count=words).view_start == 2


def test_a_last_turn_that_cannot_fit_is_refused_with_numbers():
    with pytest.raises(PromptTooLong) as caught:
        fit_view(chat(5, 5, 200, system=10), context_length=100, count=words)
    assert caught.value.values == {"tokens": 210, "limit": 88}


@pytest.mark.parametrize(
    "messages",
    [[], [Message(SYSTEM, "be kind")], [Message(USER, " \n\t")], [Message(SYSTEM, "x"), Message(USER, "")]],
)
def test_nothing_to_answer_is_refused(messages):
    with pytest.raises(EmptyPrompt):
        fit_view(messages, context_length=100, count=words)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=21), st.integers(0, 25), st.integers(0, 10))
def test_a_view_always_fits_is_whole_turns_and_ends_with_the_last_message(sizes, view_start, system):
    messages = chat(*sizes, system=system)
    if len(sizes) % 2 == 0:
        messages.append(Message(USER, "w"))
    view = fit_view(messages, context_length=100, count=words, view_start=view_start)
    first = 1 if system else 0
    assert words(view.messages) <= 100
    assert view.messages[-1] is messages[-1]
    assert view.messages[first].role is USER
    assert view.messages == (*messages[:first], *messages[first + view.view_start :])


@given(st.lists(st.integers(1, 30), min_size=3, max_size=41))
def test_after_a_trim_the_next_short_turn_keeps_the_view(sizes):
    messages = chat(*(sizes if len(sizes) % 2 else sizes[:-1]))
    view = fit_view(messages, context_length=100, count=words)
    longer = [*messages, Message(ASSISTANT, "w"), Message(USER, "w")]
    if words(view.messages) <= 80:
        assert (
            fit_view(longer, context_length=100, count=words, view_start=view.view_start).view_start == view.view_start
        )


def test_a_pinned_message_stays_with_its_turn():
    messages = chat(10, 10, 10, 10, 10, 10, system=5)
    view = fit_view(messages, context_length=60, count=words, pinned=(1,))
    assert (view.view_start, view.kept) == (4, (0, 1))
    assert list(view.messages) == [*messages[:3], *messages[5:]]


def test_what_is_pinned_within_the_view_is_not_doubled():
    messages = chat(10, 10, 10, 10)
    view = fit_view(messages, context_length=30, count=words, pinned=(2,))
    assert (view.view_start, view.kept) == (2, ())
    assert list(view.messages) == messages[2:]


def test_pins_that_leave_no_room_are_named_as_the_cause():
    messages = chat(40, 10, 10)
    with pytest.raises(PinsTooLong):
        fit_view(messages, context_length=50, count=words, pinned=(0,))
    with pytest.raises(PromptTooLong):
        fit_view(chat(40, 10, 90), context_length=50, count=words, pinned=(0,))
