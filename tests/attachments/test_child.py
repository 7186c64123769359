"""The child that reads attachments: answers, and gives up what takes too much."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from app.core import protocol
from app.core.chat.attachment_errors import AttachmentTooCostly, AttachmentWithoutText
from app.core.data.exchange_frames import ExtractText, TextExtracted
from app.core.protocol import Failed, Hello

HOSTILE = """
    import sys, threading
    from app.worker import extract_role
    from app.worker.main import main
    def hang(path):
        if path.name == "slow":
            threading.Event().wait()
        kept = []
        while True: kept.append(b"x" * 10_000_000)
    extract_role.extract = hang
    extract_role.LIMITS = extract_role.Limits(seconds=float(sys.argv[1]), memory=int(sys.argv[2]))
    sys.exit(main("extract"))
"""


def ask(command, *frames):
    """What a child answers, and its exit code."""
    asked = b"".join(map(protocol.encode, [Hello(version=protocol.VERSION), *frames]))
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(asked)
    process.stdin.flush()
    answers = [protocol.decode_event(process.stdout.readline()) for _ in range(len(frames) + 1)]
    process.stdin.close()
    process.stdout.close()
    return answers[1:], process.wait()


def test_the_child_reads_files_one_after_another(tmp_path):
    (tmp_path / "a.md").write_text("# Hello", encoding="utf-8")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.4\n")
    command = [sys.executable, "-m", "app", "--role", "extract"]
    answers, code = ask(
        command, ExtractText(id=1, path=str(tmp_path / "b.pdf")), ExtractText(id=2, path=str(tmp_path / "a.md"))
    )
    assert isinstance(answers[0], Failed) and answers[0].id == 1
    assert isinstance(answers[1], TextExtracted) and answers[1].attachment.text == "# Hello"
    assert code == 0
    assert not isinstance(answers[0].failure.error(), AttachmentWithoutText)


@pytest.mark.parametrize(
    ("name", "what", "limits"), [("slow", "time", ("0.2", "1" + "0" * 12)), ("large", "memory", ("90", "3" + "0" * 8))]
)
def test_a_file_that_hangs_or_bloats_the_child_is_given_up(name, what, limits):
    (answer,), _ = ask([sys.executable, "-c", textwrap.dedent(HOSTILE), *limits], ExtractText(id=7, path=name))
    assert isinstance(answer, Failed) and answer.id == 7
    error = answer.failure.error()
    assert isinstance(error, AttachmentTooCostly)
    assert error.sentence == f"{name} was given up: reading it took too much {what}."
