"""`parley models pull`, `verify`, `remove` and `list` against a local Hub, in real processes."""

from __future__ import annotations

import hashlib
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CommandLine
from tests.download.conftest import MIB, Hub, hub  # noqa: F401 - a fixture
from tests.models.split_gguf import split_gguf

REPO = "acme/tiny-GGUF"


@pytest.fixture
def served(hub: Hub, tiny_gguf: Path, monkeypatch: Any, tmp_path: Path) -> Hub:  # noqa: F811
    folder = hub.root / REPO / "main"
    folder.mkdir(parents=True)
    shutil.copy(tiny_gguf, folder / "tiny.Q8_0.gguf")
    (folder / "README.md").write_text("# Tiny\n")
    monkeypatch.setenv("HF_ENDPOINT", hub.server.url)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    return hub


def test_a_pulled_model_is_listed_verified_mended_and_removed(
    parley: CommandLine, served: Hub, tiny_gguf: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    pulled = parley.run("models", "pull", REPO, "--json")
    assert pulled.code == 0, pulled
    (path,) = map(Path, pulled.records[-1]["paths"])
    assert path == parley.home / "data/models" / REPO / "tiny.Q8_0.gguf"
    assert path.read_bytes() == tiny_gguf.read_bytes()
    listed = parley.done("models", "list", "--json").records
    assert [(file["identity"]["path"], file["identity"]["sha256"]) for file in listed] == [
        (str(path), hashlib.sha256(path.read_bytes()).hexdigest())
    ]
    assert parley.done("models", "verify", path, "--json").records[0]["sound"] is True
    with path.open("r+b") as stream:
        stream.seek(500_000)
        stream.write(b"damage")
    damaged = parley.run("models", "verify", path, "--json")
    assert (damaged.code, damaged.records[0]["sound"]) == (1, False)
    assert parley.run("models", "pull", REPO, "--file", "*Q8_0*").code == 0
    assert path.read_bytes() == tiny_gguf.read_bytes()
    assert parley.done("models", "remove", path, "--json").records[0]["bytes"] == tiny_gguf.stat().st_size
    assert not path.exists()
    assert parley.done("models", "list", "--json").out == ""


def test_a_pulled_model_is_repaired_and_moved_with_all_that_is_known_of_it(
    parley: CommandLine, served: Hub, tiny_gguf: Path, tmp_path: Path
) -> None:
    (path,) = map(Path, parley.done("models", "pull", REPO, "--json").records[-1]["paths"])
    with path.open("r+b") as stream:
        stream.seek(500_000)
        stream.write(b"damage")
    assert parley.done("models", "repair", path, "--json").records == [{"path": str(path), "sound": True}]
    assert path.read_bytes() == tiny_gguf.read_bytes()
    away = tmp_path / "away"
    away.mkdir()
    first, second = parley.done("models", "folders", "add", away, "--json").records
    assert (first["new_models"], second["folder"], second["present"]) == (True, str(away), True)
    new = away / REPO / path.name
    assert parley.done("models", "move", path, away, "--json").records[0]["moved"] == [[str(path), str(new)]]
    (listed,) = parley.done("models", "list", "--json").records
    assert (listed["identity"]["path"], listed["present"]) == (str(new), True)
    assert listed["identity"]["sha256"] == hashlib.sha256(tiny_gguf.read_bytes()).hexdigest()
    assert parley.done("models", "verify", new, "--json").records[0]["sound"] is True
    (left,) = parley.done("models", "folders", "remove", away, "--json").records
    assert left["folder"] == str(parley.home / "data/models")
    assert new.exists()
    assert parley.run("models", "folders", "remove", away).code == 1


def test_a_file_without_a_checksum_is_noted_at_the_first_look(
    parley: CommandLine, served: Hub, tiny_gguf: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.gguf"
    shutil.copy(tiny_gguf, path)
    assert "it is noted now" in parley.done("models", "verify", path).out
    assert "is what it was on" in parley.done("models", "verify", path).out
    refused = parley.run("models", "repair", path)
    assert (refused.code, "does not know where" in refused.err) == (1, True), refused


def test_a_model_that_vanished_can_be_forgotten(parley: CommandLine, tiny_gguf: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    shutil.copy(tiny_gguf, path)
    parley.done("models", "add", path)
    path.unlink()
    assert "no longer there" in parley.done("models", "list").out
    assert "Forgot mine.gguf" in parley.done("models", "remove", path).out
    assert parley.run("models", "list").out == ""
    assert parley.run("models", "remove", path).code == 1


def test_a_split_model_that_lacks_a_part_is_not_said_to_be_whole(
    parley: CommandLine, served: Hub, tiny_gguf: Path, tmp_path: Path
) -> None:
    first, second, *_ = split_gguf(tiny_gguf, tmp_path, tensors=8)
    assert parley.run("models", "verify", first).code == 0
    second.unlink()
    lacking = parley.run("models", "verify", first)
    assert (lacking.code, second.name in lacking.err) == (1, True), lacking
    parley.done("models", "folders", "add", tmp_path)
    assert f"incomplete: {second.name}" in parley.done("models", "list").out
    second.write_bytes(b"")
    parley.done("models", "add", first)
    second.unlink()
    assert f"incomplete: {second.name} is not there" in parley.done("models", "list").out
    known = parley.done("models", "list", "--json").records[0]
    assert (known["present"], known["missing"]) == (True, [str(second)])


def test_a_file_that_vanished_is_fetched_again_where_its_record_is_left(
    parley: CommandLine, served: Hub, tmp_path: Path
) -> None:
    assert parley.run("models", "pull", REPO, "--file", "tiny.Q8_0*", "--folder", tmp_path).code == 0
    path = tmp_path / REPO / "tiny.Q8_0.gguf"
    there = path.read_bytes()
    path.unlink()
    assert parley.run("models", "repair", path).code == 0
    assert path.read_bytes() == there


def test_a_pull_goes_on_after_an_interruption(parley: CommandLine, served: Hub, tmp_path: Path) -> None:
    served.put("big.Q4_0.gguf", 8 * MIB)
    big = served.root / REPO / "main/big.Q4_0.gguf"
    tiny = (served.root / REPO / "main/tiny.Q8_0.gguf").read_bytes()
    big.write_bytes(tiny + bytes(8 * MIB - len(tiny)))
    served.faults.add("stall", r"GET /cdn/.*big", after=3 * MIB, seconds=60)
    folder = tmp_path / "elsewhere"
    process = parley.start("models", "pull", REPO, "--file", "big*", "--folder", folder)
    part = folder / REPO / "big.Q4_0.gguf.part"
    while not part.exists() or not served.faults[0].hits:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    result = parley.end(process)
    assert (result.code, "Paused" in result.err) == (130, True), result
    done = parley.run("models", "pull", REPO, "--file", "big*", "--folder", folder)
    assert done.code == 0, done
    assert (folder / REPO / "big.Q4_0.gguf").read_bytes() == big.read_bytes()


def test_what_does_not_match_is_said(parley: CommandLine, served: Hub) -> None:
    result = parley.run("models", "pull", REPO, "--file", "*Q2_K*")
    assert (result.code, result.out) == (1, "")
    assert "Q2_K" in result.err
    assert parley.run("models", "pull", REPO, "--limit-rate", "fast").code == 2
