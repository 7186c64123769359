"""What reaches a terminal, and what a pipe."""

from __future__ import annotations

import io

import pytest

from app.cli.output import OutputFailed, Terminal
from app.cli.views import JsonView, PlainView
from app.core.data.database_errors import DatabaseLocked
from app.core.engine.engine_frames import Piece, PromptProgress

HOSTILE = "a\x1b]0;owned\x07b\x9b31mc\rd\x08\te\nf\x7f"


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_control_characters_do_not_reach_a_terminal() -> None:
    out, err = Tty(), Tty()
    terminal = Terminal(out, err, {})
    terminal.write(HOSTILE)
    terminal.note(HOSTILE)
    terminal.record({"text": HOSTILE})
    assert out.getvalue().startswith("a]0;ownedb31mcd\te\nf")
    assert err.getvalue() == "a]0;ownedb31mcd\te\nf\n"
    assert not set("\x1b\x07\x9b\r\x08\x7f") & set(out.getvalue() + err.getvalue())


def test_a_pipe_gets_every_character() -> None:
    out = io.StringIO()
    Terminal(out, Tty(), {}).write(HOSTILE)
    assert out.getvalue() == HOSTILE


def test_reasoning_is_dimmed_for_people_and_kept_from_pipes() -> None:
    out, err = io.StringIO(), Tty()
    view = PlainView(Terminal(out, err, {"TERM": "xterm"}))
    view.piece(Piece(id=1, reasoning="Hm\x1b."))
    view.piece(Piece(id=1, text="Yes."))
    view.end()
    assert out.getvalue() == "Yes.\n"
    assert err.getvalue().startswith("\x1b[2mHm.\x1b[0m")
    silent = io.StringIO()
    PlainView(Terminal(io.StringIO(), silent, {})).piece(Piece(id=1, reasoning="Hm."))
    assert silent.getvalue() == ""


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}, {}])
def test_who_wants_no_colour_gets_none(environment: dict[str, str]) -> None:
    err = Tty()
    Terminal(io.StringIO(), err, environment).aside("Hm.")
    assert "\x1b" not in err.getvalue()


def test_progress_is_for_people_and_makes_room() -> None:
    out, err = Tty(), Tty()
    view = PlainView(Terminal(out, err, {}))
    view.loading(0.5)
    view.reading(PromptProgress(id=1, done=1024, total=2048, reused=0))
    view.piece(Piece(id=1, text="Yes.\n"))
    view.end()
    assert "50%" in err.getvalue()
    assert "1,024 of 2,048" in err.getvalue()
    assert err.getvalue().endswith("\r")
    assert out.getvalue() == "Yes.\n"
    piped = io.StringIO()
    PlainView(Terminal(io.StringIO(), piped, {})).loading(0.5)
    assert piped.getvalue() == ""


def test_json_keeps_reasoning_and_text_apart() -> None:
    out = io.StringIO()
    view = JsonView(Terminal(out, io.StringIO(), {}, json=True))
    view.piece(Piece(id=1, reasoning="Hm.", text="Yes.\n"))
    view.piece(Piece(id=1, tokens=1))
    view.end()
    assert out.getvalue() == '{"type":"reasoning","text":"Hm."}\n{"type":"text","text":"Yes.\\n"}\n'


def test_a_write_that_is_tried_again_is_told_beside_the_reply() -> None:
    out, err = io.StringIO(), io.StringIO()
    PlainView(Terminal(out, err, {})).problem(DatabaseLocked(folder="/home/data"))
    assert out.getvalue() == ""
    assert err.getvalue().startswith("Your chats at /home/data are in use")


def test_a_closed_output_is_told_from_a_broken_one() -> None:
    with pytest.raises(OutputFailed) as caught:
        Terminal(Closed(), Tty(), {}).write("x")
    assert caught.value.closed
    Terminal(Tty(), Closed(), {}).note("nobody is left to tell")
