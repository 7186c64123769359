from __future__ import annotations

import pytest

from app.children.outcome import Outcome, OutcomeKind
from app.core.protocol_errors import ProtocolBroken


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (0, OutcomeKind.EXITED, "ended by itself"),
        (3, OutcomeKind.EXITED, "exit code 3"),
        (-9, OutcomeKind.KILLED, "killed (signal 9)"),
        (-11, OutcomeKind.KILLED, "crashed (SIGSEGV, signal 11)"),
        (-15, OutcomeKind.KILLED, "ended by SIGTERM (signal 15)"),
        (-63, OutcomeKind.KILLED, "signal 63"),
        (0xC0000005, OutcomeKind.KILLED, "crashed (code 0xC0000005)"),
    ],
)
def test_a_return_code_becomes_a_sentence(code: int, kind: OutcomeKind, words: str) -> None:
    outcome = Outcome.of_return_code(code)
    assert outcome.kind is kind
    assert words in outcome.sentence


def test_what_the_child_sent_explains_its_end_better_than_its_code() -> None:
    error = ProtocolBroken("noise")
    assert Outcome.of_return_code(-9, error).sentence == error.sentence
