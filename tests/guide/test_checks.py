"""What the Guide says of the program is true of it: numbers, settings, shortcuts, files and commands."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import gguf
import msgspec
import pytest
from guide.facts import load_material

from app.catalog.fit.estimate import COMMON_BITS, COMMON_QUANTIZATION
from app.cli.grammar import build_parser
from app.core.program.settings import SETTINGS

ROOT = Path(__file__).parents[2]
FACTS = load_material().facts
CHECKS = [(fact.id, check) for fact in FACTS for check in fact.checks]
COMMANDS = sorted({(fact.id, text) for fact in FACTS for text in re.findall(r"`(parley [^`]+)`", fact.answer)})
NUMBER = re.compile(r"\d")


def value_of(name):
    """A constant, or the default of a struct's field, by its dotted name."""
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            if isinstance(found, type) and issubclass(found, msgspec.Struct):
                found = next(field.default for field in msgspec.structs.fields(found) if field.name == part)
            else:
                found = getattr(found, part)
        return found
    raise LookupError(name)


def written(value):
    return "on" if value is True else "off" if value is False else str(value)


def check_setting(text):
    key, _, value = text.partition(" = ")
    assert key in SETTINGS
    assert not value or value in (written(SETTINGS[key].default), str(SETTINGS[key].default))


def check_shortcut(text):
    name, _, keys = text.partition(" = ")
    assert SETTINGS[f"shortcuts.{name}"].default == keys


def check_bits(text):
    name, _, bits = text.partition(" = ")
    if name == COMMON_QUANTIZATION:
        assert float(bits) == COMMON_BITS
        return
    weights, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name]]
    assert float(bits) == pytest.approx(size * 8 / weights, abs=0.006)


def check_const(text):
    name, _, value = text.partition(" = ")
    assert str(value_of(name)) == value


def check_file(text):
    assert (ROOT / text).exists()


def check_known(text):
    """The source of what lies outside of the program in words; a file of the program is there."""
    assert text
    for path in re.findall(r"\b(?:app|packaging|resources|tests)/[\w./-]*\w", text):
        assert (ROOT / path).exists()


KINDS = {
    "setting": check_setting,
    "shortcut": check_shortcut,
    "bits": check_bits,
    "const": check_const,
    "file": check_file,
    "known": check_known,
}


@pytest.mark.parametrize(("fact", "check"), CHECKS, ids=[f"{fact}: {check}" for fact, check in CHECKS])
def test_what_a_fact_claims_is_so(fact, check):
    kind, _, text = check.partition(" ")
    KINDS[kind](text)


@pytest.mark.parametrize(("fact", "command"), COMMANDS, ids=[f"{fact}: {command}" for fact, command in COMMANDS])
def test_commands_can_be_typed(fact, command):
    arguments = [word for word in shlex.split(command)[1:] if not re.fullmatch(r"[<>|]", word)]
    try:
        build_parser().parse_args(arguments)
    except SystemExit as ending:
        assert ending.code == 0 or is_a_group(arguments)


def is_a_group(arguments):
    """Whether these words name commands but not yet one that can run."""
    parser = build_parser()
    for word in arguments:
        groups = [
            action for action in parser._actions if hasattr(action, "choices") and isinstance(action.choices, dict)
        ]
        if not groups or word not in groups[0].choices:
            return False
        parser = groups[0].choices[word]
    return True


def test_numbers_are_checked():
    unchecked = [fact.id for fact in FACTS if NUMBER.search(fact.answer) and not fact.checks]
    assert unchecked == []
