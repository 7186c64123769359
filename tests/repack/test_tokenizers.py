"""Tokenizers as they come, read by llama.cpp: each text must become the tokens that the `tokenizers` library makes."""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, trainers
from tokenizers.models import BPE

from app.catalog.find.local_checkpoint import local_checkpoint
from app.catalog.gguf.header import read_header
from app.catalog.shelf.adopt import Place
from app.catalog.shelf.folders import scan
from app.core.catalog.library import Owner
from app.core.checkpoints.repack import NoteKind, Provenance
from app.core.checkpoints.repack_errors import TokenizerUnknown
from app.repack.sentencepiece import parse_sentencepiece
from tests.repack import files, models
from tests.repack.files import Tensors
from tests.repack.logits import Runner

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"
    r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEXTS = (
    "def f(x):\n    return x + 1234567  # don't\n",
    "I'LL say it's 3.14159, you're 42!!! Über straße ÄÖ",
    "\n\n\n  tabs\tand   spaces   \n x=[1,2,3]//4\r\n",
    "HelloWorld fooBar ABCdef __init__ ---- ====",
    " leading, trailing ",
    "日本語 текст café 😀 \u200d",
)
SPECIAL = [AddedToken("<s>", special=True), AddedToken("</s>", special=True), AddedToken("<unk>", special=True)]


def split(pattern: str) -> Any:
    return pre_tokenizers.Split(Regex(pattern), "isolated")


def byte_level(*steps: Any, use_regex: bool = False) -> Any:
    last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)
    return pre_tokenizers.Sequence([*steps, last]) if steps else last


BYTE_LEVEL: dict[str, tuple[Any, bool, str]] = {
    "gpt-2": (byte_level(use_regex=True), False, "gpt-2"),
    "single digits": (byte_level(pre_tokenizers.Digits(individual_digits=True), use_regex=True), False, "smollm"),
    "llama 3": (byte_level(split(LLAMA3)), True, "llama-bpe"),
    "llama 3, merging": (byte_level(split(LLAMA3)), False, "smaug-bpe"),
    "qwen 2": (byte_level(split(QWEN2)), False, "qwen2"),
    "tekken": (byte_level(split(TEKKEN)), True, "tekken"),
}


def corpus() -> list[str]:
    return [Path(argparse.__file__).read_text(encoding="utf-8"), *TEXTS]


def trained_bytes(pre: Any, ignore_merges: bool) -> Tokenizer:
    tokenizer = Tokenizer(BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=1500, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_special_tokens([AddedToken("<|im_end|>", special=True)])
    return tokenizer


def trained_pieces() -> Tokenizer:
    """As a SentencePiece model becomes a tokenizer.json: spaces as ▁, bytes where a character is unknown."""
    tokenizer = Tokenizer(BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    pieces = [AddedToken(f"<0x{byte:02X}>", special=True) for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=1500, special_tokens=["<unk>", "<s>", "</s>", *pieces], limit_alphabet=90, show_progress=False
    )
    tokenizer.train_from_iterator([line for text in corpus()[:1] for line in text.split(" ")], trainer)
    described = json.loads(tokenizer.to_str())
    described["added_tokens"] = [token for token in described["added_tokens"] if not token["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(described))


def model_with(folder: Path, tokenizer: Tokenizer | None, **settings: object) -> Path:
    """A tiny random model with that tokenizer."""
    random = np.random.default_rng(0)
    tensors: Tensors = {
        name: random.standard_normal(values.shape).astype(np.float16) * np.float16(0.02)
        for name, values in models.trained().items()
        if ".layers." not in name or ".layers.0." in name
    }
    models.lay_out(folder, tensors, models.config(num_hidden_layers=1, bos_token_id=0, **settings))
    (folder / "tokenizer_config.json").write_text(json.dumps({"bos_token": "<s>", "eos_token": "</s>"}))
    (folder / "tokenizer.json").unlink()
    if tokenizer is not None:
        tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def field(path: Path, name: str) -> Any:
    return GGUFReader(path).fields[name].contents()


@pytest.mark.parametrize("name", BYTE_LEVEL)
def test_byte_level(name: str, tmp_path: Path, runner: Callable[[Path], Runner]) -> None:
    pre, ignore_merges, known_as = BYTE_LEVEL[name]
    tokenizer = trained_bytes(pre, ignore_merges)
    models.run(model_with(tmp_path / "model", tokenizer), tmp_path / "m.gguf")
    assert field(tmp_path / "m.gguf", "tokenizer.ggml.pre") == known_as
    loaded = runner(tmp_path / "m.gguf")
    for text in TEXTS:
        assert loaded.tokenize(text) == tokenizer.encode(text, add_special_tokens=False).ids
    assert loaded.tokenize("a<|im_end|>", special=True)[-1] == tokenizer.token_to_id("<|im_end|>")


def test_what_was_sentencepiece_becomes_it_again(tmp_path: Path, runner: Callable[[Path], Runner]) -> None:
    tokenizer = trained_pieces()
    models.run(model_with(tmp_path / "model", tokenizer), tmp_path / "m.gguf")
    assert field(tmp_path / "m.gguf", "tokenizer.ggml.model") == "llama"
    loaded = runner(tmp_path / "m.gguf")
    for text in TEXTS:
        assert loaded.tokenize(text) == tokenizer.encode(text, add_special_tokens=False).ids


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def message(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def sentencepiece_of(tokenizer: Tokenizer) -> bytes:
    """tokenizer.model with the pieces of a tokenizer.json, scored by the rank of their merge."""
    described = json.loads(tokenizer.to_str())["model"]
    ranks = {"".join(merge): rank for rank, merge in reversed(list(enumerate(described["merges"])))}
    out = b""
    for text, row in sorted(described["vocab"].items(), key=lambda item: item[1]):
        kind = 2 if text == "<unk>" else 3 if text in ("<s>", "</s>") else 6 if text.startswith("<0x") else 1
        score = struct.pack("<f", -float(ranks.get(text, len(ranks) + row)))
        told = b"" if kind == 1 else b"\x18" + bytes([kind])
        out += message(1, message(1, text.encode()) + b"\x15" + score + told)
    return out + message(2, b"\x18\x02") + message(3, b"\x18\x01")


def test_a_sentencepiece_model(tmp_path: Path, runner: Callable[[Path], Runner]) -> None:
    tokenizer = trained_pieces()
    folder = model_with(tmp_path / "model", None)
    (folder / "tokenizer.model").write_bytes(sentencepiece_of(tokenizer))
    added = {"<|user|>": 1500, "<lost>": 5000}
    (folder / "added_tokens.json").write_text(json.dumps(added))
    report = models.run(folder, tmp_path / "m.gguf")
    assert [note.values["count"] for note in report.notes if note.kind is NoteKind.TOKENS_DROPPED] == [1]
    loaded = runner(tmp_path / "m.gguf")
    for text in TEXTS:
        assert loaded.tokenize(text) == tokenizer.encode(text, add_special_tokens=False).ids
    assert 1500 in loaded.tokenize("<|user|>", special=True)


@pytest.mark.parametrize("data", [b"", b"\x0a\x05abc", b"\xff" * 40, b"\x0a\x02\x0a\x00" + message(2, b"\x18\x04")])
def test_what_is_no_sentencepiece_model(data: bytes) -> None:
    with pytest.raises(TokenizerUnknown):
        parse_sentencepiece(data)


def merges_as_texts(folder: Path) -> None:
    """As `tokenizers` wrote them until 2024."""
    described = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    described["model"]["merges"] = [" ".join(merge) for merge in described["model"]["merges"]]
    text = json.dumps(described, indent=2, ensure_ascii=False)
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")


def with_pieces(folder: Path) -> None:
    (folder / "tokenizer.model").write_bytes(sentencepiece_of(trained_pieces()))


@pytest.mark.parametrize("change", [lambda _: None, merges_as_texts, with_pieces])
def test_the_room_that_a_vocabulary_takes_is_foreseen(change: Callable[[Path], None], tmp_path: Path) -> None:
    tokenizer = trained_bytes(byte_level(split(QWEN2)), ignore_merges=False)
    folder = model_with(tmp_path / "model", tokenizer, vocab_size=tokenizer.get_vocab_size())
    tensors = dict(files.read(folder / "model.safetensors"))
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        tensors[name] = tensors[name][: tokenizer.get_vocab_size()]
    files.write(folder / "model.safetensors", tensors)
    change(folder)
    models.run(folder, tmp_path / "m.gguf")
    variant, _ = local_checkpoint(folder)
    foreseen = variant.prepared_as(None).becomes
    assert foreseen is not None
    header = read_header(tmp_path / "m.gguf").header_bytes
    assert foreseen.bytes - foreseen.weights.total == pytest.approx(header, rel=0.1)


def test_where_a_model_came_from_is_in_it(tmp_path: Path) -> None:
    origin = Provenance(repo="acme/tiny", branch="main", commit="c0ffee", sha256={"config.json": "f" * 64})
    models.run(models.BNB8, tmp_path / "m.gguf", provenance=origin)
    reader = GGUFReader(tmp_path / "m.gguf")
    names = reader.fields["parley.source.files"].contents()
    hashes = dict(zip(names, reader.fields["parley.source.sha256"].contents(), strict=True))
    whole = hashlib.sha256((models.BNB8 / "model.safetensors").read_bytes()).hexdigest()
    assert hashes["model.safetensors"] == whole and hashes["config.json"] == "f" * 64
    assert reader.fields["parley.source.repo"].contents() == "acme/tiny"
    assert reader.fields["parley.repack.method"].contents() == "bitsandbytes int8"


def test_how_a_model_was_made_is_read_from_it(tmp_path: Path) -> None:
    origin = Provenance(repo="acme/tiny", branch="main", commit="c0ffee")
    report = models.run(models.BNB8, tmp_path / "m.gguf", provenance=origin)
    (found,) = scan([Place(tmp_path, Owner.USER)])
    assert found.making is not None
    assert (found.making.method, found.making.lossless) == (report.method, report.lossless)
    assert found.making.notes == tuple(note.sentence for note in report.notes)
    assert (found.making.repo, found.making.commit) == ("acme/tiny", "c0ffee")
    assert "model.safetensors" in found.making.files
