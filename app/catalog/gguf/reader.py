"""Reads the typed fields of a GGUF header from a file, with caps against hostile ones."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_HEADER_BYTES = 256 * 1024 * 1024
MAX_ITEMS = 16 * 1024 * 1024
KEPT_ITEMS = 4096
CHUNK_BYTES = 1024 * 1024

_STRING = 8
_ARRAY = 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_LENGTH = struct.Struct("<Q")


class Damaged(Exception):
    """The header is not what the format says; becomes `GgufDamaged`, which names the file too."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class ArraySummary:
    """An array too long to keep, of which only the length is known."""

    length: int


Scalar = int | float | bool | str
Value = Scalar | tuple[Scalar, ...] | ArraySummary


class FieldReader:
    """A forward reader that begins where `file` stands, which must be behind the magic."""

    def __init__(self, file: BinaryIO, file_bytes: int) -> None:
        self._file = file
        self._end = min(file_bytes, MAX_HEADER_BYTES)
        self._cut_short = file_bytes > MAX_HEADER_BYTES
        self._buffer = b""
        self._base = file.tell()
        self._at = 0
        self._items = 0
        self._last_array = ("", 0)

    @property
    def position(self) -> int:
        """Bytes from the file's start."""
        return self._base + self._at

    def u32(self) -> int:
        """An unsigned 32-bit number."""
        return int.from_bytes(self._take(4), "little")

    def u64(self) -> int:
        """An unsigned 64-bit number."""
        return int.from_bytes(self._take(8), "little")

    def string(self) -> str:
        """A string with its length before it; invalid UTF-8 is replaced."""
        return self._take(self.u64()).decode("utf-8", "replace")

    def fields(self, count: int) -> dict[str, Value]:
        """`count` pairs of key and value.

        Raises:
            Damaged: a type is unknown, a key comes twice, or the file ends.
        """
        found: dict[str, Value] = {}
        for key, value in self._pairs(count):
            if key in found:
                raise Damaged(f"its field {key[:64]} comes twice")
            found[key] = value
        return found

    def first_fields(self, count: int) -> dict[str, Value]:
        """As many of `count` pairs as can be read: of an array that is cut off, its length."""
        found: dict[str, Value] = {}
        with contextlib.suppress(Damaged):
            for key, value in self._pairs(count):
                found.setdefault(key, value)
        key, length = self._last_array
        if key and key not in found:
            found[key] = ArraySummary(length)
        return found

    def _pairs(self, count: int) -> Iterator[tuple[str, Value]]:
        for _ in range(count):
            key = self.string()
            yield key, self._value(key)

    def _value(self, key: str) -> Value:
        kind = self.u32()
        if kind == _ARRAY:
            return self._array(key)
        if kind == _STRING:
            return self.string()
        return self._numbers(key, kind, 1)[0]

    def _array(self, key: str) -> Value:
        kind = self.u32()
        length = self.u64()
        self._last_array = (key, length)
        self._items += length
        if self._items > MAX_ITEMS:
            raise Damaged(f"its field {key[:64]} claims to have {length} items")
        keep = length <= KEPT_ITEMS
        if kind == _STRING:
            if keep:
                return tuple(self.string() for _ in range(length))
            self._skip_strings(length)
        elif keep:
            return self._numbers(key, kind, length)
        else:
            self._skip(length * self._format(key, kind).size)
        return ArraySummary(length)

    def _numbers(self, key: str, kind: int, count: int) -> tuple[Scalar, ...]:
        size = self._format(key, kind).size
        return struct.unpack(f"<{count}{_SCALARS[kind]}", self._take(size * count))

    @staticmethod
    def _format(key: str, kind: int) -> struct.Struct:
        if kind not in _SCALARS:
            raise Damaged(f"its field {key[:64]} is of the unknown type {kind}")
        return struct.Struct("<" + _SCALARS[kind])

    def _skip_strings(self, count: int) -> None:
        unpack = _LENGTH.unpack_from
        for _ in range(count):
            if len(self._buffer) - self._at < _LENGTH.size:
                self._fill(_LENGTH.size)
            (length,) = unpack(self._buffer, self._at)
            self._at += _LENGTH.size
            self._skip(length)

    def _skip(self, count: int) -> None:
        if count <= len(self._buffer) - self._at:
            self._at += count
            return
        self._check(count)
        self._base = self._file.seek(self.position + count)
        self._buffer, self._at = b"", 0

    def _take(self, count: int) -> bytes:
        if len(self._buffer) - self._at < count:
            self._fill(count)
        taken = self._buffer[self._at : self._at + count]
        self._at += count
        return taken

    def _fill(self, count: int) -> None:
        """Make at least `count` bytes available."""
        self._check(count)
        kept = self._buffer[self._at :]
        self._base += self._at
        self._at = 0
        self._buffer = kept + self._file.read(max(CHUNK_BYTES, count - len(kept)))
        if len(self._buffer) < count:
            raise Damaged("it ends within its header")

    def _check(self, count: int) -> None:
        if self.position + count <= self._end:
            return
        raise Damaged("its header has no end" if self._cut_short else "it ends within its header")
