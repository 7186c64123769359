"""Claude's data export: a zip with `conversations.json`, an array of conversations.

Established from public descriptions and test data (Sinity/polylogue, docs/providers/claude-ai.md;
notes of several viewers on real exports): `uuid`, `name`, `created_at` in ISO 8601, and
`chat_messages` with `uuid`, `sender` (`human` or `assistant`), `text`, and `content` blocks of the
types `text`, `thinking`, `tool_use` and `tool_result`.  `text` may be empty where `content` is not,
and the other way round.  The tool `artifacts` is how the model hands over documents: `input` has their
`title`, `type`, `language` and `content`.  Blocks of text have `citations` with a `url`; what a search
found has a `title` and a `url`, and need have no `text`.  `attachments` have `file_name` and
`extracted_content`, `files` the name alone, and `files_v2` may name them again.  Newer exports have
`parent_message_uuid`, the root's being made of zeros, and sometimes `current_leaf_message_uuid`; older
ones are a plain list.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.core.chat.attachments import Attachment, fenced, with_attachments
from app.core.data.exchange import ImportFormat
from app.core.engine.messages import Role
from app.exchange.fields import Fields, fields_in, flag_in, key_in, moment_in, objects_in, required_id, text_in
from app.exchange.growing import Head, Seed, foreign_record, grow, line_of
from app.exchange.portable import PortableConversation
from app.exchange.tools import called

_NOT_THERE = "(not part of the export)"
_ASIDE = ("thinking", "tool_use", "tool_result")
_LANGUAGES = {
    "text/html": "html",
    "text/markdown": "markdown",
    "image/svg+xml": "svg",
    "application/vnd.ant.react": "jsx",
    "application/vnd.ant.mermaid": "mermaid",
}


def recognises(record: Fields) -> bool:
    """Whether this is one of Claude's conversations."""
    return isinstance(record.get("chat_messages"), list)


def read(record: Fields) -> PortableConversation:
    """The conversation, with its branches where they are told.

    Raises:
        RecordInvalid: it has no id.
    """
    head = Head(
        ImportFormat.CLAUDE,
        required_id(key_in(record, "uuid")),
        text_in(record, "name"),
        moment_in(record, "created_at"),
        moment_in(record, "updated_at"),
        flag_in(record, "is_starred"),
    )
    model = text_in(record, "model") or "Claude"
    messages = objects_in(record, "chat_messages")
    seeds = [_seed(message, number, model) for number, message in enumerate(messages)]
    if not any("parent_message_uuid" in message for message in messages):
        seeds = line_of(seeds)
    return grow(head, seeds, key_in(record, "current_leaf_message_uuid"))


def _seed(message: Fields, number: int, model: str) -> Seed:
    blocks = objects_in(message, "content")
    said = [text for block in blocks if (text := _said(block))]
    thought = [text for block in blocks if (text := _thought(block))]
    text = "\n\n".join(said) or text_in(message, "text")
    is_reply = text_in(message, "sender") == "assistant"
    return Seed(
        key=key_in(message, "uuid") or f"number {number}",
        parent=key_in(message, "parent_message_uuid"),
        role=Role.ASSISTANT if is_reply else Role.USER,
        text=text if is_reply else with_attachments(text, _attachments(message)),
        reasoning="\n\n".join([*thought, *_sources(blocks)]),
        created_at=moment_in(message, "created_at"),
        record=foreign_record("Claude", text_in(message, "model") or model) if is_reply else None,
    )


def _said(block: Fields) -> str:
    """A part of the answer: text, and documents that were handed over."""
    if not _is_document(block):
        return "" if block.get("type") in _ASIDE else text_in(block, "text")
    given = fields_in(block, "input")
    language = text_in(given, "language") or _LANGUAGES.get(text_in(given, "type"), "")
    return "\n\n".join(part for part in (text_in(given, "title"), fenced(text_in(given, "content"), language)) if part)


def _thought(block: Fields) -> str:
    """What is no part of the answer: thinking, and tools with what they gave back."""
    match block.get("type"):
        case "thinking":
            return text_in(block, "thinking", "text")
        case "tool_use" if not _is_document(block):
            return called(text_in(block, "name"), block.get("input"))
        case "tool_result":
            found = [_found(part) for part in objects_in(block, "content")]
            said = "\n\n".join(text for text in found if text) or text_in(block, "content")
            return fenced(said) if said else ""
        case _:
            return ""


def _is_document(block: Fields) -> bool:
    given = fields_in(block, "input")
    return block.get("type") == "tool_use" and block.get("name") == "artifacts" and bool(text_in(given, "content"))


def _found(part: Fields) -> str:
    return "\n".join(text for name in ("title", "url", "text") if (text := text_in(part, name)))


def _sources(blocks: Sequence[Fields]) -> list[str]:
    """The addresses that the answer rests on, each once."""
    citations = [citation for block in blocks for citation in objects_in(block, "citations")]
    addresses = [text_in(citation, "url") or text_in(fields_in(citation, "details"), "url") for citation in citations]
    told = "\n".join(f"- {address}" for address in dict.fromkeys(addresses) if address)
    return [told] if told else []


def _attachments(message: Fields) -> list[Attachment]:
    found = [
        Attachment(
            text_in(one, "file_name") or "pasted text",
            text_in(one, "file_type"),
            text_in(one, "extracted_content") or _NOT_THERE,
        )
        for one in objects_in(message, "attachments")
    ]
    files = [*objects_in(message, "files"), *objects_in(message, "files_v2")]
    names = [text_in(one, "file_name") or text_in(fields_in(one, "file"), "name") for one in files]
    return found + [Attachment(name, "", _NOT_THERE) for name in dict.fromkeys(names) if name]
