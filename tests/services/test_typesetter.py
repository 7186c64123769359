"""The typesetter with its real child: what it makes, and what it gives up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.bootstrap.starting import child_starter
from app.children.child import Child
from app.core.chat.typeset_frames import Code, Drawn, Formula, Tint, Tinted, Work
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.relay import Relay
from app.services.typesetter import MOST_WAITING, Result, Typesetter

ENDLESS = Formula("\\sqrt{" * 30 + "x" + "}" * 30)


@pytest.fixture
def children() -> list[Child]:
    """All that were started."""
    return []


@pytest.fixture
def typesetter(qtbot: QtBot, tmp_path: Path, children: list[Child]) -> Iterator[Typesetter]:
    starter = child_starter(ChildRole.TYPESET, Folders.of({"PARLEY_HOME": str(tmp_path)}), None)

    def start(on_event: Any, on_exit: Any) -> Child:
        children.append(starter(on_event, on_exit))
        return children[-1]

    made = Typesetter(start, Relay())
    yield made
    made.shutdown()


def results(typesetter: Typesetter, qtbot: QtBot, *asked: Work) -> list[Result]:
    found: dict[Work, Result] = {}
    for work in asked:
        typesetter.ask(work, lambda result, work=work: found.update({work: result}))
    qtbot.waitUntil(lambda: len(found) == len(asked))
    return [found[work] for work in asked]


def test_code_gets_its_colours_and_its_language_a_name(typesetter: Typesetter, qtbot: QtBot) -> None:
    (tinted,) = results(typesetter, qtbot, Code("def f():\n    return 'x'\n", "py"))
    assert isinstance(tinted, Tinted)
    assert (tinted.language, tinted.suffix) == ("Python", ".py")
    assert tinted.tints[:2] == (Tint(0, 3, "code_keyword"), Tint(4, 5, "code_function"))


def test_an_unknown_language_has_no_name(typesetter: Typesetter, qtbot: QtBot) -> None:
    (tinted,) = results(typesetter, qtbot, Code("x", "no-such-language"))
    assert isinstance(tinted, Tinted)
    assert (tinted.language, tinted.tints) == ("", ())


def test_a_formula_is_drawn_on_its_baseline(typesetter: Typesetter, qtbot: QtBot) -> None:
    line, fraction = results(typesetter, qtbot, Formula("x"), Formula(r"\frac{a}{b}", display=True))
    assert isinstance(line, Drawn) and isinstance(fraction, Drawn)
    assert "currentColor" in line.svg
    assert fraction.depth > line.depth and fraction.height > line.height


def test_what_stands_at_the_foot_of_a_nabla_stands_close_to_it(typesetter: Typesetter, qtbot: QtBot) -> None:
    nabla, letter = results(typesetter, qtbot, Formula(r"\nabla_\theta L"), Formula(r"\mathrm{\nabla}_\theta L"))
    assert isinstance(nabla, Drawn) and isinstance(letter, Drawn)
    assert nabla.width == letter.width


@pytest.mark.parametrize("source", [r"\frac{a", r"\nosuchcommand{x}{", "", "{" * 3000])
def test_what_is_no_formula_comes_to_nothing(typesetter: Typesetter, qtbot: QtBot, source: str) -> None:
    assert results(typesetter, qtbot, Formula(source)) == [None]


def test_a_formula_that_would_take_for_ever_is_given_up_and_the_rest_is_done(
    typesetter: Typesetter, qtbot: QtBot
) -> None:
    results(typesetter, qtbot, Formula("x"))
    typesetter.patience_ms = 500
    endless, code = results(typesetter, qtbot, ENDLESS, Code("x = 1", "py"))
    assert isinstance(code, Tinted) and endless is None
    assert results(typesetter, qtbot, ENDLESS) == [None]


def test_a_child_that_starts_slowly_does_its_first_work(qtbot: QtBot, tmp_path: Path) -> None:
    starter = child_starter(ChildRole.TYPESET, Folders.of({"PARLEY_HOME": str(tmp_path)}), None)
    made = Typesetter(starter, Relay())
    made.patience_ms = 0
    assert isinstance(results(made, qtbot, Formula("x"))[0], Drawn)
    made.shutdown()


def test_what_is_known_is_said_at_once(typesetter: Typesetter, qtbot: QtBot) -> None:
    (first,) = results(typesetter, qtbot, Formula("x"))
    said: list[Result] = []
    typesetter.ask(Formula("x"), said.append)
    assert said == [first]


def test_the_latest_is_done_first_and_too_much_is_not_done_at_all(typesetter: Typesetter, qtbot: QtBot) -> None:
    done: list[int] = []
    for number in range(MOST_WAITING + 50):
        typesetter.ask(Code(f"x = {number}", "py"), lambda _, number=number: done.append(number))
    qtbot.waitUntil(lambda: not typesetter.is_busy)
    assert done[1] == MOST_WAITING + 49
    assert len(done) == MOST_WAITING


def test_the_child_rests_and_another_one_is_started(
    typesetter: Typesetter, children: list[Child], qtbot: QtBot
) -> None:
    results(typesetter, qtbot, Formula("x"))
    typesetter._rest()
    assert children[0].wait(10)
    assert isinstance(results(typesetter, qtbot, Formula("y"))[0], Drawn)
    assert len(children) == 2


def test_nothing_is_done_after_the_end(typesetter: Typesetter, children: list[Child], qtbot: QtBot) -> None:
    typesetter.shutdown()
    said: list[Result] = []
    typesetter.ask(Formula("x"), said.append)
    assert not said and not children
