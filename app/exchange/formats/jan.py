"""Jan's threads: a folder for each, with `thread.json` and `messages.jsonl`.

Established from janhq/jan (docs/docs/specs/threads.md and messages.md of the first releases;
core/src/types/thread and message, and src-tauri/src/core/threads/models.rs of the later ones): the
thread has `id`, `object` = "thread", `title`, `created` and `updated`, and `assistants` with
`instructions` and a `model`; each line of the messages has `id`, `role`, `content` parts whose
`text.value` is said, of the type `reasoning` thought, a `status`, and `created_at` in seconds or
milliseconds.  Early releases wrote the newest message first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from app.core.data.exchange import ImportFormat
from app.core.engine.messages import MessageState, Role
from app.exchange.fields import Fields, fields_in, key_in, moment_in, objects_in, required_id, text_in
from app.exchange.growing import Head, Seed, foreign_record, grow, line_of
from app.exchange.portable import PortableConversation
from app.exchange.thinking import split_thinking

THREAD_FILE = "thread.json"
MESSAGES_FILE = "messages.jsonl"

_ROLES = {"user": Role.USER, "system": Role.SYSTEM}
_STATES = {
    "error": MessageState.FAILED,
    "stopped": MessageState.STOPPED,
    "pending": MessageState.INTERRUPTED,
}


def recognises(record: Fields) -> bool:
    """Whether this is one of Jan's threads."""
    return record.get("object") == "thread" or ("assistants" in record and "id" in record and "mapping" not in record)


def recognises_message(record: Fields) -> bool:
    """Whether this is a line of Jan's messages."""
    return record.get("object") == "thread.message" or ("thread_id" in record and "role" in record)


def read(thread: Fields, lines: Sequence[Fields], folder: str) -> PortableConversation:
    """The conversation; `folder` names it where the thread does not.

    Raises:
        RecordInvalid: it has no id.
    """
    named = text_in(thread, "title", "summary") or text_in(fields_in(thread, "metadata"), "title")
    told = next((key for line in lines if (key := key_in(line, "thread_id"))), "")
    head = Head(
        ImportFormat.JAN,
        required_id(key_in(thread, "id"), told, folder),
        named,
        moment_in(thread, "created"),
        moment_in(thread, "updated"),
    )
    assistant = next(iter(objects_in(thread, "assistants")), {})
    model = text_in(fields_in(assistant, "model"), "name", "id") or text_in(fields_in(thread, "model"), "id")
    seeds = _in_time([_seed(line, number, model) for number, line in enumerate(lines)])
    instructions = text_in(assistant, "instructions")
    if instructions and not any(seed.role is Role.SYSTEM for seed in seeds):
        seeds.insert(0, Seed("the assistant's instructions", "", Role.SYSTEM, instructions))
    return grow(head, line_of(seeds))


def _in_time(seeds: list[Seed]) -> list[Seed]:
    if not all(seed.created_at for seed in seeds):
        return seeds
    newest_first = len(seeds) > 1 and seeds[0].created_at > seeds[-1].created_at
    return sorted(seeds[::-1] if newest_first else seeds, key=lambda seed: seed.created_at)


def _seed(line: Fields, number: int, model: str) -> Seed:
    role = _ROLES.get(text_in(line, "role"), Role.ASSISTANT)
    said: list[str] = []
    thought: list[str] = []
    for part in objects_in(line, "content"):
        kind = text_in(part, "type", "type_")
        text = text_in(fields_in(part, "text"), "value") or text_in(part, "text")
        if kind in ("image_url", "image"):
            said.append("[image]")
        elif kind == "tool_call":
            shown = json.dumps([part.get("input"), part.get("output")], ensure_ascii=False, indent=1)
            thought.append(f"{text_in(part, 'tool_name') or 'tool'}:\n```json\n{text_in({'json': shown}, 'json')}\n```")
        elif text:
            (thought if kind == "reasoning" else said).append(text)
    text, inside = split_thinking("\n\n".join(said) or text_in(line, "content"))
    metadata = fields_in(line, "metadata")
    return Seed(
        key=key_in(line, "id") or f"number {number}",
        parent="",
        role=role,
        text=text,
        reasoning="\n\n".join([*thought, *([inside] if inside else [])]),
        hidden=text_in(line, "role") == "tool",
        state=_STATES.get(text_in(line, "status"), MessageState.COMPLETE),
        created_at=moment_in(line, "created_at"),
        record=foreign_record("Jan", text_in(metadata, "modelId", "model") or model)
        if role is Role.ASSISTANT
        else None,
    )
