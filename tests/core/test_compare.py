"""Where texts differ, and whether models fit into memory together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.chat.word_diff import MOST_WORDS, Span, word_diff
from app.core.engine.loading import LoadOptions
from app.core.prediction.fit import MARGIN
from app.core.prediction.footprint import PROCESS_BYTES
from app.core.prediction.probe_frames import Machine, MeasuredNeed
from app.core.prediction.together import Together, together


def kept(text: str, spans: tuple[Span, ...]) -> str:
    """What is left of a text without what is marked."""
    at, parts = 0, []
    for start, end in spans:
        parts.append(text[at:start])
        at = end
    return "".join(parts) + text[at:]


def test_only_the_words_that_differ_are_marked() -> None:
    found = word_diff("The cat sat on the mat.", "The dog sat on a mat.")
    assert ["The cat sat on the mat."[start:end] for start, end in found.left] == ["cat", "the"]
    assert ["The dog sat on a mat."[start:end] for start, end in found.right] == ["dog", "a"]
    assert word_diff("same", "same") == ((), ())


@given(st.text("ab \n.é😀", max_size=60), st.text("ab \n.é😀", max_size=60))
def test_what_is_not_marked_is_the_same_on_both_sides(left: str, right: str) -> None:
    found = word_diff(left, right)
    assert kept(left, found.left) == kept(right, found.right)
    assert (found == ((), ())) == (left == right)


def test_a_very_long_difference_is_marked_as_a_whole() -> None:
    left, right = "same " + "a b " * MOST_WORDS + "end", "same " + "c d " * MOST_WORDS + "end"
    found = word_diff(left, right)
    assert kept(left, found.left) == kept(right, found.right) == "same  end"
    assert len(found.left) == len(found.right) == 1


@pytest.mark.parametrize(
    ("free", "fits"), [(MARGIN + 2 * (100 + 10 + 5 + 1 + PROCESS_BYTES), True), (MARGIN + 200, False)]
)
def test_models_fit_together_where_the_sum_of_their_needs_does(free: int, fits: bool) -> None:
    machine = Machine("b1", (), 64 * 1024**3, free, 4, 8, ())
    plan = MeasuredNeed("/m.gguf", LoadOptions(), 10, {"CPU": 5}, 1)
    assert together(machine, [(100, plan), (100, plan)]).fits is fits


def test_what_nobody_could_tell_does_not_fit() -> None:
    assert not Together().fits
