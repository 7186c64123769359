"""The known models: what is handed over at the next start is what lies there now."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from app.catalog.shelf.library import identify
from app.core.engine.engine_frames import Digest
from app.core.engine.models import ModelFile
from app.services.model_library import ModelLibrary
from app.services.relay import Relay, Storage
from app.storage.lane import Lane
from app.storage.stores import open_stores


@pytest.fixture
def library(qtbot: QtBot, tmp_path: Path) -> Iterator[ModelLibrary]:
    storage = Storage(Lane(lambda: open_stores(tmp_path / "parley.sqlite3")), Relay())
    made = ModelLibrary(storage, identify)
    yield made
    made.shutdown()
    storage.close()


@pytest.fixture
def use(qtbot: QtBot, library: ModelLibrary) -> Callable[[Path], ModelFile]:
    def use(path: Path) -> ModelFile:
        with qtbot.waitSignal(library.opened) as opened:
            library.open(path)
        return opened.args[0]

    return use


def last(qtbot: QtBot, library: ModelLibrary) -> ModelFile:
    found: list[ModelFile] = []
    library.last(found.append)
    qtbot.waitUntil(lambda: bool(found))
    return found[0]


def test_a_file_that_was_replaced_is_looked_at_anew(
    qtbot: QtBot,
    library: ModelLibrary,
    use: Callable[[Path], ModelFile],
    tmp_path: Path,
    tiny_gguf: Path,
    tiny_no_template_gguf: Path,
) -> None:
    path = tmp_path / "model.gguf"
    shutil.copy(tiny_gguf, path)
    known = use(path)
    library.set_digest(
        Digest(path=str(path), bytes=known.identity.bytes, modified_ns=known.modified_ns, sha256="ab" * 32)
    )
    same = last(qtbot, library)
    assert (same.identity, same.modified_ns) == (
        msgspec.structs.replace(known.identity, sha256="ab" * 32),
        known.modified_ns,
    )
    shutil.copy(tiny_no_template_gguf, path)
    now = last(qtbot, library)
    assert now.id == known.id
    assert now.identity == identify(path).identity
    assert now.identity.sha256 == ""
    assert now.modified_ns == path.stat().st_mtime_ns != known.modified_ns


def test_a_file_that_is_gone_leaves_the_turn_to_the_one_before(
    qtbot: QtBot, library: ModelLibrary, use: Callable[[Path], ModelFile], tmp_path: Path, tiny_gguf: Path
) -> None:
    first, second = tmp_path / "first.gguf", tmp_path / "second.gguf"
    for path in (first, second):
        shutil.copy(tiny_gguf, path)
        use(path)
    assert last(qtbot, library).identity.path == str(second)
    second.unlink()
    assert last(qtbot, library).identity.path == str(first)
    first.write_bytes(b"GGUF, but no more")  # what is wrong with it is said when it is loaded
    assert last(qtbot, library).identity.path == str(first)


def test_what_is_known_follows_a_file_to_its_new_place(
    qtbot: QtBot, library: ModelLibrary, use: Callable[[Path], ModelFile], tmp_path: Path, tiny_gguf: Path
) -> None:
    old, new = tmp_path / "old.gguf", tmp_path / "new.gguf"
    shutil.copy(tiny_gguf, old)
    known = use(old)
    chosen = msgspec.structs.replace(known.options, context_length=512)
    with qtbot.waitSignal(library.opened):
        library.set_options(known, chosen, "chatml")
    old.rename(new)
    with qtbot.waitSignal(library.changed):
        library.follow(((str(old), str(new)),))
    moved = last(qtbot, library)
    assert (moved.id, moved.identity.path, moved.options, moved.template) == (known.id, str(new), chosen, "chatml")
