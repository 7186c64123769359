"""Exports of other programs, as they look, built from a few words."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from PySide6.QtCore import QByteArray, QDataStream, QIODevice

GPT4ALL_MAGIC = 0xF5D553CC


def chatgpt_node(key, parent, role=None, text="", **message):
    """A node of `mapping`; without a role it is the empty root."""
    node = {"id": key, "parent": parent, "children": [], "message": None}
    if role is not None:
        content = message.pop("content", {"content_type": "text", "parts": [text]})
        node["message"] = {
            "id": key,
            "author": {"role": role, "name": None, "metadata": {}},
            "create_time": 1_700_000_000.5,
            "update_time": None,
            "content": content,
            "status": "finished_successfully",
            "weight": 1.0,
            "recipient": "all",
            "metadata": {},
        } | message
    return node


def chatgpt(conversation_id="6f0c", current="answer-2", nodes=()):
    """A conversation with a regenerated answer and thoughts before it."""
    nodes = nodes or [
        chatgpt_node("root", None),
        chatgpt_node("system", "root", "system", "", metadata={"is_visually_hidden_from_conversation": True}),
        chatgpt_node("question", "system", "user", "Why is the sky blue?"),
        chatgpt_node("answer-1", "question", "assistant", "Because of dust.", metadata={"model_slug": "gpt-4o"}),
        chatgpt_node(
            "thoughts",
            "question",
            "assistant",
            content={
                "content_type": "thoughts",
                "thoughts": [{"summary": "Scattering", "content": "Rayleigh scattering it is."}],
            },
        ),
        chatgpt_node(
            "search",
            "thoughts",
            "assistant",
            content={"content_type": "code", "language": "json", "text": '{"q": "sky"}'},
            recipient="web.run",
        ),
        chatgpt_node("found", "search", "tool", "A page about scattering."),
        chatgpt_node(
            "recap", "found", "assistant", content={"content_type": "reasoning_recap", "content": "Thought for 4s"}
        ),
        chatgpt_node(
            "answer-2",
            "recap",
            "assistant",
            "Short waves scatter more \ue200cite\ue202turn0view0\ue201.",
            metadata={
                "model_slug": "o3",
                "content_references": [
                    {"matched_text": "\ue200cite\ue202turn0view0\ue201", "alt": "([Sky](https://e.org))"}
                ],
            },
        ),
    ]
    return {
        "title": "The sky",
        "create_time": 1_700_000_000.0,
        "update_time": 1_700_000_100.0,
        "conversation_id": conversation_id,
        "current_node": current,
        "mapping": {node["id"]: node for node in nodes},
    }


def claude(uuid="c-1", messages=()):
    """A conversation with thinking, a tool and a pasted file."""
    zero = "00000000-0000-4000-8000-000000000000"
    messages = messages or [
        {
            "uuid": "m1",
            "sender": "human",
            "text": "What is in it?",
            "content": [{"type": "text", "text": "What is in it?"}],
            "created_at": "2025-03-01T10:00:00.000000Z",
            "attachments": [{"file_name": "a.csv", "file_type": "text/csv", "extracted_content": "x,y\n1,2"}],
            "files": [{"file_name": "photo.png"}],
            "parent_message_uuid": zero,
        },
        {
            "uuid": "m2",
            "sender": "assistant",
            "text": "",
            "content": [
                {"type": "thinking", "thinking": "Two columns."},
                {"type": "tool_use", "name": "count", "input": {"rows": True}},
                {"type": "tool_result", "content": [{"type": "text", "text": "1"}]},
                {"type": "text", "text": "Two columns and one row."},
            ],
            "created_at": "2025-03-01T10:00:05.000000Z",
            "attachments": [],
            "files": [],
            "parent_message_uuid": "m1",
        },
        {
            "uuid": "m3",
            "sender": "assistant",
            "text": "A table.",
            "content": [],
            "created_at": "2025-03-01T10:01:05.000000Z",
            "parent_message_uuid": "m1",
        },
    ]
    return {
        "uuid": uuid,
        "name": "A file",
        "created_at": "2025-03-01T10:00:00.000000Z",
        "updated_at": "2025-03-01T10:02:00.000000Z",
        "account": {"uuid": "acc"},
        "chat_messages": messages,
    }


def lm_studio(created=1_730_000_000_123):
    """A chat with two versions of the answer, the first selected, and thinking in steps."""

    def step(text, style=None, **more):
        block = {"type": "contentBlock", "content": [{"type": "text", "text": text, "fromDraftModel": False}]}
        return block | ({"style": {"type": style}} if style else {}) | more

    info = {"identifier": "qwen3-4b", "stats": {"stopReason": "userStopped", "tokensPerSecond": 40.1}}
    return {
        "name": "Local chat",
        "pinned": False,
        "createdAt": created,
        "systemPrompt": "",
        "perChatPredictionConfig": {"fields": [{"key": "llm.prediction.systemPrompt", "value": "Be brief."}]},
        "lastUsedModel": {"identifier": "gpt-oss-20b"},
        "messages": [
            {
                "versions": [
                    {"type": "singleStep", "role": "user", "content": [{"type": "text", "text": "Hello?"}]},
                ],
                "currentlySelected": 0,
            },
            {
                "versions": [
                    {
                        "type": "multiStep",
                        "role": "assistant",
                        "steps": [step("Hm.", "thinking"), step("Hello!", genInfo=info)],
                    },
                    {"type": "multiStep", "role": "assistant", "steps": [step("Hi there.")]},
                ],
                "currentlySelected": 0,
            },
            {
                "versions": [{"type": "singleStep", "role": "user", "content": [{"type": "text", "text": "Go on."}]}],
                "currentlySelected": 0,
            },
        ],
    }


def jan(folder: Path, thread_id="jan_1700000000"):
    """A thread's folder."""
    place = folder / "threads" / thread_id
    place.mkdir(parents=True)
    thread = {
        "id": thread_id,
        "object": "thread",
        "title": "From Jan",
        "assistants": [
            {"assistant_id": "jan", "assistant_name": "Jan", "instructions": "Help.", "model": {"id": "llama3.2-3b"}}
        ],
        "created": 1_700_000_000_000,
        "updated": 1_700_000_001_000,
        "metadata": {},
    }
    (place / "thread.json").write_text(json.dumps(thread), encoding="utf-8")
    lines = [
        jan_line("1", "user", "Name a tree.", 1_700_000_000_000, thread_id),
        jan_line("2", "assistant", "<think>Oak or elm</think>\n\nAn oak.", 1_700_000_001_000, thread_id),
    ]
    (place / "messages.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return place


def jan_line(key, role, text, created, thread_id="jan_1700000000"):
    return {
        "id": key,
        "object": "thread.message",
        "thread_id": thread_id,
        "assistant_id": "jan",
        "role": role,
        "content": [{"type": "text", "text": {"value": text, "annotations": []}}],
        "status": "ready",
        "created_at": created,
        "completed_at": created,
        "metadata": {},
    }


def open_webui(chat_id="w-1", content="", *, pinned=False):
    """A row of the export, with a branch and, unless other content is given, reasoning in the content."""

    def message(key, parent, role, content, **more):
        return {"id": key, "parentId": parent, "childrenIds": [], "role": role, "content": content} | more

    thought = (
        '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds</summary>\n'
        "&gt; not this\n> Four, I&#x27;d say.\n</details>\nFour."
    )
    messages = [
        message("u", None, "user", "Two and two?", timestamp=1_720_000_000, models=["llama3"]),
        message(
            "a", "u", "assistant", "Five.", model="llama3", modelName="Llama 3", timestamp=1_720_000_002, done=True
        ),
        message("b", "u", "assistant", content or thought, model="qwen", timestamp=1_720_000_009, done=True),
    ]
    return {
        "id": chat_id,
        "user_id": "me",
        "title": "Sums",
        "chat": {
            "title": "Sums",
            "models": ["llama3"],
            "params": {"system": "You count."},
            "history": {"messages": {one["id"]: one for one in messages}, "currentId": "b"},
            "messages": [],
            "timestamp": 1_720_000_000_000,
        },
        "created_at": 1_720_000_000,
        "updated_at": 1_720_000_010,
        "archived": False,
        "pinned": pinned,
    }


def gpt4all(version=12, identity="chat-9", items=None):
    """A `.chat` file of that version, as GPT4All's own library writes it."""
    data = QByteArray()
    out = QDataStream(data, QIODevice.OpenModeFlag.WriteOnly)
    out.writeUInt32(GPT4ALL_MAGIC)
    out.writeInt32(version)
    out.setVersion(QDataStream.Version.Qt_6_2)
    out.writeInt64(1_700_000_000)
    for text in (identity, "Rivers", "me", "Llama-3-8B"):
        out.writeQString(text)
    if version >= 3:
        out.writeQStringList(["docs"])
    if version < 11:
        _model_state(out, version)
    items = items if items is not None else [("Prompt: ", "Longest river?"), ("Response: ", "The Nile.")]
    out.writeInt32(len(items))
    for name, text in items:
        _gpt4all_item(out, version, name, text)
    return bytes(data)


def _model_state(out, version):
    if version >= 6:
        out.writeBool(True)
    if version >= 2:
        out.writeInt32(1)
        out.writeInt32(0)
    out.writeQString("response")
    out.writeQString("name")
    out.writeUInt32(7)
    if version < 4:
        out.writeUInt32(0)
    out.writeUInt32(0)
    if version >= 7:
        out.writeUInt32(2048)
    if version < 9:
        out.writeUInt64(3)
        out.writeRawData(b"\x00" * 12)
    out.writeUInt64(2)
    out.writeRawData(b"\x00" * 8)
    out << QByteArray(b"state" * 100)


def _gpt4all_item(out, version, name, text):
    if version < 12:
        out.writeInt32(1)
    out.writeQString(name)
    out.writeQString("" if version >= 12 and name == "Response: " else text)
    if version < 10:
        out.writeQString("prompt")
    out.writeQString("")
    for flag in (False, name == "Response: ", False, False):
        out.writeBool(flag)
    if version >= 11 and name == "Response: ":
        out.writeBool(False)
    if version >= 8:
        out.writeInt64(1)
        for source in ("collection", "path", "file", "title", "author", "date", "text"):
            out.writeQString(source)
        for number in (1, 2, 3):
            out.writeInt32(number)
    elif version >= 3:
        out.writeQString("references")
        out.writeQStringList(["context"])
    if version >= 10:
        out.writeInt64(1 if name == "Prompt: " else 0)
        if name == "Prompt: ":
            out << QByteArray(b"file:///home/me/notes.txt")
            out << QByteArray(b"The Nile is long.")
    if version >= 12:
        _gpt4all_parts(out, name, text)


def _gpt4all_parts(out, name, text):
    if name != "Response: ":
        out.writeInt64(0)
        return
    out.writeInt64(3)
    out.writeQString("Think: ")
    out.writeQString("Amazon or Nile")
    out.writeInt32(1500)
    out.writeInt64(0)
    out.writeQString("ToolCall: ")
    out.writeQString("measure()")
    out.writeQString("measure")
    out.writeInt64(1)
    out.writeQString("river")
    out.writeInt32(0)
    out.writeUInt32(10)
    out.writeBool(False)
    out.writeQString("Nile")
    out.writeQString("6650")
    out.writeInt32(0)
    out.writeQString("")
    out.writeInt64(0)
    out.writeQString("Text: ")
    out.writeQString(text)
    out.writeInt64(0)


def write_json(path: Path, value):
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def write_zip(path: Path, **members):
    """An archive of these members; `__` stands for a slash in a name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_json", ".json"), data)
    return path
