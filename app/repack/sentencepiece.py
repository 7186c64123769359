"""Reads a SentencePiece model (tokenizer.model), which is a small protobuf message.

Fields read, of `sentencepiece_model.proto`: ModelProto 1 pieces (1 text, 2 score, 3 type), 2 trainer (3 model type),
3 normalizer (3 adds a leading space). The types of pieces have the numbers that GGUF uses.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.checkpoints.repack_errors import TokenizerUnknown

_NORMAL = 1
_TYPES = frozenset(range(1, 7))
_UNIGRAM, _BPE = 1, 2
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5


@dataclass(frozen=True)
class Piece:
    """A token; `type` is GGUF's."""

    text: str
    score: float
    type: int


@dataclass(frozen=True)
class SentencePiece:
    """All pieces by id, and whether a space is put before a text."""

    pieces: tuple[Piece, ...]
    adds_space: bool


def parse_sentencepiece(data: bytes) -> SentencePiece:
    """Read a model.

    Raises:
        TokenizerUnknown: it is none, or of a kind that llama.cpp does not read.
    """
    try:
        fields = list(_fields(data))
        pieces = tuple(_piece(value) for number, value in fields if number == 1 and isinstance(value, bytes))
        trainer = dict(_fields(next((v for n, v in fields if n == 2 and isinstance(v, bytes)), b"")))
        normalizer = dict(_fields(next((v for n, v in fields if n == 3 and isinstance(v, bytes)), b"")))
    except (IndexError, ValueError, struct.error) as error:
        raise TokenizerUnknown(str(error), reason="tokenizer.model is damaged, or no SentencePiece model") from None
    if not pieces:
        raise TokenizerUnknown(reason="tokenizer.model holds no pieces")
    if trainer.get(3, _UNIGRAM) not in (_UNIGRAM, _BPE):
        raise TokenizerUnknown(reason="tokenizer.model splits by words or characters")
    return SentencePiece(pieces, bool(normalizer.get(3, 1)))


def _piece(data: bytes) -> Piece:
    found = dict(_fields(data))
    text, score, kind = found.get(1, b""), found.get(2, b"\0\0\0\0"), found.get(3, _NORMAL)
    if not isinstance(text, bytes) or not isinstance(score, bytes) or kind not in _TYPES:
        raise ValueError("not a piece")
    return Piece(text.decode("utf-8"), struct.unpack("<f", score)[0], int(kind))


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The numbered fields of a message: numbers as int, all else as bytes."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        wire = key & 7
        if wire == _VARINT:
            value, place = _varint(data, place)
            yield key >> 3, value
            continue
        if wire == _BYTES:
            size, place = _varint(data, place)
        elif wire in (_EIGHT, _FOUR):
            size = 8 if wire == _EIGHT else 4
        else:
            raise ValueError(f"wire type {wire}")
        if place + size > len(data):
            raise ValueError("cut off")
        yield key >> 3, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
        if shift > 63:
            raise ValueError("endless number")
