"""Open WebUI's export of chats: a JSON array of rows, each with its `chat`; or one chat by itself.

Established from open-webui/open-webui (the front end's Chat.svelte and its types) and from
converters that write this format: `chat.history.messages` holds messages by id with `parentId`,
`role`, `content`, `model`, `modelName` and a `timestamp` in seconds, `chat.history.currentId` is the
active leaf; older rows have a plain list `chat.messages`.  Reasoning stands inside the content as
`<details type="reasoning" …><summary>…</summary>` with quoted lines.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace

from app.core.attachments import Attachment, with_attachments
from app.core.exchange import ImportFormat
from app.core.messages import MessageState, Role
from app.exchange.fields import Fields, fields_in, items_in, key_in, moment_in, objects_in, required_id, text_in
from app.exchange.growing import Head, Seed, foreign_record, grow, line_of
from app.exchange.portable import PortableConversation
from app.exchange.thinking import split_thinking

_ROLES = {"user": Role.USER, "system": Role.SYSTEM}
_DETAILS = re.compile(r'<details type="(?:reasoning|tool_calls|code_interpreter)"[^<>]*>(.*?)</details>\s*', re.DOTALL)
_SUMMARY = re.compile(r"<summary>.*?</summary>\s*", re.DOTALL)
_QUOTE = re.compile(r"^> ?", re.MULTILINE)
_SYSTEM_KEY = "the chat's own system prompt"


def recognises(record: Fields) -> bool:
    """Whether this is one of Open WebUI's chats."""
    chat = _chat(record)
    return isinstance(fields_in(chat, "history").get("messages"), dict) or (
        "chat" in record and isinstance(chat.get("messages"), list)
    )


def read(record: Fields) -> PortableConversation:
    """The conversation with all its branches.

    Raises:
        RecordInvalid: it has no id.
    """
    chat = _chat(record)
    head = Head(
        ImportFormat.OPEN_WEBUI,
        required_id(key_in(record, "id"), key_in(chat, "id")),
        text_in(record, "title") or text_in(chat, "title"),
        moment_in(record, "created_at") or moment_in(chat, "timestamp"),
        moment_in(record, "updated_at"),
    )
    history = fields_in(chat, "history")
    by_key = fields_in(history, "messages")
    seeds = [_seed(key, message) for key, message in by_key.items() if isinstance(message, dict)]
    if not seeds:
        listed = objects_in(chat, "messages")
        seeds = [_seed(key_in(one, "id") or f"number {number}", one) for number, one in enumerate(listed)]
        if not any(seed.parent for seed in seeds):
            seeds = line_of(seeds)
    return grow(head, _below_system(seeds, chat), key_in(history, "currentId"))


def _chat(record: Fields) -> Fields:
    return fields_in(record, "chat") or record


def _below_system(seeds: list[Seed], chat: Fields) -> list[Seed]:
    """The seeds under the chat's system prompt, if it has one."""
    prompt = text_in(fields_in(chat, "params"), "system") or text_in(chat, "system")
    if not prompt or any(seed.role is Role.SYSTEM for seed in seeds):
        return seeds
    known = {seed.key for seed in seeds}
    system = Seed(_SYSTEM_KEY, "", Role.SYSTEM, prompt)
    return [system, *(seed if seed.parent in known else replace(seed, parent=_SYSTEM_KEY) for seed in seeds)]


def _seed(key: str, message: Fields) -> Seed:
    role = _ROLES.get(text_in(message, "role"), Role.ASSISTANT)
    text = text_in(message, "content") or "\n\n".join(
        said for part in items_in(message, "content") if isinstance(part, dict) and (said := text_in(part, "text"))
    )
    reasoning = ""
    if role is Role.ASSISTANT:
        reasoning = "\n\n".join(_reasoning(found.group(1)) for found in _DETAILS.finditer(text))
        text, thought = split_thinking(_DETAILS.sub("", text))
        reasoning = reasoning or thought
    model = text_in(message, "modelName", "model")
    return Seed(
        key=key,
        parent=key_in(message, "parentId"),
        role=role,
        text=with_attachments(text, _attachments(message)) if role is Role.USER else text,
        reasoning=reasoning,
        state=MessageState.FAILED if isinstance(message.get("error"), dict) else MessageState.COMPLETE,
        created_at=moment_in(message, "timestamp"),
        record=foreign_record("Open WebUI", model) if role is Role.ASSISTANT else None,
    )


def _reasoning(inside: str) -> str:
    return html.unescape(_QUOTE.sub("", _SUMMARY.sub("", inside))).strip()


def _attachments(message: Fields) -> list[Attachment]:
    found = []
    for one in objects_in(message, "files"):
        file = fields_in(one, "file")
        name = text_in(one, "name") or text_in(file, "filename")
        if name:
            text = text_in(fields_in(file, "data"), "content") or "(not part of the export)"
            found.append(Attachment(name, text_in(fields_in(file, "meta"), "content_type"), text))
    return found
