"""Open WebUI's export of chats: a JSON array of rows, each with its `chat`; or one chat by itself.

Established from open-webui/open-webui (the front end's Chat.svelte and its types) and from
converters that write this format: `chat.history.messages` holds messages by id with `parentId`,
`role`, `content`, `model`, `modelName` and a `timestamp` in seconds, `chat.history.currentId` is the
active leaf; older rows have a plain list `chat.messages`.  Reasoning stands inside the content as
`<details type="reasoning" …><summary>…</summary>` with quoted lines, which later versions escape.  Tools and
code that was run stand there too, what they were given and gave back as JSON in `arguments`, `result` and `output`.
The numbers in brackets that a reply may have stand for its `sources`, each with a `source` of a `name` and a `url`.
Pictures are `files` without a name.  A reply without a model of its own is by the only one of `chat.models`.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

from app.core.chat.attachments import Attachment, fenced, with_attachments
from app.core.data.exchange import ImportFormat
from app.core.engine.messages import MessageState, Role
from app.exchange.fields import (
    Fields,
    clean,
    fields_in,
    flag_in,
    items_in,
    key_in,
    moment_in,
    objects_in,
    required_id,
    text_in,
)
from app.exchange.growing import Head, Seed, foreign_record, grow, line_of
from app.exchange.portable import PortableConversation
from app.exchange.thinking import split_thinking

_ROLES = {"user": Role.USER, "system": Role.SYSTEM}
_DETAILS = re.compile(r'<details type="(?:reasoning|tool_calls|code_interpreter)"([^<>]*)>')
_DETAILS_END, _SUMMARY, _SUMMARY_END = "</details>", "<summary>", "</summary>"
_ATTRIBUTE = re.compile(r'(?<![a-z])([a-z]+)="([^"]*)"')
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
        flag_in(record, "pinned"),
        flag_in(record, "archived"),
    )
    history = fields_in(chat, "history")
    by_key = fields_in(history, "messages")
    models = [name for name in items_in(chat, "models") if isinstance(name, str)]
    model = clean(models[0]) if len(models) == 1 else ""
    seeds = [_seed(key, message, model) for key, message in by_key.items() if isinstance(message, dict)]
    if not seeds:
        listed = objects_in(chat, "messages")
        seeds = [_seed(key_in(one, "id") or f"number {number}", one, model) for number, one in enumerate(listed)]
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


def _seed(key: str, message: Fields, model: str) -> Seed:
    role = _ROLES.get(text_in(message, "role"), Role.ASSISTANT)
    text = text_in(message, "content") or "\n\n".join(
        said for part in items_in(message, "content") if isinstance(part, dict) and (said := text_in(part, "text"))
    )
    told: list[str] = []
    if role is Role.ASSISTANT:
        text, reasoning = _split_details(text)
        text, thought = split_thinking(text)
        told = [part for part in (reasoning, thought, _sources(message)) if part]
    text = "\n\n".join([*_pictures(message), *([text] if text else [])])
    return Seed(
        key=key,
        parent=key_in(message, "parentId"),
        role=role,
        text=with_attachments(text, _attachments(message)) if role is Role.USER else text,
        reasoning="\n\n".join(told),
        state=MessageState.FAILED if message.get("error") else MessageState.COMPLETE,
        created_at=moment_in(message, "timestamp"),
        record=foreign_record("Open WebUI", text_in(message, "modelName", "model") or model)
        if role is Role.ASSISTANT
        else None,
    )


def _sources(message: Fields) -> str:
    """What the numbers in brackets stand for."""
    sources = [fields_in(one, "source") for one in objects_in(message, "sources") or objects_in(message, "citations")]
    lines = [" ".join(part for name in ("name", "url") if (part := text_in(source, name))) for source in sources]
    return "\n".join(f"[{number}] {line}" for number, line in enumerate(dict.fromkeys(filter(None, lines)), 1))


def _pictures(message: Fields) -> list[str]:
    return [
        "[image]" for one in objects_in(message, "files") if one.get("type") == "image" and not text_in(one, "name")
    ]


def _split_details(text: str) -> tuple[str, str]:
    """The reply, and what stands in it that is no part of the answer; what is never closed is left alone."""
    said: list[str] = []
    thought: list[str] = []
    at = 0
    while found := _DETAILS.search(text, at):
        end = text.find(_DETAILS_END, found.end())
        if end < 0:
            break
        said.append(text[at : found.start()])
        thought.append(_told(found[1], text[found.end() : end]))
        at = end + len(_DETAILS_END)
        while text[at : at + 1].isspace():
            at += 1
    return "".join([*said, text[at:]]), "\n\n".join(thought)


def _told(attributes: str, inside: str) -> str:
    """Thoughts, or a tool with what it was given and gave back."""
    named = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
    _, summary, rest = inside.partition(_SUMMARY_END) if inside.lstrip().startswith(_SUMMARY) else ("", "", inside)
    said = [_QUOTE.sub("", html.unescape(rest if summary else inside)).strip()]
    if name := named.get("name"):
        said.append(f"{name}:")
    said += [
        fenced(value, language)
        for key, language in (("arguments", "json"), ("result", ""), ("output", ""))
        if (value := _plain(named.get(key, "")))
    ]
    return "\n".join(part for part in said if part)


def _plain(value: str) -> str:
    """A text that may stand as JSON."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return text_in({"text": found}, "text") if isinstance(found, str) else value


def _attachments(message: Fields) -> list[Attachment]:
    found = []
    for one in objects_in(message, "files"):
        file = fields_in(one, "file")
        name = text_in(one, "name") or text_in(file, "filename")
        if name:
            text = text_in(fields_in(file, "data"), "content") or "(not part of the export)"
            found.append(Attachment(name, text_in(fields_in(file, "meta"), "content_type"), text))
    return found
