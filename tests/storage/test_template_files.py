"""The user's chat templates as files: whole or not at all, under names that every system takes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.engine.prompt_errors import TemplateFailed
from app.core.engine.templates import (
    MAX_SOURCE_CHARS,
    TemplateNameRefused,
    TemplateShips,
    UnknownTemplate,
    own_names,
    shipped_names,
    template_names,
    template_source,
)
from app.core.file_errors import DiskFull, FileUnreadable
from app.storage.template_files import delete_template, save_template

SOURCE = "{% for message in messages %}\n<é>\u00a0{{ message.content }}\r\n{% endfor %}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path))
    return tmp_path / "data" / "templates"


def test_a_template_is_listed_beside_those_that_ship_and_read_as_it_was_written(folder: Path) -> None:
    assert template_names() == shipped_names()
    save_template("Für Qwen (2.5)", SOURCE)
    save_template("another", "x")
    assert template_names() == (*shipped_names(), "Für Qwen (2.5)", "another")
    assert template_source("Für Qwen (2.5)") == SOURCE
    assert sorted(entry.name for entry in folder.iterdir()) == ["Für Qwen (2.5).jinja", "another.jinja"]


@pytest.mark.parametrize(
    "name",
    ["", "a/b", "..", "../evil", "a\\b", ".hidden", "a:b", "end.", "end ", "CON", "lpt1.x", "a\nb", "x" * 61, "\ud800"],
)
def test_names_that_no_file_may_have_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(TemplateNameRefused):
        save_template(name, SOURCE)
    assert not folder.exists()
    with pytest.raises(UnknownTemplate):
        template_source(name)


@pytest.mark.parametrize("name", ["chatml", "ChatML", "vicuna", "built-in"])
def test_the_names_of_what_ships_cannot_be_taken(folder: Path, name: str) -> None:
    with pytest.raises(TemplateNameRefused, match="ships with Parley"):
        save_template(name, SOURCE)
    folder.mkdir(parents=True)
    (folder / f"{name}.jinja").write_text("taken")
    assert template_names() == shipped_names()


def test_only_the_template_that_is_edited_is_replaced() -> None:
    save_template("mine", "1")
    for name in ("mine", "Mine"):
        with pytest.raises(TemplateNameRefused, match="another template"):
            save_template(name, "2")
    assert template_source("mine") == "1"
    save_template("mine", "3", old_name="mine")
    assert template_source("mine") == "3"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_cannot_be_written_leaves_what_there_was(folder: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    save_template("mine", "1")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), fail)
        with pytest.raises(DiskFull):
            save_template("mine", "2", old_name="mine")
    assert template_source("mine") == "1"
    assert [entry.name for entry in folder.iterdir()] == ["mine.jinja"]


def test_a_template_that_was_deleted_is_unknown_and_the_others_are_named() -> None:
    save_template("mine", SOURCE)
    delete_template("mine")
    assert own_names() == ()
    for lose in (template_source, delete_template):
        with pytest.raises(UnknownTemplate, match=r"“mine”.*chatml, gemma"):
            lose("mine")
    with pytest.raises(TemplateShips):
        delete_template("chatml")
    assert "chatml" in template_names()


def test_what_is_too_long_is_neither_written_nor_read(folder: Path) -> None:
    with pytest.raises(TemplateFailed, match="too long"):
        save_template("mine", "x" * (MAX_SOURCE_CHARS + 1))
    assert not folder.exists()
    folder.mkdir(parents=True)
    (folder / "mine.jinja").write_text("x" * (MAX_SOURCE_CHARS + 1))
    with pytest.raises(FileUnreadable, match="too long"):
        template_source("mine")


def _binary(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [_binary, _folder])
def test_what_is_no_text_cannot_be_read(folder: Path, make: Callable[[Path], None]) -> None:
    folder.mkdir(parents=True)
    make(folder / "odd.jinja")
    with pytest.raises(FileUnreadable):
        template_source("odd")
