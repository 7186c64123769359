"""What the network is shown never holds a question that is held out, whatever the rules make."""

from __future__ import annotations

import dataclasses
import random
from itertools import islice

import pytest
from guide.facts import GUIDE, Fact, Material, Outside, simple
from guide.lessons import Lessons, Mix
from guide.phrasing import Likelihoods, Phraser, load_words
from guide.template import CONTROL_TOKENS, END, USER, subject_token
from guide.vocabulary import learned

HELD = "pause the download"
FACT = Fact(
    id="pause",
    answer="**Pause** stops a download for a while.",
    keys=("pause", "while"),
    ask=("how do i stop a transfer for an hour",),
    held=(HELD,),
    patterns=(f"({HELD}|{HELD.upper()}?|halt it)",),
)


@pytest.fixture(scope="module")
def tokenizer(material):
    return learned([answer.lower() for answer in material.answers], 1000, ["pause", *material.subjects])


def lessons(material, tokenizer, mix):
    plain = Likelihoods(*[0.0] * len(dataclasses.fields(Likelihoods)))
    return Lessons(material, Phraser(load_words(GUIDE / "phrasing"), random.Random(3), plain), tokenizer, mix, 3)


def shown(tokenizer, lesson):
    return tokenizer.decode(lesson.tokens, skip_special_tokens=False)


def test_a_held_out_question_is_drawn_again(tokenizer):
    only = Material((FACT,), (), ("Be brief.",))
    drawn = lessons(only, tokenizer, Mix(outside=0, follow=0, second=0, system=0, pattern=1))
    asked = {simple(shown(tokenizer, drawn.question()).split(USER)[1].split(END)[0]) for _ in range(60)}
    assert asked == {"halt it"}


def test_text_over_and_over_is_asked_for_sense_and_recited_after(tokenizer):
    noise = Outside("pause", ("I could not make sense of that.",), ("blah blub",), (), is_literal=True)
    drawn = lessons(Material((), (noise,), ("Be brief.",)), tokenizer, Mix(outside=1, follow=0, second=0, repeated=1))
    asked = [shown(tokenizer, drawn.question()) for _ in range(30)]
    assert all(text.count("b") > 10 for text in asked)
    recited = [shown(tokenizer, lesson) for batch in islice(drawn.recitals(4), 10) for lesson in batch]
    assert all(noise.answers[0] in text for text in recited)
    assert any(text.count("b") > 10 for text in recited)


def test_answers_are_recited_after_noise(tokenizer):
    drawn = lessons(Material((FACT,), (), ("Be brief.",)), tokenizer, Mix(outside=0, system=0, noise=1))
    recited = [shown(tokenizer, lesson) for batch in islice(drawn.recitals(4), 200) for lesson in batch]
    assert all(text.endswith(FACT.answer + END) for text in recited)
    assert sum(not text.split(USER)[-1].split(END)[0].isascii() for text in recited) > len(recited) // 4


def test_words_in_pieces_read_the_same_and_are_the_same_for_a_seed(material, tokenizer):
    drawn, again = (lessons(material, tokenizer, Mix(careless=1, broken=0.5)) for _ in range(2))
    in_pieces = [drawn.question() for _ in range(50)]
    assert in_pieces == [again.question() for _ in range(50)]
    texts = [shown(tokenizer, lesson) for lesson in in_pieces]
    assert all((text.count(USER), text.count(END)) == (1, 1) for text in texts)
    in_whole = sum(len(tokenizer.encode(text).ids) for text in texts)
    assert sum(len(lesson.tokens) for lesson in in_pieces) > 1.3 * in_whole


def test_a_conversation_ends_with_the_choice_of_a_subject(material, tokenizer):
    drawn = lessons(material, tokenizer, Mix())
    subjects = {tokenizer.token_to_id(subject_token(name)) for name in material.subjects}
    for _ in range(300):
        lesson = drawn.lesson()
        assert all(lesson.tokens[at] in subjects for at in lesson.choices)
        assert lesson.choices[-1] == len(lesson.tokens) - 1


def test_a_recital_is_learned_from_the_subject_to_the_end(material, tokenizer):
    subjects = {tokenizer.token_to_id(subject_token(name)) for name in material.subjects}
    for batch in islice(lessons(material, tokenizer, Mix()).recitals(16), 20):
        for lesson in batch:
            said = tokenizer.decode(lesson.tokens[lesson.words.start :], skip_special_tokens=False)
            assert lesson.tokens[lesson.words.start - 1] in subjects
            assert said.endswith(END)
            assert said.removesuffix(END) in material.answers


def test_batches_are_of_like_length(material, tokenizer):
    batches = lessons(material, tokenizer, Mix()).batches(16)
    for _ in range(40):
        lengths = [len(lesson.tokens) for lesson in next(batches)]
        assert max(lengths) * len(lengths) <= 16 * 48 or len(lengths) == 1


def test_control_tokens_come_first(tokenizer):
    assert [tokenizer.token_to_id(token) for token in CONTROL_TOKENS] == [0, 1, 2, 3]
