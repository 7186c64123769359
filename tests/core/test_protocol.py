from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import protocol
from app.core.engine.engine_frames import Generate, Piece
from app.core.engine.messages import Message, Role
from app.core.protocol import Hello
from app.core.protocol_errors import ProtocolBroken

TEXT = st.text(st.characters(exclude_categories=("Cs",)))


@given(TEXT, TEXT, st.integers(0, 2**31))
def test_any_text_survives_the_wire_on_one_line(text: str, reasoning: str, number: int) -> None:
    piece = Piece(id=number, text=text, reasoning=reasoning, tokens=1)
    line = protocol.encode(piece)
    assert line.count(b"\n") == 1
    assert protocol.decode_event(line) == piece


def test_a_command_keeps_its_messages() -> None:
    command = Generate(id=3, messages=(Message(Role.SYSTEM, "be brief"), Message(Role.USER, "hi\n there")))
    assert protocol.decode_command(protocol.encode(command)) == command


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"hello\n",
        b'{"type":"piece","id":1,"text":"cut',
        b'{"type":"piece","id":1}',
        b'{"type":"no-such-frame"}\n',
        b'{"id":1}\n',
        b'{"type":"piece","id":"one"}\n',
        b'\xff\xfe{"type":"piece"}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_what_is_not_a_frame_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolBroken):
        protocol.decode_event(line)


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else_is_raised(data: bytes) -> None:
    with pytest.raises(ProtocolBroken):
        protocol.decode_event(data + b"\n")


@pytest.mark.parametrize("frame", [Piece(id=1), Hello(version=protocol.VERSION + 1), Hello()])
def test_a_handshake_of_another_version_is_refused(frame: protocol.Event) -> None:
    with pytest.raises(ProtocolBroken):
        protocol.check_hello(frame)


def test_a_handshake_of_this_version_is_accepted() -> None:
    hello = Hello(version=protocol.VERSION, role="engine", pid=7)
    assert protocol.check_hello(hello) is hello
