"""Reads what Qt's QDataStream wrote, version 6.2 and later: only the types that chats are made of.

Nothing is believed: a length is checked before memory is taken for it, and what is cut off is an
error. The format is documented in Qt's "Serializing Qt Data Types".
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from app.core.data.exchange_errors import RecordInvalid

MAX_BYTES = 64 * 1024 * 1024
MAX_COUNT = 1_000_000

_NULL = 0xFFFFFFFF
_EXTENDED = 0xFFFFFFFE
_CHUNK = 1 << 20
_FIXED_VARIANTS = {1: 1, 2: 4, 3: 4, 4: 8, 5: 8, 6: 8}  # bool, int, uint, qlonglong, qulonglong, double
_TEXT_VARIANT = 10


class QtStream:
    """A stream that is read from its beginning to its end."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def raw(self, count: int) -> bytes:
        """So many bytes.

        Raises:
            RecordInvalid: there are fewer, or more than anyone should write.
        """
        if count > MAX_BYTES:
            raise RecordInvalid(reason="a text in it is too long")
        data = self._stream.read(count)
        if len(data) != count:
            raise RecordInvalid(reason="it is cut off")
        return data

    def skip(self, count: int) -> None:
        """Go past so many bytes."""
        while count > 0:
            count -= len(self.raw(min(count, _CHUNK)))

    def boolean(self) -> bool:
        """One byte."""
        return self.raw(1) != b"\x00"

    def int32(self) -> int:
        """A signed number."""
        return self._number(">i", 4)

    def uint32(self) -> int:
        """A number that is not negative."""
        return self._number(">I", 4)

    def int64(self) -> int:
        """A signed number, or a qsizetype."""
        return self._number(">q", 8)

    def uint64(self) -> int:
        """A number that is not negative."""
        return self._number(">Q", 8)

    def count(self, told: int) -> int:
        """A count of things to come, if it can be true."""
        if not 0 <= told <= MAX_COUNT:
            raise RecordInvalid(reason="a count in it makes no sense")
        return told

    def text(self) -> str:
        """A QString; null reads as empty."""
        return self.raw(self._length()).decode("utf-16-be", "replace")

    def texts(self) -> list[str]:
        """A QStringList."""
        return [self.text() for _ in range(self.count(self.uint32()))]

    def byte_array(self) -> bytes:
        """A QByteArray, or a QUrl; null reads as empty."""
        return self.raw(self._length())

    def skip_bytes(self) -> None:
        """Go past a QByteArray of any size."""
        self.skip(self._length())

    def skip_variant(self) -> None:
        """Go past a QVariant of a simple kind."""
        kind = self.uint32()
        self.boolean()
        if kind == _TEXT_VARIANT:
            self.text()
        elif kind in _FIXED_VARIANTS:
            self.skip(_FIXED_VARIANTS[kind])
        else:
            raise RecordInvalid(reason="it holds a value of an unknown kind")

    def _length(self) -> int:
        length = self.uint32()
        if length == _NULL:
            return 0
        return self.uint64() if length == _EXTENDED else length

    def _number(self, form: str, width: int) -> int:
        number: int = struct.unpack(form, self.raw(width))[0]
        return number
