"""The Guide's material is whole: facts can be told apart, nothing held out is trained on, every reference is known."""

from __future__ import annotations

import random
import re
import tomllib
from collections import Counter
from xml.etree import ElementTree

import pytest
from guide.facts import GUIDE, simple
from guide.phrasing import Likelihoods, Phraser, load_words

from app.core.program.guide_links import guide_link

LEAST_FACTS = 400
LINK = re.compile(r"\[[^\]]+\]\(([^)]+)\)")
BOLD = re.compile(r"\*\*([^*]+)\*\*")


def test_there_are_enough_facts(material):
    assert len(material.facts) >= LEAST_FACTS


def test_subjects_have_names_of_their_own(material):
    assert [name for name, count in Counter(material.subjects).items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in material.subjects)


def test_facts_are_complete(material):
    for fact in material.facts:
        assert len(fact.keys) in (2, 3), fact.id
        assert len(fact.ask) >= 7, fact.id
        assert len(fact.held) == 2, fact.id


def test_answers_are_short_paragraphs(material):
    for answer in material.answers:
        assert 8 <= len(answer.split()) <= 60, answer
        assert "\n" not in answer
        assert answer == answer.strip()


def test_keys_tell_each_answer_from_every_other(material):
    for fact in material.facts:
        assert [other.id for other in material.facts if fact.is_told_by(other.answer)] == [fact.id]
        assert not any(fact.is_told_by(answer) for outside in material.outside for answer in outside.answers), fact.id


def test_no_question_has_two_answers(material):
    asked = Counter(
        (simple(question), subject.answer) for subject in material.facts for question in (*subject.ask, *subject.held)
    )
    questions = Counter(question for question, _ in asked)
    assert [question for question, count in questions.items() if count > 1] == []


def test_nothing_held_out_is_trained_on(material):
    trained = {simple(question) for subject in (*material.facts, *material.outside) for question in subject.ask}
    held = [question for subject in (*material.facts, *material.outside) for question in subject.held]
    assert [question for question in held if simple(question) and simple(question) in trained] == []


def test_second_questions_lead_to_facts(material):
    known = {fact.id for fact in material.facts}
    assert {follow.to for fact in material.facts for follow in fact.follow} <= known
    assert sum(bool(fact.follow) for fact in material.facts) >= len(material.facts) / 3
    assert all(follow.ask for fact in material.facts for follow in fact.follow)


def test_links_are_known_to_the_window(material):
    links = [address for answer in material.answers for address in LINK.findall(answer)]
    assert links
    assert [address for address in links if guide_link(address) is None] == []


def test_bold_words_are_the_windows_own(material):
    said = {
        source.text
        for source in ElementTree.parse(GUIDE.parent / "translations" / "parley_de.ts").iter("source")
        if source.text
    }
    bold = {words for answer in material.answers for words in BOLD.findall(answer)}
    assert sorted(words for words in bold if words not in said) == []


def test_patterns_belong_to_subjects(material):
    files = [*(GUIDE / "phrasing" / "facts").glob("*.toml")]
    facts = {name for path in files for name in tomllib.loads(path.read_text(encoding="utf-8"))}
    outside = set(tomllib.loads((GUIDE / "phrasing" / "outside.toml").read_text(encoding="utf-8"))["patterns"])
    assert facts <= {fact.id for fact in material.facts}
    assert outside <= {entry.name for entry in material.outside}


@pytest.fixture(scope="module")
def phraser():
    return Phraser(load_words(GUIDE / "phrasing"), random.Random(1), Likelihoods())


def test_patterns_can_be_written_out(material, phraser):
    for subject in (*material.facts, *material.outside):
        for pattern in subject.patterns:
            for _ in range(5):
                written = phraser.written_out(pattern)
                assert written
                assert not set(written.replace("{{", "").replace("}}", "")) & set("()|{}"), pattern


def test_the_same_seed_gives_the_same_questions():
    words = load_words(GUIDE / "phrasing")
    said = [[Phraser(words, random.Random(5), Likelihoods()).rephrased("how do I save a chat?")] for _ in range(2)]
    assert said[0] == said[1]
