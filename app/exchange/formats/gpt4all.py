"""GPT4All's chats: one binary file `gpt4all-<id>.chat` for each, versions 1 to 12.

Established from nomic-ai/gpt4all of February 2025, under gpt4all-chat/src: chatlistmodel.cpp (the
magic and the version, big endian), chat.cpp, chatllm.cpp (the model's state, until version 10),
chatmodel.h, chatmodel.cpp (the messages) and tool.cpp.  The file is what Qt's QDataStream writes:
integers big endian, a text as its length in bytes and UTF-16, a qsizetype as 64 bits.  Files from
before version 1 have no magic and are not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import BinaryIO

from app.core.chat.attachments import Attachment, with_attachments
from app.core.data.exchange import ImportFormat
from app.core.data.exchange_errors import FormatNewer, RecordInvalid
from app.core.engine.messages import MessageState, Role
from app.exchange.fields import clean, required_id
from app.exchange.formats.qt_stream import QtStream
from app.exchange.growing import Head, Seed, foreign_record, grow, line_of
from app.exchange.portable import PortableConversation

MAGIC = bytes.fromhex("f5d553cc")
KNOWN_VERSION = 12

_REPLY = "Response: "
_MAX_DEPTH = 50
_FLOAT_BYTES = _INT_BYTES = 4


@dataclass
class _Item:
    """A message, or a part of one."""

    name: str
    value: str
    stopped: bool = False
    failed: bool = False
    sources: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    parts: list[_Item] = field(default_factory=list)


def read(stream: BinaryIO, name: str) -> PortableConversation:
    """The conversation.

    Raises:
        FormatNewer: a later GPT4All wrote it.
        RecordInvalid: it is cut off, or contradicts itself.
        OSError: it cannot be read.
    """
    data = QtStream(stream)
    if data.raw(len(MAGIC)) != MAGIC:
        raise RecordInvalid(reason="it is not a chat of GPT4All")
    version = data.int32()
    if version > KNOWN_VERSION:
        raise FormatNewer(file=name, version=version, known=KNOWN_VERSION)
    if version < 1:
        raise RecordInvalid(reason="its version makes no sense")
    created = data.int64()
    identity, title = data.text(), data.text()
    data.text()  # the user's name
    model = data.text()
    if version >= 3:
        data.texts()  # the collections of documents
    if version < 11:
        _skip_model_state(data, version)
    items = [_item(data, version) for _ in range(data.count(data.int32()))]
    head = Head(ImportFormat.GPT4ALL, required_id(clean(identity)), clean(title), float(max(created, 0)))
    _hand_sources_on(items)
    seeds = [_seed(item, number, clean(model), head.created_at) for number, item in enumerate(items)]
    return grow(head, line_of(seeds))


def _skip_model_state(data: QtStream, version: int) -> None:
    """What llama.cpp held, which only that version of it could use."""
    has_state = data.boolean() if version >= 6 else True
    if version >= 2:
        data.int32()  # the kind of model
        data.int32()  # the state's version
    data.text()
    data.text()
    data.uint32()
    if not has_state:
        return
    data.skip((_INT_BYTES if version < 4 else 0) + _INT_BYTES + (_INT_BYTES if version >= 7 else 0))
    if version < 9:
        data.skip(data.uint64() * _FLOAT_BYTES)
    data.skip(data.uint64() * _INT_BYTES)
    data.skip_bytes()


def _item(data: QtStream, version: int) -> _Item:
    if version < 12:
        data.int32()
    item = _Item(data.text(), data.text())
    if version < 10:
        data.text()  # the prompt, which nothing uses
    data.text()  # a newer response
    data.boolean()  # whether it is the current one
    item.stopped = data.boolean()
    data.skip(2)  # thumbs
    if version >= 11 and item.name == _REPLY:
        item.failed = data.boolean()
    item.sources = _sources(data, version)
    if version >= 10:
        item.attachments = [_attachment(data) for _ in range(data.count(data.int64()))]
    if version >= 12:
        item.parts = [_part(data, 1) for _ in range(data.count(data.int64()))]
    return item


def _sources(data: QtStream, version: int) -> list[str]:
    """The documents of which passages were given to the model."""
    found = []
    if version >= 8:
        for _ in range(data.count(data.int64())):
            _collection, _path, file, *_ = [data.text() for _ in range(7)]
            found.append(file)
            data.skip(3 * _INT_BYTES)
    elif version >= 3:
        found.append(data.text())
        data.texts()
    return list(dict.fromkeys(file for file in found if file))


def _hand_sources_on(items: Sequence[_Item]) -> None:
    """Sources stand with the question or with the answer: they are the answer's."""
    for question, answer in pairwise(items):
        if answer.name == _REPLY != question.name:
            answer.sources = list(dict.fromkeys([*question.sources, *answer.sources]))


def _attachment(data: QtStream) -> Attachment:
    address, content = data.byte_array(), data.byte_array()
    name = clean(address.decode("utf-8", "replace")).rpartition("/")[2]
    if b"\x00" in content:
        return Attachment(name, "", "(a file of another kind)")
    return Attachment(name, "", clean(content.decode("utf-8", "replace")))


def _part(data: QtStream, depth: int) -> _Item:
    if depth > _MAX_DEPTH:
        raise RecordInvalid(reason="its parts are nested too deeply")
    item = _Item(data.text(), data.text())
    if item.name == "ToolCall: ":
        _skip_tool_call(data)
    elif item.name == "Think: ":
        data.int32()  # milliseconds
    elif item.name not in (_REPLY, "ToolResponse: ", "Text: "):
        raise RecordInvalid(reason="it has a part of an unknown kind")
    item.parts = [_part(data, depth + 1) for _ in range(data.count(data.int64()))]
    return item


def _skip_tool_call(data: QtStream) -> None:
    data.text()
    for _ in range(data.count(data.int64())):
        data.text()
        data.int32()
        data.skip_variant()
    data.text()
    data.int32()
    data.text()


def _seed(item: _Item, number: int, model: str, created_at: float) -> Seed:
    said: list[str] = []
    thought: list[str] = []
    _collect(item, said, thought)
    text = clean("\n\n".join(said))
    is_reply = item.name == _REPLY
    if is_reply and item.sources:
        thought.append("\n".join(f"- {source}" for source in item.sources))
    role = Role.ASSISTANT if is_reply else Role.SYSTEM if item.name == "System: " else Role.USER
    state = MessageState.FAILED if item.failed else MessageState.STOPPED if item.stopped else MessageState.COMPLETE
    return Seed(
        key=str(number),
        parent="",
        role=role,
        text=with_attachments(text, item.attachments),
        reasoning=clean("\n\n".join(thought)),
        state=state,
        created_at=created_at,
        record=foreign_record("GPT4All", model) if is_reply else None,
    )


def _collect(item: _Item, said: list[str], thought: list[str]) -> None:
    if item.value:
        (thought if item.name in ("Think: ", "ToolCall: ", "ToolResponse: ") else said).append(item.value)
    for part in item.parts:
        _collect(part, said, thought)
