"""Headers of safetensors files, honest and hostile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.catalog.hub_errors import SafetensorsDamaged
from app.core.catalog.safetensors import parse_header, read_header
from app.core.file_errors import FileGone, FileUnreadable

GOOD = {"a": {"dtype": "F16", "shape": [2, 4], "data_offsets": [0, 16]}}


def packed(table: object, data: int = 16) -> bytes:
    text = json.dumps(table).encode()
    return len(text).to_bytes(8, "little") + text + bytes(data)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(packed({"__metadata__": {"format": "pt"}, **GOOD}))
    header = read_header(path)
    assert (header.tensors["a"].nbytes, header.tensors["a"].elements, header.metadata) == (16, 8, {"format": "pt"})


def test_what_is_no_file_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileGone):
        read_header(tmp_path / "none.safetensors")
    with pytest.raises(FileUnreadable):
        read_header(tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01\x02",
        (1 << 62).to_bytes(8, "little") + bytes(100),
        (200).to_bytes(8, "little") + b"{}",
        packed(GOOD)[:-1],
        packed([1, 2]),
        packed({"a": 5}),
        packed({"a": {"dtype": "F16", "shape": [2, 4], "data_offsets": [0, 15]}}),
        packed({"a": {"dtype": "F16", "shape": [-2, -4], "data_offsets": [0, 16]}}),
        packed({"a": {"dtype": "F16", "shape": [2, 4], "data_offsets": [16, 0]}}),
        packed({"a": {"dtype": "F16", "shape": [2, 4], "data_offsets": [8, 24]}}, 24),
        packed({"a": GOOD["a"], "b": GOOD["a"]}),
        (20_000).to_bytes(8, "little") + b"[" * 20_000,
        (4).to_bytes(8, "little") + b"\xff\xfe{}",
    ],
)
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(SafetensorsDamaged):
        parse_header(data, "x.safetensors", len(data))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for whole in (data, len(data).to_bytes(8, "little") + data):
        try:
            parse_header(whole, "x", len(whole))
        except SafetensorsDamaged:
            continue
