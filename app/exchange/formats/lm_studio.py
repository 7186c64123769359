"""LM Studio's chats: one `<number>.conversation.json` for each, in folders.

Established from programs that read and write this undocumented format
(YorkieDev/lm-studio-conversation-converter; loggers and importers tested with LM Studio 0.3 and 0.4):
`name`, `createdAt` in milliseconds, and `messages`, each with `versions` and `currentlySelected`.  A
version is a `singleStep` with `role` and `content` parts, or a `multiStep` whose `steps` are
`contentBlock`s, those of the style `thinking` being reasoning, with `genInfo` of the model; tool
calls stand in content parts of other types.  The system prompt is `systemPrompt`, or the field
`llm.prediction.systemPrompt` of `perChatPredictionConfig`.  No message tells its time: each has that of the chat.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from app.core.chat.attachments import Attachment, with_attachments
from app.core.data.exchange import ImportFormat
from app.core.engine.messages import MessageState, Role
from app.exchange.fields import Fields, fields_in, flag_in, key_in, moment_in, objects_in, required_id, text_in
from app.exchange.growing import Head, Seed, foreign_record, grow
from app.exchange.portable import PortableConversation
from app.exchange.thinking import split_thinking
from app.exchange.tools import as_json

_ROLES = {"user": Role.USER, "system": Role.SYSTEM}
_TAKEN = re.compile(r"[0-9]{10,} - (?=.)")
_SYSTEM_FIELD = "llm.prediction.systemPrompt"


def recognises(record: Fields) -> bool:
    """Whether this is one of LM Studio's chats."""
    messages = record.get("messages")
    if not isinstance(messages, list):
        return False
    if not messages:
        return "perChatPredictionConfig" in record or "userFilesSizeBytes" in record
    return any(isinstance(one, dict) and isinstance(one.get("versions"), list) for one in messages)


def read(record: Fields, name: str) -> PortableConversation:
    """The conversation; versions are siblings, and the one that is selected goes on.

    Raises:
        RecordInvalid: neither it nor its file has an id.
    """
    head = Head(
        ImportFormat.LM_STUDIO,
        required_id(key_in(record, "createdAt"), PurePosixPath(name).name.removesuffix(".conversation.json")),
        text_in(record, "name"),
        moment_in(record, "createdAt"),
        max(moment_in(record, "userLastMessagedAt"), moment_in(record, "assistantLastMessagedAt")),
        flag_in(record, "pinned"),
    )
    model = text_in(fields_in(record, "lastUsedModel"), "identifier", "indexedModelIdentifier")
    system = _system_prompt(record)
    seeds = [Seed("system", "", Role.SYSTEM, system)] if system else []
    above = seeds[0].key if seeds else ""
    for number, message in enumerate(objects_in(record, "messages")):
        versions = [
            _seed(f"{number}.{at}", above, one, model, head.created_at)
            for at, one in enumerate(objects_in(message, "versions"))
        ]
        if versions:
            seeds += versions
            above = versions[_selected(message, len(versions))].key
    return grow(head, seeds, above)


def _system_prompt(record: Fields) -> str:
    config = objects_in(fields_in(record, "perChatPredictionConfig"), "fields")
    return next((text_in(one, "value") for one in config if one.get("key") == _SYSTEM_FIELD), "") or text_in(
        record, "systemPrompt"
    )


def _selected(message: Fields, count: int) -> int:
    at = message.get("currentlySelected")
    return at if isinstance(at, int) and 0 <= at < count else count - 1


def _seed(key: str, parent: str, version: Fields, model: str, created_at: float) -> Seed:
    role = _ROLES.get(text_in(version, "role"), Role.ASSISTANT)
    steps = objects_in(version, "steps") or [version]
    said: list[str] = []
    thought: list[str] = []
    files: list[Attachment] = []
    for step in steps:
        thinks = text_in(fields_in(step, "style"), "type") == "thinking"
        for part in objects_in(step, "content"):
            if text := text_in(part, "text"):
                (thought if thinks else said).append(text)
            elif part.get("type") == "file":
                files.append(Attachment(_file_name(part), "", "(not part of the chat's file)"))
            elif "type" in part and part["type"] != "text":
                thought.append(as_json(part))
    text, inside = split_thinking("\n\n".join(said) or text_in(version, "content"))
    return Seed(
        key=key,
        parent=parent,
        role=role,
        text=with_attachments(text, files),
        reasoning="\n\n".join([*thought, *([inside] if inside else [])]),
        state=_state(steps),
        created_at=created_at,
        record=foreign_record("LM Studio", _model(version, steps) or model) if role is Role.ASSISTANT else None,
    )


def _file_name(part: Fields) -> str:
    """The name of a file, before which LM Studio puts the time at which it took it."""
    return _TAKEN.sub("", text_in(part, "fileIdentifier")) or "file"


def _model(version: Fields, steps: list[Fields]) -> str:
    names = [text_in(fields_in(step, "genInfo"), "identifier", "indexedModelIdentifier") for step in steps]
    return next((name for name in names if name), "") or text_in(fields_in(version, "senderInfo"), "senderName")


def _state(steps: list[Fields]) -> MessageState:
    reasons = [text_in(fields_in(fields_in(step, "genInfo"), "stats"), "stopReason") for step in steps]
    return MessageState.STOPPED if "userStopped" in reasons else MessageState.COMPLETE
