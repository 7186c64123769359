"""Jan's threads: a folder for each, with `thread.json` and `messages.jsonl`.

Established from janhq/jan (docs/docs/specs/threads.md and messages.md of the first releases;
core/src/types/thread and message, and src-tauri/src/core/threads/models.rs of the later ones): the
thread has `id`, `object` = "thread", `title`, `created` and `updated`, and `assistants` with
`instructions` and a `model`; each line of the messages has `id`, `role`, `content` parts whose
`text.value` is said, of the type `reasoning` thought, a `status`, and `created_at` in seconds or
milliseconds.  Early releases wrote the newest message first.  Once a message has a second version, the
`metadata` of all has a `parentId`, null at the root, and may have an `activeChildId`; without that the
newest child is shown.  There too are `inline_file_contents` with a `name` and a `content`, `tool_calls`
with a `tool.function` and a `response`, `stopped` and `error`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.core.chat.attachments import Attachment, with_attachments
from app.core.data.exchange import ImportFormat
from app.core.engine.messages import MessageState, Role
from app.exchange.fields import Fields, fields_in, flag_in, key_in, moment_in, objects_in, required_id, text_in
from app.exchange.growing import Head, Seed, foreign_record, grow, line_of
from app.exchange.portable import PortableConversation
from app.exchange.thinking import split_thinking
from app.exchange.tools import called

THREAD_FILE = "thread.json"
MESSAGES_FILE = "messages.jsonl"

_INSTRUCTIONS = "the assistant's instructions"
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
    branched = any("parentId" in fields_in(line, "metadata") for line in lines)
    seeds = _rooted(seeds) if branched else line_of(seeds)
    instructions = text_in(assistant, "instructions")
    if instructions and not any(seed.role is Role.SYSTEM for seed in seeds):
        above = Seed(_INSTRUCTIONS, "", Role.SYSTEM, instructions)
        seeds = [above, *(seed if seed.parent else replace(seed, parent=_INSTRUCTIONS) for seed in seeds)]
    return grow(head, seeds, _shown(seeds, lines))


def _rooted(seeds: Sequence[Seed]) -> list[Seed]:
    """The tree.

    Some releases stored a reply without its parent: it answers the question before it, and what was hung on that
    question next goes on from the reply.
    """
    found: list[Seed] = []
    answered: dict[str, str] = {}
    question = ""
    for seed in seeds:
        if seed.role is Role.USER:
            found.append(replace(seed, parent=answered.pop(seed.parent, seed.parent)))
            question = seed.key
        elif seed.role is Role.ASSISTANT and not seed.parent:
            found.append(replace(seed, parent=question))
            answered[question] = seed.key
        else:
            found.append(seed)
    return found


def _shown(seeds: Sequence[Seed], lines: Sequence[Fields]) -> str:
    """The leaf that was shown: from the newest root on, each time the child that was chosen, or else the newest one."""
    chosen = {key_in(line, "id"): key_in(fields_in(line, "metadata"), "activeChildId") for line in lines}
    newest = {seed.parent: seed.key for seed in seeds}
    parents = {seed.key: seed.parent for seed in seeds}
    at, seen = newest.get("", ""), set[str]()
    while at not in seen:
        seen.add(at)
        below = chosen.get(at, "")
        at = below if parents.get(below) == at else newest.get(at, at)
    return at


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
            thought.append(called(text_in(part, "tool_name"), [part.get("input"), part.get("output")]))
        elif text:
            (thought if kind == "reasoning" else said).append(text)
    metadata = fields_in(line, "metadata")
    text, inside = split_thinking("\n\n".join(said) or text_in(line, "content"))
    return Seed(
        key=key_in(line, "id") or f"number {number}",
        parent=key_in(metadata, "parentId"),
        role=role,
        text=with_attachments(text, _attachments(metadata)),
        reasoning="\n\n".join([*thought, *([inside] if inside else []), *_calls(metadata)]),
        hidden=text_in(line, "role") == "tool",
        state=_state(line, metadata),
        created_at=moment_in(line, "created_at"),
        record=foreign_record("Jan", text_in(metadata, "modelId", "model") or model)
        if role is Role.ASSISTANT
        else None,
    )


def _attachments(metadata: Fields) -> list[Attachment]:
    return [
        Attachment(text_in(one, "name") or "file", "", text)
        for one in objects_in(metadata, "inline_file_contents")
        if (text := text_in(one, "content"))
    ]


def _calls(metadata: Fields) -> list[str]:
    """What earlier releases kept of tools beside the content."""
    functions = [(fields_in(fields_in(one, "tool"), "function"), one) for one in objects_in(metadata, "tool_calls")]
    return [
        called(text_in(function, "name"), [function.get("arguments"), one.get("response")])
        for function, one in functions
    ]


def _state(line: Fields, metadata: Fields) -> MessageState:
    if metadata.get("error"):
        return MessageState.FAILED
    if flag_in(metadata, "stopped"):
        return MessageState.STOPPED
    return _STATES.get(text_in(line, "status"), MessageState.COMPLETE)
