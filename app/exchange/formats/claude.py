"""Claude's data export: a zip with `conversations.json`, an array of conversations.

Established from public descriptions and test data (Sinity/polylogue, docs/providers/claude-ai.md;
notes of several viewers on real exports): `uuid`, `name`, `created_at` in ISO 8601, and
`chat_messages` with `uuid`, `sender` (`human` or `assistant`), `text`, and `content` blocks of the
types `text`, `thinking`, `tool_use` and `tool_result`.  `text` may be empty where `content` is not,
and the other way round.  `attachments` have `file_name` and `extracted_content`, `files` the name
alone.  Newer exports have `parent_message_uuid`, the root's being made of zeros, and sometimes
`current_leaf_message_uuid`; older ones are a plain list.
"""

from __future__ import annotations

import json

from app.core.chat.attachments import Attachment, with_attachments
from app.core.data.exchange import ImportFormat
from app.core.engine.messages import Role
from app.exchange.fields import Fields, fields_in, flag_in, key_in, moment_in, objects_in, required_id, text_in
from app.exchange.growing import Head, Seed, foreign_record, grow, line_of
from app.exchange.portable import PortableConversation


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
    said = [text for block in blocks if block.get("type") == "text" and (text := text_in(block, "text"))]
    thought = [text for block in blocks if (text := _thought(block))]
    text = "\n\n".join(said) or text_in(message, "text")
    is_reply = text_in(message, "sender") == "assistant"
    return Seed(
        key=key_in(message, "uuid") or f"number {number}",
        parent=key_in(message, "parent_message_uuid"),
        role=Role.ASSISTANT if is_reply else Role.USER,
        text=text if is_reply else with_attachments(text, _attachments(message)),
        reasoning="\n\n".join(thought),
        created_at=moment_in(message, "created_at"),
        record=foreign_record("Claude", text_in(message, "model") or model) if is_reply else None,
    )


def _thought(block: Fields) -> str:
    """What is no part of the answer: thinking, and tools with what they gave back."""
    match block.get("type"):
        case "thinking":
            return text_in(block, "thinking", "text")
        case "tool_use":
            given = json.dumps(block.get("input"), ensure_ascii=False, indent=1)
            return f"{text_in(block, 'name') or 'tool'}:\n```json\n{text_in({'given': given}, 'given')}\n```"
        case "tool_result":
            texts = [text_in(part, "text") for part in objects_in(block, "content")]
            said = "\n".join(text for text in texts if text) or text_in(block, "content")
            return f"```\n{said}\n```" if said else ""
        case _:
            return ""


def _attachments(message: Fields) -> list[Attachment]:
    found = [
        Attachment(text_in(one, "file_name") or "pasted text", text_in(one, "file_type"), text)
        for one in objects_in(message, "attachments")
        if (text := text_in(one, "extracted_content"))
    ]
    names = [
        text_in(one, "file_name") or text_in(fields_in(one, "file"), "name") for one in objects_in(message, "files")
    ]
    return found + [Attachment(name, "", "(not part of the export)") for name in names if name]
