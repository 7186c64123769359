from __future__ import annotations

import pytest

from app.core.chat.attachments import Attachment, shortened, split_attachments, with_attachments

CODE = Attachment("main.py", "text/x-python", "print('hi')\n", "python")
FENCES = Attachment("notes.md", "text/markdown", "a\n\n```\ncode\n```\n````\nmore\n")
BOOK = Attachment("book, 3 pages.pdf", "application/pdf", "No line end", pages=1200)


@pytest.mark.parametrize("message", ["", "What is this?", "Attached file: nothing\n\n```\n"])
@pytest.mark.parametrize("files", [[], [CODE], [CODE, FENCES, BOOK], [FENCES, FENCES]])
def test_what_was_put_together_comes_apart_again(message: str, files: list[Attachment]) -> None:
    text = with_attachments(message, files)
    found, left = split_attachments(text)
    assert left == message
    assert [(one.name, one.pages) for one in found] == [(one.name, one.pages) for one in files]
    assert [one.text for one in found] == [one.text.rstrip("\n") + "\n" for one in files]
    assert with_attachments(left, found) == text


def test_a_message_that_only_looks_like_a_file_stays_whole() -> None:
    for text in ("Attached file: a\n```\nno end", "Attached file: a\n```\nend\n```tail", "Attached file: a"):
        assert split_attachments(text) == ([], text)


def test_the_last_file_is_cut_first_and_the_message_last() -> None:
    files = [Attachment("a", "", "a" * 100), Attachment("b", "", "b" * 100)]
    message, kept, rest = shortened("m" * 100, files, 0.5, " (part)")
    assert (message, rest) == ("m" * 100, "")
    assert [(one.name, one.characters) for one in kept] == [("a (part)", 50)]
    message, kept, rest = shortened(message, kept, 0.5, " (part)")
    assert (message, kept, rest) == ("m" * 75, [], "m" * 25)
    assert shortened("m", files, 1.0, " (part)") == ("m", files, "")
