"""Which of the known models are gone, or lack a part."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.services.file_presence import FilePresence
from tests.models.split_gguf import split_gguf


@pytest.fixture
def presence() -> Iterator[FilePresence]:
    made = FilePresence()
    yield made
    made.shutdown()


def missing(qtbot: QtBot, presence: FilePresence, *paths: Path) -> frozenset[str]:
    with qtbot.waitSignal(presence.checked):
        presence.check(map(str, paths))
    return presence.missing


def test_a_model_is_missing_when_one_of_its_parts_is(
    qtbot: QtBot, presence: FilePresence, tiny_gguf: Path, tmp_path: Path
) -> None:
    first, second, *_ = split_gguf(tiny_gguf, tmp_path, tensors=8)
    assert missing(qtbot, presence, first, tiny_gguf) == frozenset()
    second.unlink()
    assert missing(qtbot, presence, first, tiny_gguf) == {str(first)}
    first.unlink()
    assert missing(qtbot, presence, first, tiny_gguf) == {str(first)}


def test_a_whole_model_that_is_called_like_a_part_lacks_nothing(
    qtbot: QtBot, presence: FilePresence, tiny_gguf: Path, tmp_path: Path
) -> None:
    path = tmp_path / "tiny-00001-of-00003.gguf"
    shutil.copy(tiny_gguf, path)
    assert missing(qtbot, presence, path) == frozenset()
