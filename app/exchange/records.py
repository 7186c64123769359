"""Splits a JSON document of any size into its records, each as its own bytes, in bounded memory.

A record is an element of the array at the top, or of the array `conversations` in an object at the
top; a document that is neither is one record.  Parsers of whole documents would need memory for all
of it, and those that stream give up at the first fault: here a record is found by its brackets
alone, so that one that is broken inside does not hide the others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from app.core.data.exchange_errors import NestedTooDeep, RecordInvalid
from app.core.errors import UserError
from app.core.sizes import format_bytes

MAX_RECORD_BYTES = 128 * 1024 * 1024
MAX_RECORD_DEPTH = 200
MAX_DOCUMENT_DEPTH = 10_000
LIST_NAME = b"conversations"

_CHUNK = 1 << 20
# No group is possessive: Python before 3.11.5 loses its place there. None can match in two ways, so none needs to be.
_STRING = rb'[^"\\]*+(?:\\.[^"\\]*+)*'
_FLAT = rb'[^"{}\[\]]*+(?:"' + _STRING + rb'"[^"{}\[\]]*+)*'  # whole strings, numbers, commas
_INSIDE_STRING = re.compile(_STRING, re.DOTALL)
_INSIDE_RECORD = re.compile(_FLAT + rb"(?:[{\[]" + _FLAT + rb"[}\]]" + _FLAT + rb")*", re.DOTALL)
_STRUCTURE = re.compile(rb'["{}\[\],]')
_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"


@dataclass(frozen=True)
class Record:
    """The bytes of one record, or, where it was not kept, why."""

    data: bytes
    fault: UserError | None = None


class DocumentEndsEarly(Exception):
    """The document stops inside a record, or its list ends before it does; what was whole has been given already."""


def split_records(stream: BinaryIO, name: str) -> Iterator[Record]:
    """The records of the document, in order.

    Raises:
        NestedTooDeep: brackets are nested deeper than `MAX_DOCUMENT_DEPTH`.
        DocumentEndsEarly: it is cut off.
        OSError: it cannot be read.
    """
    splitter = _Splitter(name)
    mark = stream.read(len(_BOM))
    yield from splitter.feed(b"" if mark == _BOM else mark)
    while chunk := stream.read(_CHUNK):
        yield from splitter.feed(chunk)
    yield from splitter.finish()


def parse_record(record: Record) -> Any:
    """The record as plain values. Broken UTF-8 becomes U+FFFD, what lone surrogates are is left to the reader.

    Raises:
        RecordInvalid: it is not JSON.
        UserError: as `record.fault` says.
    """
    if record.fault is not None:
        raise record.fault
    try:
        return msgspec.json.decode(record.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # the standard library's parser takes lone surrogates and numbers of any size
    try:
        return json.loads(record.data.decode("utf-8", "replace"), parse_int=_number)
    except (ValueError, RecursionError) as error:
        raise RecordInvalid(str(error), reason="it is not valid JSON") from None


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else float("inf")


def _end(pattern: re.Pattern[bytes], data: bytearray, start: int) -> int:
    found = pattern.match(data, start)
    assert found is not None  # it matches nothing as well
    return found.end()


class _Splitter:
    """Knows at each byte whether it is inside a string, how deep, and where the record began."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._kept = bytearray()  # of the record, or of what may become one
        self._at = 0  # everything in `_kept` before this was looked at
        self._in_string = False
        self._string_start = 0
        self._depth = 0
        self._list_depth = -1  # the depth inside the array of records, once it has begun
        self._key = b""
        self._deepest = 0
        self._dropped = 0
        self._ended = False
        self._goes_on = False  # behind the end of the list
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[Record]:
        if not self._begun:
            chunk = self._begin(chunk)
        self._kept += chunk
        while not self._ended and self._at < len(self._kept):
            if self._in_string:
                if not self._leave_string():
                    break
                continue
            if self._depth > self._list_depth > 0:
                self._at = _end(_INSIDE_RECORD, self._kept, self._at)
            found = _STRUCTURE.search(self._kept, self._at)
            if found is None:
                self._at = len(self._kept)
                break
            self._at = found.end()
            record = self._structure(found.group()[0], found.start())
            if record is not None:
                yield record
        self._forget()

    def finish(self) -> Iterator[Record]:
        """What is left: the whole document, if it has no list of records."""
        if self._list_depth < 0 and self._depth == 0 and not self._in_string:
            record = self._take(len(self._kept))
            if record is not None:
                yield record
        elif not self._ended or self._goes_on:
            raise DocumentEndsEarly

    def _begin(self, chunk: bytes) -> bytes:
        chunk = chunk.lstrip(_SPACE)
        self._begun = bool(chunk)
        if chunk.startswith(b"["):
            self._depth = self._list_depth = 1
            return chunk[1:]
        return chunk

    def _leave_string(self) -> bool:
        """Go to the string's end; False if it is not there yet."""
        self._at = _end(_INSIDE_STRING, self._kept, self._at)
        if self._at >= len(self._kept) or self._kept[self._at] != ord('"'):
            return False
        if self._list_depth < 0 and self._depth == 1:
            self._key = bytes(self._kept[self._string_start : self._at][: len(LIST_NAME) + 1])
        self._at += 1
        self._in_string = False
        return True

    def _structure(self, sign: int, start: int) -> Record | None:
        match chr(sign):
            case '"':
                self._in_string = True
                self._string_start = self._at
            case "{" | "[":
                if chr(sign) == "[" and self._list_depth < 0 and self._depth == 1 and self._key == LIST_NAME:
                    self._list_depth = 2
                    self._drop_until(self._at)
                self._depth += 1
                self._deepest = max(self._deepest, self._depth)
                if self._depth > MAX_DOCUMENT_DEPTH:
                    raise NestedTooDeep(file=self._name, limit=MAX_DOCUMENT_DEPTH)
            case "," if self._depth == self._list_depth:
                return self._take(start)
            case "]" if self._depth == self._list_depth:
                self._ended = True
                return self._take(start)
            case "}" | "]" if self._depth > max(self._list_depth, 0):  # one too many belongs to a broken record
                self._depth -= 1
        return None

    def _take(self, end: int) -> Record | None:
        """The record that ends before this place; None between two commas."""
        data = bytes(self._kept[:end]).strip(_SPACE)
        deepest, dropped = self._deepest - max(self._list_depth, 0), self._dropped
        self._drop_until(self._at)
        self._deepest = self._depth
        self._dropped = 0
        if dropped:
            return Record(b"", RecordInvalid(reason=f"it is larger than {format_bytes(MAX_RECORD_BYTES)}"))
        if deepest > MAX_RECORD_DEPTH:
            return Record(b"", RecordInvalid(reason=f"it is nested more than {MAX_RECORD_DEPTH} levels deep"))
        return Record(data) if data else None

    def _drop_until(self, place: int) -> None:
        del self._kept[:place]
        self._at -= place
        self._string_start = max(self._string_start - place, 0)

    def _forget(self) -> None:
        """Keep no record that is too large, and nothing behind the last one."""
        if self._ended:
            self._goes_on |= self._list_depth == 1 and bool(self._kept.strip(_SPACE))
            self._drop_until(len(self._kept))
        elif len(self._kept) > MAX_RECORD_BYTES or self._dropped:
            self._dropped += self._at
            self._drop_until(self._at)
