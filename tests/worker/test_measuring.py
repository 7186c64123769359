"""The formula of memory against llama.cpp's own plans, asked of a real probe child."""

from __future__ import annotations

import sys
from itertools import count

import pytest

from app.catalog.gguf.header import read_header
from app.core.catalog.hub import HeaderCopy
from app.core.engine.engine_frames import Load
from app.core.engine.loading import FlashAttention, KvType, LoadOptions
from app.core.prediction.fit import MIB, Plan
from app.core.prediction.footprint import footprint, layer_kv
from app.core.prediction.probe_frames import Machine, MeasuredNeed, MeasureNeed, MeasureRemote, Probe
from app.core.protocol import Failed
from app.engines.llama import measuring
from app.worker.source import describe
from app.worker.stand_in import stand_in
from tests.models.split_gguf import split_gguf

PRINTED = 0.02 * MIB
"""llama.cpp prints hundredths of a MiB, twice where windows have a cache of their own."""

CASES = [
    ("tiny", "q8_0", {}),
    ("tiny", "q8_0", {"context_length": 300}),
    ("tiny", "q8_0", {"flash_attention": FlashAttention.OFF}),
    ("160m", "q4_0", {"kv_type_k": KvType.Q8_0, "kv_type_v": KvType.Q8_0}),
    ("160m", "q4_0", {"kv_type_k": KvType.Q5_1, "kv_type_v": KvType.Q4_0, "context_length": 1000}),
    ("tiny", "q8_0", {"kv_type_k": KvType.F32, "kv_type_v": KvType.F32}),
    ("15m", "q8_0", {}),
    ("15m", "q8_0", {"context_length": 1024, "micro_batch_size": 128}),
    ("15m", "q8_0", {"flash_attention": FlashAttention.OFF, "context_length": 2048}),
    ("15m", "q4_0", {"kv_type_k": KvType.BF16, "kv_type_v": KvType.F16}),
    ("window", "q8_0", {}),
    ("window", "q8_0", {"context_length": 512}),
    ("window", "q8_0", {"micro_batch_size": 256}),
    ("recurrent", "q8_0", {}),
]


@pytest.fixture
def probe(start):
    child = start("probe")
    child.greet()
    return child


def measured(probe, path, options):
    probe.send(MeasureNeed(path=str(path), options=options))
    return probe.receive()


def test_the_formula_is_what_llama_cpp_plans(probe, make_model):
    for shape, kind, fields in CASES:
        path, options = make_model(shape, "--type", kind), LoadOptions(**fields)
        source = describe(path)
        found = measured(probe, path, options)
        assert isinstance(found, MeasuredNeed), found
        plan = Plan.of(found.options, found.options.context_length)
        kv = sum(layer_kv(source.shape, plan))
        assert found.kv_bytes == pytest.approx(kv, abs=PRINTED), (shape, fields)
        compute = footprint(source.shape, source.weights, plan).compute
        planned = sum(found.compute_bytes.values()) + found.output_bytes
        assert compute == pytest.approx(planned, rel=0.15, abs=1.5 * MIB), (shape, fields)


def test_a_header_is_enough(probe, tiny_gguf, tmp_path):
    whole = measured(probe, tiny_gguf, LoadOptions())
    sparse = tmp_path / "sparse.gguf"
    header = read_header(tiny_gguf)
    with sparse.open("wb") as file:
        file.write(tiny_gguf.read_bytes()[: header.header_bytes])
        file.truncate(header.file_bytes)
    found = measured(probe, sparse, LoadOptions())
    assert (found.kv_bytes, found.compute_bytes) == (whole.kv_bytes, whole.compute_bytes)


def copies(files, folder):
    """What the Hub's child leaves of remote files: their headers alone."""
    found = []
    for number, file in enumerate(files):
        header = read_header(file)
        copy = folder / f"{number}.gguf-header"
        copy.write_bytes(file.read_bytes()[: header.header_bytes])
        found.append(HeaderCopy(str(copy), header.file_bytes))
    return tuple(found)


def test_headers_alone_tell_what_a_whole_model_needs(probe, tiny_gguf, tmp_path):
    options = LoadOptions(context_length=1024, kv_type_k=KvType.F32, kv_type_v=KvType.F32)
    whole = measured(probe, tiny_gguf, options)
    probe.send(MeasureRemote(headers=copies([tiny_gguf], tmp_path), options=options))
    found = probe.receive()
    assert isinstance(found, MeasuredNeed), found
    assert (found.kv_bytes, found.compute_bytes) == (whole.kv_bytes, whole.compute_bytes)
    assert found.options.context_length == 1024


def test_the_headers_of_shards_tell_the_same(probe, tiny_gguf, tmp_path):
    (tmp_path / "shards").mkdir()
    shards = split_gguf(tiny_gguf, tmp_path / "shards", tensors=8)
    assert len(shards) > 2
    whole = measured(probe, tiny_gguf, LoadOptions())
    probe.send(MeasureRemote(headers=copies(shards, tmp_path)))
    found = probe.receive()
    assert isinstance(found, MeasuredNeed), found
    assert (found.kv_bytes, found.compute_bytes) == (whole.kv_bytes, whole.compute_bytes)


@pytest.mark.skipif(sys.platform == "win32", reason="only Unix tells the blocks of a file")
def test_a_stand_in_takes_no_room_and_is_removed(tiny_gguf, tmp_path):
    (copy,) = copies([tiny_gguf], tmp_path)
    with stand_in([HeaderCopy(copy.path, 5 * 10**9)]) as file:
        assert file.stat().st_size == 5 * 10**9
        assert file.stat().st_blocks * 512 < 10 * 1024**2
        with file.open("rb") as opened:
            assert opened.read(4) == b"GGUF"
    assert not file.parent.exists()


def test_a_header_that_is_gone_is_an_error_and_the_child_goes_on(probe, tiny_gguf, tmp_path):
    probe.send(MeasureRemote(headers=(HeaderCopy(str(tmp_path / "gone"), 1000),)))
    failed = probe.receive()
    assert isinstance(failed, Failed) and failed.failure.code == "FileUnreadable"
    assert isinstance(measured(probe, tiny_gguf, LoadOptions()), MeasuredNeed)


def test_a_file_that_cannot_be_measured_is_an_error_and_the_child_goes_on(probe, tiny_gguf, tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(20))
    assert isinstance(measured(probe, broken, LoadOptions()), Failed)
    assert isinstance(measured(probe, tiny_gguf, LoadOptions()), MeasuredNeed)
    probe.send(Load(path=str(tiny_gguf)))
    assert isinstance(probe.receive(), Failed)


def test_the_bandwidth_of_memory_is_measured(probe):
    probe.send(Probe())
    found = probe.receive()
    assert isinstance(found, Machine)
    assert 10**8 < found.memory_bandwidth < 10**13


def test_other_programs_do_not_make_memory_look_slow(monkeypatch):
    """A piece takes a third of a millisecond; after every other one the core is elsewhere for ten."""
    now, ticks = 0.0, count()

    def clock():
        nonlocal now
        now += 1 / 3000 if next(ticks) % 3 else 0.01
        return now

    monkeypatch.setattr(measuring, "perf_counter", clock)
    assert measuring.memory_bandwidth() == pytest.approx(2 * 4 * 1024**2 * 3000)
