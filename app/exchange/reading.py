"""Finds the conversations in a file, a folder or an archive, whatever program they come from.

The format is told by each record's content, never by a file's name; Jan alone spreads a
conversation over two files, which are found by theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from app.core.data.exchange import MAX_SKIPPED
from app.core.data.exchange_errors import FileCutOff, RecordInvalid, TooManyFiles
from app.core.errors import Failure, ParleyError
from app.core.sizes import format_bytes, format_count
from app.exchange.fields import Fields
from app.exchange.formats import chatgpt, claude, gpt4all, jan, lm_studio, open_webui, parley
from app.exchange.portable import PortableConversation
from app.exchange.records import DocumentEndsEarly, Record, parse_record, split_records
from app.exchange.sources import Entry, entries_of, unreadable

MAX_LINE_BYTES = 16 * 1024 * 1024
MAX_LINES_BYTES = 256 * 1024 * 1024
MAX_FILES = 200_000
"""A whole disk may have been chosen by mistake."""

_READERS: tuple[tuple[Callable[[Fields], bool], Callable[[Fields, str], PortableConversation]], ...] = (
    (parley.recognises, lambda record, _: parley.read(record)),
    (chatgpt.recognises, lambda record, _: chatgpt.read(record)),
    (claude.recognises, lambda record, _: claude.read(record)),
    (open_webui.recognises, lambda record, _: open_webui.read(record)),
    (lm_studio.recognises, lm_studio.read),
)


@dataclass(frozen=True)
class Found:
    """A conversation, or why one could not be read; `place` says where it stood."""

    place: str
    read: PortableConversation | Failure


@dataclass
class _Thread:
    """The halves of one of Jan's threads, until both were seen; what is in those of a whole archive is not held."""

    thread: Entry | None = None
    messages: Entry | None = None


_Threads = dict[str, _Thread]


def read_path(path: Path) -> Iterator[Found]:
    """Everything in it that is, or should have been, a conversation; files of other kinds are passed over.

    Where there are more than `MAX_FILES`, the last thing told is that the others were not read.

    Raises:
        WorldError: the path itself cannot be read.
    """
    threads: _Threads = {}
    with entries_of(path) as entries:
        for entry in islice(entries, MAX_FILES):
            if entry.file_name == jan.MESSAGES_FILE:
                threads.setdefault(entry.folder, _Thread()).messages = entry
                continue
            try:
                yield from _read_entry(entry, threads)
            except OSError as error:
                yield Found(entry.name, Failure.of(unreadable(entry.name, error)))
            except ParleyError as error:
                yield Found(entry.name, Failure.of(error))
        for folder, thread in threads.items():
            yield from _read_thread(folder, thread)
        if next(entries, None) is not None:
            yield Found(path.name, Failure.of(TooManyFiles(file=path.name, limit=format_count(MAX_FILES))))


def _read_entry(entry: Entry, threads: _Threads) -> Iterator[Found]:
    with closing(entry.open()) as stream:
        is_gpt4all = stream.read(len(gpt4all.MAGIC)) == gpt4all.MAGIC
    with closing(entry.open()) as stream:
        if is_gpt4all:
            yield Found(entry.name, gpt4all.read(stream, entry.file_name))
        else:
            yield from _read_document(entry, stream, threads)


def _read_document(entry: Entry, stream: BinaryIO, threads: _Threads) -> Iterator[Found]:
    """The records of a JSON document. Strange ones are told only once another shows that it is a chat export."""
    is_export, strange, count = False, list[Found](), 0
    try:
        for number, record in enumerate(split_records(stream, entry.name), 1):
            place = f"{entry.name}, chat {number}"
            try:
                found = _read_record(record, place, entry, threads)
            except ParleyError as error:
                strange = [*strange[:MAX_SKIPPED], Found(place, Failure.of(error))]
            else:
                is_export = True
                count += 1
                yield from found
            if is_export:
                yield from strange
                strange = []
    except DocumentEndsEarly:
        if is_export:
            yield Found(entry.name, Failure.of(FileCutOff(file=entry.name, count=count)))


def _read_record(record: Record, place: str, entry: Entry, threads: _Threads) -> list[Found]:
    """What a record of a known format holds; half a thread of Jan's is put aside.

    Raises:
        UserError: it is not JSON, or of no known format.
    """
    fields = parse_record(record)
    if not isinstance(fields, dict):
        raise RecordInvalid(reason="it is not an object")
    for recognises, read in _READERS:
        if recognises(fields):
            return [Found(place, _outcome(lambda: read(fields, entry.name)))]  # noqa: B023 - called at once
    if entry.file_name == jan.THREAD_FILE and jan.recognises(fields):
        threads.setdefault(entry.folder, _Thread()).thread = entry
        return []
    raise RecordInvalid(reason="it is of no format that Parley knows")


def _outcome(read: Callable[[], PortableConversation]) -> PortableConversation | Failure:
    """A conversation, or why not: a fault of ours must not hide the conversations behind it either."""
    try:
        return read()
    except Exception as error:
        return Failure.of(error)


def _read_thread(folder: str, thread: _Thread) -> Iterator[Found]:
    """One of Jan's conversations; a thread without messages is empty, messages without a thread have no title."""
    failures: list[Found] = []
    try:
        record = _thread_in(thread.thread) if thread.thread else {}
        lines = list(_read_lines(thread.messages, failures)) if thread.messages else []
    except OSError as error:
        yield Found(folder, Failure.of(unreadable(folder, error)))
    except ParleyError as error:
        yield Found(folder, Failure.of(error))
    else:
        if record or lines:
            name = PurePosixPath(folder).name
            yield Found(folder, _outcome(lambda: jan.read(record, lines, name)))
            yield from failures


def _thread_in(entry: Entry) -> Fields:
    """The record of a thread; empty if it is no longer there."""
    with closing(entry.open()) as stream:
        records = map(parse_record, split_records(stream, entry.name))
        return next((record for record in records if isinstance(record, dict) and jan.recognises(record)), {})


def _read_lines(entry: Entry, failures: list[Found]) -> Iterator[Fields]:
    """The messages of a thread, one on each line.

    Raises:
        RecordInvalid: they are too large in all.
    """
    total, number = 0, 0
    with closing(entry.open()) as stream:
        while line := stream.readline(MAX_LINE_BYTES):
            total, number = total + len(line), number + 1
            if total > MAX_LINES_BYTES:
                raise RecordInvalid(reason=f"it is larger than {format_bytes(MAX_LINES_BYTES)}")
            if not line.strip():
                continue
            try:
                fields = parse_record(Record(line))
                if not isinstance(fields, dict) or not jan.recognises_message(fields):
                    raise RecordInvalid(reason="it is not a message")
                yield fields
            except RecordInvalid as error:
                if len(failures) < MAX_SKIPPED:
                    failures.append(Found(f"{entry.name}, line {number}", Failure.of(error)))
