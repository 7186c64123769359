"""A child's handshake, its manners on the pipes, and its end."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import threading

import pytest

from app.catalog.shelf.library import identify
from app.core import protocol
from app.core.engine.engine_frames import (
    Digest,
    Finished,
    Generate,
    Load,
    ModelInfo,
    Piece,
    PromptProgress,
)
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import FinishReason, Message, Role
from app.core.engine.model_errors import ArchitectureUnknown, GgufDamaged, NoModel, NotGguf
from app.core.engine.sampling import Sampling
from app.core.file_errors import FileGone, FileUnreadable
from app.core.prediction.probe_frames import Machine, Probe
from app.core.program.setting_errors import InvalidOption
from app.core.protocol import Cancel, Failed, Hello, Stopped
from app.core.protocol_errors import ProtocolBroken
from tests.models.split_gguf import split_gguf

HELLO = (Message(Role.USER, "Hello"),)
SHORT = Generate(id=3, messages=HELLO, sampling=Sampling(temperature=0, max_tokens=5))
ENDLESS = Generate(id=4, messages=HELLO, sampling=Sampling(temperature=0, grammar="root ::= [a-z ]+", max_tokens=4000))


def refused(child):
    failed = child.until(Failed)[-1]
    assert isinstance(failed.failure.error(), ProtocolBroken)
    assert child.process.wait() == 2
    assert child.process.stdout.read() == b""


@pytest.mark.parametrize("role", ["engine", "probe"])
def test_the_first_frame_is_hello(start, role):
    child = start(role)
    assert child.receive() == Hello(version=protocol.VERSION, role=role, pid=child.process.pid)
    assert child.close() == 0


def test_an_unknown_role_is_refused(start):
    child = start("nonsense")
    assert child.process.wait() == 2
    assert b"nonsense" in child.process.stderr.read()


@pytest.mark.parametrize(
    "line",
    [
        b"garbage\n",
        b"\xff\xfe\x00\n",
        b'{"type":"no-such-thing"}\n',
        b'{"type":"load"}\n',
        b'{"type":"load","path":7}\n',
        b"[" * 100_000 + b"\n",
        b"\n",
        protocol.encode(Hello(version=protocol.VERSION + 1)),
    ],
)
@pytest.mark.parametrize("greeted", [True, False])
def test_what_is_not_a_frame_is_refused_loudly(start, line, greeted):
    child = start("probe")
    child.receive()
    if greeted:
        child.send(Hello(version=protocol.VERSION))
        line = line if b"hello" not in line else b"garbage\n"
    child.write(line)
    refused(child)


def test_a_command_before_hello_is_refused(start):
    child = start("probe")
    child.receive()
    child.send(Probe())
    refused(child)


def test_a_frame_that_was_cut_off_is_refused(engine_child):
    engine_child.write(b'{"type":"load","pa')
    engine_child.process.stdin.close()
    refused(engine_child)


def test_a_command_of_another_role_fails_alone(start):
    child = start("probe")
    child.greet()
    child.send(SHORT)
    failed = child.receive()
    assert failed.id == SHORT.id
    assert isinstance(failed.failure.error(), ProtocolBroken)
    child.send(Probe())
    assert isinstance(child.receive(), Machine)


def test_a_probe_tells_of_the_machine(start):
    child = start("probe")
    child.greet()
    child.send(Probe())
    machine = child.receive()
    assert machine.devices and machine.memory_total > 0
    assert child.close() == 0


def test_a_model_is_loaded_answers_and_is_hashed(engine_child, tiny_gguf):
    info = engine_child.load(tiny_gguf)
    assert info.path == str(tiny_gguf)
    events = engine_child.reply(SHORT)
    rest = [] if any(isinstance(event, Digest) for event in events) else engine_child.until(Digest)
    (digest,) = [event for event in (*events, *rest) if isinstance(event, Digest)]
    assert digest.sha256 == hashlib.sha256(tiny_gguf.read_bytes()).hexdigest()
    assert digest.modified_ns == tiny_gguf.stat().st_mtime_ns
    finished = events[-1]
    assert finished.id == SHORT.id and finished.usage.completion_tokens == 5
    assert engine_child.close() == 0


@pytest.mark.parametrize("opened", [0, -1])
def test_a_split_model_is_hashed_whole_whichever_part_was_opened(engine_child, tmp_path, tiny_gguf, opened):
    parts = split_gguf(tiny_gguf, tmp_path, tensors=8)
    assert len(parts) > 2
    found = identify(parts[opened])
    info = engine_child.load(parts[opened])
    digest = engine_child.until(Digest)[-1]
    assert digest.sha256 == hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
    assert (digest.path, digest.bytes) == (found.identity.path, found.identity.bytes) == (info.path, info.bytes)
    assert digest.modified_ns == found.modified_ns
    assert found.identity.path == str(parts[0])


def test_a_digest_of_a_split_model_is_believed_only_while_all_parts_stay(engine_child, tmp_path, tiny_gguf):
    parts = split_gguf(tiny_gguf, tmp_path, tensors=8)
    found = identify(parts[0])
    known = Digest(path=str(parts[0]), bytes=found.identity.bytes, modified_ns=found.modified_ns, sha256="ab" * 32)
    engine_child.load(parts[0], known=known)
    assert engine_child.until(Digest)[-1] == known
    os.utime(parts[-1], ns=(0, found.modified_ns + 1))
    engine_child.load(parts[0], known=known)
    assert engine_child.until(Digest)[-1].sha256 != known.sha256


def test_the_engine_ends_at_once_when_its_input_closes_in_mid_reply(engine_child, tiny_gguf):
    engine_child.load(tiny_gguf)
    engine_child.send(ENDLESS)
    engine_child.until(Piece)
    assert engine_child.close() == 0


def test_a_reply_is_cancelled_and_the_next_one_runs(engine_child, tiny_gguf):
    engine_child.load(tiny_gguf)
    engine_child.send(ENDLESS)
    engine_child.until(Piece)
    engine_child.send(Cancel())
    finished = engine_child.until(Finished)[-1]
    assert finished.reason is FinishReason.CANCELLED
    assert finished.usage.completion_tokens < 4000
    assert engine_child.reply(SHORT)[-1].reason is FinishReason.LENGTH


def test_a_long_prompt_is_cancelled_in_the_middle(engine_child, make_model):
    engine_child.load(make_model("160m", "--type", "q4_0"))
    prompt = "for each line in the file print its number and then the words of it. " * 250
    engine_child.send(Generate(id=5, messages=(Message(Role.USER, prompt),)))
    engine_child.until(PromptProgress)
    engine_child.send(Cancel())
    events = engine_child.until(Finished)
    assert events[-1].reason is FinishReason.CANCELLED
    done = [event.done for event in events if isinstance(event, PromptProgress)]
    assert max(done, default=0) < events[-1].usage.prompt_tokens


def test_a_cancel_without_a_command_means_nothing(engine_child, tiny_gguf):
    engine_child.send(Cancel())
    assert isinstance(engine_child.load(tiny_gguf), ModelInfo)
    engine_child.send(Cancel())
    assert engine_child.reply(SHORT)[-1].reason is FinishReason.LENGTH


def test_a_load_is_cancelled(engine_child, make_model, tiny_gguf):
    engine_child.send(Load(path=str(make_model("15m"))), Cancel())
    assert isinstance(engine_child.until(Stopped, ModelInfo)[-1], Stopped)
    assert isinstance(engine_child.reply(SHORT)[-1].failure.error(), NoModel)
    assert isinstance(engine_child.load(tiny_gguf), ModelInfo)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_interrupt_of_the_terminal_does_not_end_the_child(engine_child, tiny_gguf):
    engine_child.process.send_signal(signal.SIGINT)
    assert isinstance(engine_child.load(tiny_gguf), ModelInfo)


NOISY = """
import ctypes, os, sys, threading
from app.worker import wire
made = wire.Wire.__init__
def noisy(self):
    made(self)
    def shout():
        libc = ctypes.CDLL(None)
        while True:
            os.write(1, b"written to descriptor 1\\n")
            libc.puts(b"said by native code")
            libc.fflush(None)
            print("said by Python", flush=True)
    threading.Thread(target=shout, daemon=True).start()
wire.Wire.__init__ = noisy
from app.worker.main import main
sys.exit(main(sys.argv[2]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the C library's symbols are in the process only on POSIX")
def test_output_of_native_code_breaks_no_frame(start, tmp_path):
    child = start("probe", program=("-c", NOISY))
    drained = []

    reader = threading.Thread(target=lambda: drained.append(child.process.stderr.read()))
    reader.start()
    child.greet()
    for _ in range(20):
        child.send(Probe())
        assert isinstance(child.receive(), Machine)
    child.close()
    reader.join()
    assert b"said by native code" in drained[0]
    assert b"said by Python" in drained[0]


def bad_files(tmp_path, tiny_gguf):
    data = tiny_gguf.read_bytes()
    text, cut, header_cut = tmp_path / "notes.gguf", tmp_path / "cut.gguf", tmp_path / "header.gguf"
    text.write_text("This is not a model.")
    cut.write_bytes(data[: len(data) // 2])
    header_cut.write_bytes(data[:1000])
    zebra = tmp_path / "zebra.gguf"
    zebra.write_bytes(data.replace(b"\x05\0\0\0\0\0\0\0llama", b"\x05\0\0\0\0\0\0\0zebra"))
    return {
        "gone": (tmp_path / "gone.gguf", FileGone),
        "folder": (tmp_path, FileUnreadable),
        "text": (text, NotGguf),
        "cut": (cut, GgufDamaged),
        "header": (header_cut, GgufDamaged),
        "zebra": (zebra, ArchitectureUnknown),
    }


@pytest.mark.parametrize("kind", ["gone", "folder", "text", "cut", "header", "zebra"])
def test_a_file_that_cannot_be_loaded_is_explained_and_the_child_lives(engine_child, tmp_path, tiny_gguf, kind):
    path, expected = bad_files(tmp_path, tiny_gguf)[kind]
    failed = engine_child.load(path)
    error = failed.failure.error()
    assert type(error) is expected
    assert path.name in error.sentence and error.next_step
    assert isinstance(engine_child.load(tiny_gguf), ModelInfo)
    assert isinstance(engine_child.reply(SHORT)[-1], Finished)


def test_an_option_that_the_model_does_not_allow_is_explained(engine_child, tiny_gguf):
    failed = engine_child.load(tiny_gguf, options=LoadOptions(context_length=100_000))
    assert isinstance(failed.failure.error(), InvalidOption)
