"""GGUF headers: what is read of good ones, and that bad ones are refused with a reason."""

from __future__ import annotations

import struct
from pathlib import Path

import gguf
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalog.gguf.header import GgufHeader, read_header, shard_paths
from app.catalog.gguf.kv_cache import kv_bytes
from app.catalog.gguf.reader import ArraySummary
from app.catalog.gguf.types import GGML_TYPES
from app.core.engine.loading import KvType
from app.core.engine.model_errors import GgufDamaged, NotGguf
from app.core.file_errors import FileGone, FileUnreadable

TOKENS = [f"token {number}" for number in range(10_000)]


def write_model(path: Path, architecture="llama", change=lambda writer: None) -> Path:
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name("A small model")
    writer.add_block_count(2)
    writer.add_context_length(4096)
    writer.add_embedding_length(64)
    writer.add_head_count(4)
    writer.add_array("tokenizer.ggml.tokens", TOKENS)
    writer.add_array("tokenizer.ggml.scores", [0.5] * len(TOKENS))
    writer.add_array("general.languages", ["en", "de"])
    writer.add_bos_token_id(1)
    writer.add_chat_template("{{ messages }}")
    writer.add_tensor("a.weight", numpy.zeros((3, 64), numpy.float32))
    quantized = gguf.quants.quantize(numpy.ones((8, 64), numpy.float32), gguf.GGMLQuantizationType.Q4_0)
    writer.add_tensor("b.weight", quantized, raw_dtype=gguf.GGMLQuantizationType.Q4_0)
    change(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("models") / "small.gguf")


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def hand_made(fields=(), tensors=(), *, version=3, tensor_count=None, field_count=None, data=b""):
    """A file from (key, type, packed value) and packed tensor infos."""
    head = struct.pack(
        "<IQQ",
        version,
        len(tensors) if tensor_count is None else tensor_count,
        len(fields) if field_count is None else field_count,
    )
    pairs = b"".join(text(key) + struct.pack("<I", kind) + value for key, kind, value in fields)
    file = b"GGUF" + head + pairs + b"".join(tensors)
    return file + bytes(-len(file) % 32) + data


def tensor(name="t", shape=(32,), kind=0, offset=0):
    dimensions = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return text(name) + dimensions + struct.pack("<IQ", kind, offset)


def test_a_header_says_what_the_model_is(model):
    header = read_header(model)
    assert (header.architecture, header.name, header.version) == ("llama", "A small model", 3)
    assert (header.layers, header.heads, header.kv_heads) == (2, 4, (4, 4))
    assert (header.context_length, header.embedding_length) == (4096, 64)
    assert header.chat_template == "{{ messages }}"
    assert header.integer("tokenizer.ggml.bos_token_id") == 1
    assert header.metadata["general.languages"] == ("en", "de")
    assert header.metadata["tokenizer.ggml.tokens"] == ArraySummary(len(TOKENS))
    assert header.metadata["tokenizer.ggml.scores"] == ArraySummary(len(TOKENS))
    assert header.parameters == 3 * 64 + 8 * 64
    assert header.weight_bytes == 3 * 64 * 4 + 8 * 36
    assert header.quantization == "F32"
    assert (header.shard_count, header.shard_number) == (1, 0)
    assert shard_paths(header) == (model,)


def test_it_agrees_with_the_format_s_own_reader(model):
    header = read_header(model)
    peer = gguf.GGUFReader(model)
    ours = [(info.name, info.shape, info.type_name, info.offset, info.nbytes) for info in header.tensors]
    theirs = [
        (info.name, tuple(map(int, info.shape)), info.tensor_type.name, int(info.data_offset), int(info.n_bytes))
        for info in peer.tensors
    ]
    assert ours == theirs
    assert header.header_bytes == peer.data_offset
    assert header.file_bytes == model.stat().st_size
    assert set(header.metadata) == {name for name in peer.fields if not name.startswith("GGUF.")}


def test_element_types_agree_with_the_format_s_own_table():
    for number, (block, size) in gguf.GGML_QUANT_SIZES.items():
        if number.name != "Q8_1":  # the package counts two 32-bit floats, ggml two 16-bit ones
            assert GGML_TYPES[number.value] == (number.name, block, size)


def test_tensors_can_be_left_out(model):
    header = read_header(model, tensors=False)
    assert (header.tensors, header.parameters, header.quantization) == ((), 0, "")
    assert header.chat_template


def test_a_named_quantization_wins(tmp_path):
    path = write_model(tmp_path / "m.gguf", change=lambda writer: writer.add_file_type(15))
    assert read_header(path).quantization == "Q4_K_M"


def test_a_model_without_name_or_template_has_defaults(tmp_path):
    path = tmp_path / "bare.gguf"
    path.write_bytes(hand_made())
    header = read_header(path)
    assert (header.name, header.architecture, header.chat_template, header.heads) == ("bare", "", None, 0)
    assert kv_bytes(header, 4096) == 0


def test_version_2_is_read(tmp_path):
    path = tmp_path / "two.gguf"
    path.write_bytes(hand_made([("general.architecture", 8, text("llama"))], [tensor()], version=2, data=bytes(128)))
    header = read_header(path)
    assert (header.version, header.architecture, header.tensors[0].nbytes) == (2, "llama", 128)


def test_the_parts_of_a_split_model(tmp_path):
    def split(writer):
        writer.add_uint16("split.count", 3)
        writer.add_uint16("split.no", 1)

    header = read_header(write_model(tmp_path / "big-00002-of-00003.gguf", change=split))
    assert (header.shard_count, header.shard_number) == (3, 1)
    assert [path.name for path in shard_paths(header)] == [f"big-0000{n}-of-00003.gguf" for n in (1, 2, 3)]
    renamed = read_header(write_model(tmp_path / "renamed.gguf", change=split))
    with pytest.raises(GgufDamaged, match="one of 3 parts"):
        shard_paths(renamed)


def test_a_file_that_is_gone_and_one_that_cannot_be_read(tmp_path):
    with pytest.raises(FileGone) as caught:
        read_header(tmp_path / "gone.gguf")
    assert caught.value.values == {"file": "gone.gguf", "folder": str(tmp_path)}
    with pytest.raises(FileUnreadable, match=r"directory|denied"):
        read_header(tmp_path)


@pytest.mark.parametrize("content", [b"", b"GGU", b"PK\x03\x04 not a model", b"ggml" + bytes(100)])
def test_a_file_of_another_kind_is_not_gguf(tmp_path, content):
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(NotGguf, match=r"x\.gguf is not"):
        read_header(path)


HUGE = 1 << 60
ARRAY = 9


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"GGUF", "ends within its header"),
        (hand_made(version=1), "version 1 "),
        (hand_made(version=4), "version 4 "),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "byte order"),
        (hand_made(tensor_count=HUGE), "tensors"),
        (hand_made(field_count=HUGE), "fields"),
        (hand_made(field_count=5), "ends within its header"),
        (hand_made(tensor_count=5), "ends within its header"),
        (hand_made([("key", 8, struct.pack("<Q", HUGE))]), "ends within its header"),
        (hand_made([("key", ARRAY, struct.pack("<IQ", 8, HUGE))]), "claims to have"),
        (hand_made([("key", ARRAY, struct.pack("<IQ", 4, 1 << 23))]), "ends within its header"),
        (hand_made([("key", ARRAY, struct.pack("<IQ", 8, 1 << 23))]), "ends within its header"),
        (hand_made([("key", ARRAY, struct.pack("<IQ", ARRAY, 2))]), "unknown type 9"),
        (hand_made([("key", 99, b"")]), "unknown type 99"),
        (hand_made([("key", 7, b"\x01"), ("key", 7, b"\x01")]), "comes twice"),
        (hand_made([("general.alignment", 4, struct.pack("<I", 0))]), ""),
        (hand_made([("general.alignment", 4, struct.pack("<I", 24))], [tensor()], data=bytes(512)), "alignment"),
        (hand_made(tensors=[tensor(kind=77)], data=bytes(512)), "unknown type 77"),
        (hand_made(tensors=[tensor(shape=(1,) * 9)], data=bytes(512)), "dimensions"),
        (hand_made(tensors=[tensor(shape=(33,), kind=2)], data=bytes(512)), "impossible shape"),
        (hand_made(tensors=[tensor(shape=(1 << 40, 1 << 40))], data=bytes(512)), "impossible shape"),
        (hand_made(tensors=[tensor(offset=1 << 40)], data=bytes(512)), "of 1.1 TB"),
        (hand_made(tensors=[tensor(), tensor()], data=bytes(512)), "same name"),
    ],
)
def test_a_damaged_header_is_refused_with_its_reason(tmp_path, content, reason):
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(GgufDamaged) as caught:
        read_header(path)
    assert reason in str(caught.value.values["reason"])


def test_a_download_that_was_cut_off_says_how_much_is_there(tmp_path, model):
    path = tmp_path / "cut.gguf"
    path.write_bytes(model.read_bytes()[:-100])
    with pytest.raises(GgufDamaged, match=r"it ends after .* of .* Download it again"):
        read_header(path)
    assert read_header(path, tensors=False).name == "A small model"


@pytest.fixture(scope="module")
def small_content():
    fields = [
        ("general.architecture", 8, text("llama")),
        ("llama.block_count", 4, struct.pack("<I", 2)),
        ("llama.attention.head_count_kv", ARRAY, struct.pack("<IQII", 5, 2, 4, 2)),
        ("tokenizer.ggml.tokens", ARRAY, struct.pack("<IQ", 8, 5000) + text("a") * 5000),
        ("general.alignment", 4, struct.pack("<I", 64)),
    ]
    return hand_made(fields, [tensor(), tensor("u", offset=128)], data=bytes(400))


@settings(max_examples=300)
@given(data=st.data())
def test_no_content_brings_the_reader_down(tmp_path, small_content, data):
    content = bytearray(small_content[: data.draw(st.integers(0, len(small_content)))])
    for _ in range(data.draw(st.integers(0, 6))):
        if content:
            place = data.draw(st.integers(0, min(300, len(content)) - 1) | st.integers(0, len(content) - 1))
            replacement = data.draw(st.binary(min_size=1, max_size=8))
            content[place : place + len(replacement)] = replacement
    path = tmp_path / "mutated.gguf"
    path.write_bytes(content)
    try:
        header = read_header(path)
        assert header.kv_heads is not None
        assert kv_bytes(header, 4096) >= 0
        assert header.parameters >= 0
        assert header.quantization is not None
    except (NotGguf, GgufDamaged):
        pass


def shaped(**hyperparameters) -> GgufHeader:
    architecture = hyperparameters.pop("architecture", "llama")
    values = {f"{architecture}.{key.replace('__', '.')}": value for key, value in hyperparameters.items()}
    return GgufHeader(Path("m.gguf"), 3, {"general.architecture": architecture, **values}, (), 0, 0)


def test_kv_bytes_of_an_8b_llama():
    header = shaped(block_count=32, embedding_length=4096, attention__head_count=32, attention__head_count_kv=8)
    assert kv_bytes(header, 32768) == 4096 << 20
    assert kv_bytes(header, 32768, KvType.Q8_0, KvType.Q8_0) == 2176 << 20
    assert kv_bytes(header, 32768, KvType.F16, KvType.Q8_0) == 3136 << 20
    assert kv_bytes(header, 1000) == kv_bytes(header, 1024)


def test_kv_bytes_with_layers_that_differ():
    header = shaped(block_count=3, embedding_length=64, attention__head_count=4, attention__head_count_kv=(4, 0, 2))
    assert kv_bytes(header, 256) == 256 * (4 + 2) * (16 + 16) * 2


def test_kv_bytes_with_own_head_widths():
    header = shaped(
        block_count=1,
        embedding_length=64,
        attention__head_count=4,
        attention__key_length=128,
        attention__value_length=8,
    )
    assert kv_bytes(header, 256) == 256 * 4 * (128 + 8) * 2


def test_kv_bytes_with_a_sliding_window():
    common = {"block_count": 6, "embedding_length": 64, "attention__head_count": 1, "attention__sliding_window": 512}
    cell = (64 + 64) * 2
    gemma = shaped(architecture="gemma3", **common)
    assert kv_bytes(gemma, 8192) == (8192 + 5 * 1024) * cell
    assert kv_bytes(gemma, 512) == 6 * 512 * cell
    assert kv_bytes(gemma, 8192, micro_batch_size=256) == (8192 + 5 * 768) * cell
    stated = shaped(**common, attention__sliding_window_pattern=(True, False) * 3)
    assert kv_bytes(stated, 8192) == 3 * (8192 + 1024) * cell
    ignored = shaped(**common)
    assert kv_bytes(ignored, 8192) == 6 * 8192 * cell


def test_kv_bytes_of_layers_without_a_cache_of_their_own():
    common = {"embedding_length": 64, "attention__head_count": 1}
    cell = (64 + 64) * 2
    assert kv_bytes(shaped(architecture="qwen3next", block_count=8, **common), 256) == 2 * 256 * cell
    assert kv_bytes(shaped(block_count=6, full_attention_interval=3, **common), 256) == 2 * 256 * cell
    assert kv_bytes(shaped(block_count=6, attention__shared_kv_layers=2, **common), 256) == 4 * 256 * cell


def test_kv_bytes_with_latent_attention_are_those_of_the_keys():
    header = shaped(
        block_count=2,
        embedding_length=64,
        attention__head_count=8,
        attention__head_count_kv=1,
        attention__key_length=576,
        attention__value_length=512,
        attention__key_length_mla=192,
    )
    assert kv_bytes(header, 256) == 2 * 256 * 576 * 2
