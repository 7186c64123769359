"""The library: what is found where, moved, verified and removed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.catalog.fetch.journal import journal_of, part_of, read_pins
from app.catalog.shelf.adopt import Place, places
from app.catalog.shelf.folders import scan
from app.catalog.shelf.keep import move, place_in, to_trash
from app.catalog.shelf.named import model_folders, with_folder, without_folder
from app.core.catalog.download_errors import FileInTheWay, FolderNotNamed, FolderUnusable, HubBusy, NotOurs
from app.core.catalog.hub import Format
from app.core.catalog.library import LibraryModel, Owner
from app.core.errors import Cancelled
from app.core.paths import Folders
from tests.download.conftest import Attempt, Hub
from tests.models.split_gguf import split_gguf


def test_gguf_is_known_by_its_first_bytes_and_safetensors_by_their_config(tmp_path: Path, tiny_gguf: Path) -> None:
    folder = tmp_path / "models"
    (folder / "acme" / "gptq").mkdir(parents=True)
    shutil.copy(tiny_gguf, folder / "acme" / "llama.GGUF.q8_0.bin")
    (folder / "acme" / "fake.gguf").write_text("not a model")
    (folder / "acme" / "broken.gguf").write_bytes(b"GGUF and nothing more")
    (folder / "acme" / "gptq" / "config.json").write_text('{"quantization_config": {"quant_method": "gptq"}}')
    (folder / "acme" / "gptq" / "model.safetensors").write_bytes(bytes(100))
    found = {Path(model.path).name: model for model in scan([Place(folder, Owner.USER)])}
    assert set(found) == {"llama.GGUF.q8_0.bin", "broken.gguf", "gptq"}
    assert found["llama.GGUF.q8_0.bin"].bytes == tiny_gguf.stat().st_size
    assert (found["gptq"].format, found["gptq"].bytes) == (Format.GPTQ, 100)


def test_other_programs_models_are_adopted_where_they_are(tmp_path: Path, tiny_gguf: Path) -> None:
    home, data = tmp_path / "home", tiny_gguf.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    hub = home / ".cache/huggingface/hub/models--acme--tiny--GGUF"
    (hub / "blobs").mkdir(parents=True)
    (hub / "blobs" / sha256).write_bytes(data)
    (hub / "snapshots/c0ffee").mkdir(parents=True)
    (hub / "snapshots/c0ffee/tiny.gguf").symlink_to(Path("../../blobs") / sha256)
    ollama = home / ".ollama/models"
    (ollama / "manifests/registry.example/library/tiny").mkdir(parents=True)
    (ollama / "blobs").mkdir()
    (ollama / "blobs" / f"sha256-{sha256}").write_bytes(data)
    layers = [
        {"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:" + "0" * 64},
        {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{sha256}"},
    ]
    (ollama / "manifests/registry.example/library/tiny/latest").write_text(json.dumps({"layers": layers}))
    (ollama / "manifests/registry.example/library/tiny/junk").write_text("{")
    for place in (".lmstudio/models/acme/tiny", ".local/share/nomic.ai/GPT4All", ".cache/llama.cpp"):
        (home / place).mkdir(parents=True)
        (home / place / "tiny.gguf").write_bytes(data)
    found = {model.owner: model for model in scan(places({}, home))}
    assert set(found) == set(Owner) - {Owner.USER}
    assert (found[Owner.HUGGING_FACE].repo, found[Owner.HUGGING_FACE].hashes) == ("acme/tiny--GGUF", (sha256,))
    assert (found[Owner.OLLAMA].name, found[Owner.OLLAMA].hashes) == ("tiny:latest", (sha256,))
    with pytest.raises(NotOurs):
        to_trash(found[Owner.OLLAMA])
    with pytest.raises(NotOurs):
        move(found[Owner.OLLAMA], tmp_path, nobody, never)
    assert all(Path(model.path).exists() for model in found.values())


def test_what_is_no_json_hides_no_other_model(tmp_path: Path, tiny_gguf: Path) -> None:
    models, home = tmp_path / "models", tmp_path / "home"
    manifests = home / ".ollama/models/manifests/registry.example/library"
    for index, junk in enumerate((b'{"quantization_config": "\xff"}', b'{"a":' * 100_000)):
        (models / str(index)).mkdir(parents=True)
        (models / str(index) / "config.json").write_bytes(junk)
        (models / str(index) / "model.safetensors").write_bytes(bytes(100))
        (models / str(index) / "model.safetensors.index.json").write_bytes(junk)
        (manifests / str(index)).mkdir(parents=True)
        (manifests / str(index) / "latest").write_bytes(junk)
    shutil.copy(tiny_gguf, models)
    (home / ".lmstudio-home-pointer").write_text("\n")
    found = scan([Place(models, Owner.USER), *places({}, home)])
    assert [Path(model.path).name for model in found] == [tiny_gguf.name]
    assert Place(home / ".lmstudio/models", Owner.LM_STUDIO) in places({}, home)


def test_the_parts_that_are_missing_are_named(tmp_path: Path, tiny_gguf: Path) -> None:
    (tmp_path / "gguf").mkdir()
    parts = split_gguf(tiny_gguf, tmp_path / "gguf", tensors=8)
    assert only(tmp_path / "gguf").missing == ()
    parts[1].unlink()
    assert only(tmp_path / "gguf").missing == (str(parts[1]),)
    gptq = tmp_path / "gptq"
    gptq.mkdir()
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    (gptq / "config.json").write_text("{}")
    (gptq / "model.safetensors.index.json").write_text(json.dumps({"weight_map": dict(zip("ab", names, strict=True))}))
    (gptq / names[0]).write_bytes(bytes(100))
    assert only(gptq).missing == (str(gptq / names[1]),)
    (gptq / names[0]).rename(gptq / "model.safetensors")
    assert only(gptq).missing == ()


def test_a_file_reached_by_two_ways_is_one_model(tmp_path: Path, tiny_gguf: Path) -> None:
    (tmp_path / "a").mkdir()
    shutil.copy(tiny_gguf, tmp_path / "a/tiny.gguf")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    places_ = [
        Place(tmp_path / "a", Owner.USER),
        Place(tmp_path / "b", Owner.USER),
        Place(tmp_path / "none", Owner.USER),
    ]
    assert len(scan(places_)) == 1


def test_the_users_folders(tmp_path: Path) -> None:
    folders = Folders.of({"PARLEY_HOME": str(tmp_path)})
    assert model_folders("", folders) == [folders.data / "models"]
    assert model_folders("/a\n\n /b ", folders) == [Path("/a"), Path("/b")]


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system, where there is one."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    folder = shared / f"parley-{os.getpid()}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def downloaded(hub: Hub, attempt: Attempt, tiny_gguf: Path) -> LibraryModel:
    put(hub, tiny_gguf)
    attempt.run(hub.source(hub.catalog_file("tiny.gguf")))
    return only(attempt.folder)


def test_a_model_moves_with_where_it_came_from(
    downloaded: LibraryModel, tmp_path: Path, far: Path, tiny_gguf: Path
) -> None:
    model = downloaded
    assert (model.repo, model.hashes, model.repairable) == ("acme/tiny-GGUF", (digest(tiny_gguf),), True)
    for folder in (tmp_path / "near", far, tmp_path / "back"):
        told: list[tuple[int, int]] = []
        ((old, new),) = move(model, folder, lambda done, total, told=told: told.append((done, total)), never)
        assert (str(old), new) == (model.path, folder / "tiny.gguf")
        assert new.read_bytes() == tiny_gguf.read_bytes()
        assert not old.exists() and not journal_of(old).exists()
        assert read_pins(new) is not None
        if folder is far:
            assert told[-1] == (2 * model.bytes, 2 * model.bytes)
        model = only(folder)
    assert model.repairable
    (tmp_path / "near" / "tiny.gguf").write_text("in the way")
    with pytest.raises(FileInTheWay):
        move(model, tmp_path / "near", nobody, never)
    with pytest.raises(FileInTheWay):
        move(model, tmp_path / "back", nobody, never)
    assert Path(model.path).exists()


def test_a_move_that_is_stopped_leaves_everything_where_it_was(
    downloaded: LibraryModel, far: Path, tiny_gguf: Path
) -> None:
    steps = iter(range(100))
    with pytest.raises(Cancelled):
        move(downloaded, far, nobody, lambda: next(steps) > 0)
    assert Path(downloaded.path).read_bytes() == tiny_gguf.read_bytes()
    assert list(far.iterdir()) == []


def test_a_move_that_is_stopped_at_a_later_file_takes_the_earlier_ones_back(
    tmp_path: Path, far: Path, tiny_gguf: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    parts = split_gguf(tiny_gguf, home, tensors=8)
    with pytest.raises(Cancelled):
        move(only(home), far, nobody, (far / parts[0].name).exists)
    assert list(far.iterdir()) == []
    assert len(only(home).paths) == len(parts)


def test_a_move_killed_between_copy_and_removal_is_finished_by_the_next(
    downloaded: LibraryModel, far: Path, tiny_gguf: Path
) -> None:
    far.mkdir()
    shutil.copy2(downloaded.path, far / "tiny.gguf")
    ((old, new),) = move(downloaded, far, nobody, never)
    assert new.read_bytes() == tiny_gguf.read_bytes()
    assert not old.exists() and read_pins(new) is not None


def test_a_split_model_torn_between_two_folders_is_joined_by_moving_it_again(tmp_path: Path, tiny_gguf: Path) -> None:
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    away.mkdir()
    parts = split_gguf(tiny_gguf, home, tensors=8)
    parts[0].replace(away / parts[0].name)
    move(only(home), away, nobody, never)
    assert sorted(path.name for path in away.iterdir()) == [part.name for part in parts]
    assert len(only(away).paths) == len(parts)


def test_a_safetensors_model_moves_with_its_config(tmp_path: Path) -> None:
    home = tmp_path / "home" / "acme" / "gptq"
    home.mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (home / name).write_text("{}")
    model = only(tmp_path / "home")
    target = place_in(model, tmp_path / "other", [tmp_path / "home"])
    assert target == tmp_path / "other" / "acme" / "gptq"
    move(model, target, nobody, never)
    assert only(tmp_path / "other").path == str(target)
    assert {path.name for path in target.iterdir()} == {"config.json", "model.safetensors", "tokenizer.json"}


def test_what_is_made_of_a_safetensors_model_stays_where_it_is(tmp_path: Path, tiny_gguf: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for name in ("config.json", "model.safetensors", ".tiny.gguf.parley", ".model.safetensors.parley"):
        (home / name).write_text("{}")
    shutil.copy(tiny_gguf, home / "tiny.gguf")
    (model,) = (one for one in scan([Place(home, Owner.USER)]) if one.format is not Format.GGUF)
    move(model, tmp_path / "other", nobody, never)
    assert {path.name for path in home.iterdir()} == {"tiny.gguf", ".tiny.gguf.parley"}
    moved = {".model.safetensors.parley", "config.json", "model.safetensors"}
    assert {path.name for path in (tmp_path / "other").iterdir()} == moved


def test_a_model_that_is_still_being_downloaded_is_not_listed(hub: Hub, attempt: Attempt, tiny_gguf: Path) -> None:
    put(hub, tiny_gguf)
    hub.faults.add("drop", r"GET /cdn/", after=300_000, times=-1)
    hub.faults.add("status", r"GET /cdn/", times=-1, skip=1)
    with pytest.raises(HubBusy):
        attempt.run(hub.source(hub.catalog_file("tiny.gguf")))
    assert part_of(attempt.folder / "tiny.gguf").read_bytes().startswith(b"GGUF")
    assert scan([Place(attempt.folder, Owner.USER)]) == []


def test_folders_are_added_put_first_and_removed(tmp_path: Path) -> None:
    folders = Folders.of({"PARLEY_HOME": str(tmp_path)})
    own, other = folders.data / "models", tmp_path / "other"
    other.mkdir()
    setting = with_folder("", other, folders)
    assert model_folders(setting, folders) == [own, other]
    assert with_folder(setting, other, folders) == setting
    assert model_folders(with_folder(setting, other, folders, first=True), folders) == [other, own]
    with pytest.raises(FolderUnusable):
        with_folder(setting, tmp_path / "none", folders)
    assert model_folders(without_folder(setting, own, folders), folders) == [other]
    assert without_folder(without_folder(setting, own, folders), other, folders) == ""
    with pytest.raises(FolderNotNamed):
        without_folder("", own, folders)


def nobody(done: int, total: int) -> None:
    """Nobody is told."""


def never() -> bool:
    return False


def only(folder: Path) -> LibraryModel:
    (model,) = scan([Place(folder, Owner.USER)])
    return model


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def put(hub: Hub, path: Path) -> None:
    folder = hub.root / "acme/tiny-GGUF/main"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, folder / "tiny.gguf")
