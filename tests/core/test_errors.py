from __future__ import annotations

import importlib
import pkgutil
import string
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

import app
from app.core.engine.prompt_errors import PromptTooLong
from app.core.errors import Bug, Failure, ParleyError, UserError, WorldError
from app.core.file_errors import FileGone

ROOT = Path(__file__).parents[2]


def cases() -> list[type[ParleyError]]:
    """Every failure there is, not the kinds."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if module.name.endswith("errors"):
            importlib.import_module(module.name)
    return [kind for kind in subclasses(ParleyError) if kind not in (UserError, WorldError)]


def subclasses(kind: type[ParleyError]) -> list[type[ParleyError]]:
    return [found for child in kind.__subclasses__() for found in (child, *subclasses(child))]


@pytest.mark.parametrize("kind", cases())
def test_every_error_says_what_happened_and_what_to_do(kind: type[ParleyError]) -> None:
    assert kind.text.endswith(".")
    assert kind.advice.endswith(".")
    fields = {
        name for template in (kind.text, kind.advice) for _, name, _, _ in string.Formatter().parse(template) if name
    }
    error = kind(**dict.fromkeys(fields, "X"))
    assert "{" not in str(error)


def test_an_error_crosses_a_pipe_whole() -> None:
    error = PromptTooLong("why", tokens=9000, limit=4096)
    wire = msgspec.json.decode(msgspec.json.encode(Failure.of(error)), type=Failure)
    back = wire.error()
    assert type(back) is PromptTooLong
    assert str(back) == str(error)
    assert back.detail == "why"


def test_no_two_errors_have_one_name_by_which_they_are_told() -> None:
    assert [name for name, count in Counter(kind.__name__ for kind in cases()).items() if count > 1] == []


def test_an_error_is_known_in_a_process_that_needed_none_like_it() -> None:
    told = "from app.core.errors import Failure; print(Failure('AttachmentEmpty', {'file': 'a.txt'}).error())"
    said = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.startswith("a.txt is empty.")


def test_an_unforeseen_exception_becomes_a_bug_with_its_traceback() -> None:
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError as error:
        failure = Failure.of(error)
    assert isinstance(failure.error(), Bug)
    assert "ZeroDivisionError: by zero" in failure.detail


def test_a_code_of_another_version_is_a_bug_that_keeps_its_words() -> None:
    bug = Failure("FromTheFuture", {"file": "a.gguf"}, "detail").error()
    assert isinstance(bug, Bug)
    assert "FromTheFuture" in bug.detail
    assert "a.gguf" in bug.detail


def test_values_are_part_of_the_sentence() -> None:
    error = FileGone(file="a.gguf", folder="/models")
    assert error.sentence == "a.gguf is no longer at /models."
