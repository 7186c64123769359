"""ChatGPT's data export: a zip with `conversations.json` (or numbered parts of it), an array of conversations.

Established from public descriptions of real exports (mitkury/chatgpt-export-parser,
docs/chatgpt-data-export-format.md; the unofficial "User Data Export Specification" of February 2026;
test data of several converters): `mapping` holds nodes by id with `parent` and `children`, the root
has no message, `current_node` is the active leaf.  A message's `content` is told apart by
`content_type`: `text` and `multimodal_text` have `parts` (texts, or objects such as
`image_asset_pointer` and `audio_transcription`), `code` and `execution_output` have `text`,
`tether_quote` and `sonic_webpage` a page's `title`, `url` and `text` or `snippet`, `system_error` a
`name` and a `text`, `thoughts` has `thoughts` of `summary` and `content`, `reasoning_recap` only says
how long it took, `user_editable_context` has the user's custom instructions, `model_editable_context`
what the model was told to remember.  A message to a `recipient` other than `all` is a tool call.
`metadata` has the files' names as `attachments`, and of a reply its `model_slug`; where it has none,
that is the conversation's `default_model_slug`.
"""

from __future__ import annotations

from app.core.chat.attachments import Attachment, fenced, with_attachments
from app.core.data.exchange import ImportFormat
from app.core.data.exchange_errors import RecordInvalid
from app.core.engine.messages import MessageState, Role
from app.exchange.fields import (
    Fields,
    fields_in,
    flag_in,
    items_in,
    key_in,
    moment_in,
    objects_in,
    required_id,
    text_in,
)
from app.exchange.formats.chatgpt_marks import without_marks
from app.exchange.growing import Head, Seed, foreign_record, grow
from app.exchange.portable import PortableConversation

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM, "tool": Role.ASSISTANT}
_PICTURES = "image_asset_pointer"
_POINTERS = {
    _PICTURES: "[image]",
    "audio_asset_pointer": "[audio]",
    "real_time_user_audio_video_asset_pointer": "[audio]",
    "video_container_asset_pointer": "[video]",
}
_PAGES = ("tether_quote", "sonic_webpage")


def recognises(record: Fields) -> bool:
    """Whether this is one of ChatGPT's conversations."""
    return isinstance(record.get("mapping"), dict)


def read(record: Fields) -> PortableConversation:
    """The conversation with all its branches.

    Raises:
        RecordInvalid: it has no id, or nothing is in it.
    """
    head = Head(
        ImportFormat.CHATGPT,
        required_id(key_in(record, "conversation_id"), key_in(record, "id")),
        text_in(record, "title"),
        moment_in(record, "create_time"),
        moment_in(record, "update_time"),
        flag_in(record, "is_starred"),
        flag_in(record, "is_archived"),
    )
    model = text_in(record, "default_model_slug")
    seeds = [_seed(key, node, model) for key, node in record["mapping"].items() if isinstance(node, dict)]
    if not seeds:
        raise RecordInvalid(reason="no message is in it")
    return grow(head, seeds, key_in(record, "current_node"))


def _seed(key: str, node: Fields, model: str) -> Seed:
    message, parent = fields_in(node, "message"), key_in(node, "parent")
    content, metadata = fields_in(message, "content"), fields_in(message, "metadata")
    author = text_in(fields_in(message, "author"), "role")
    kind = text_in(content, "content_type")
    said, tool = _text(content, kind, metadata), _tool(message) if author == "assistant" else ""
    text = with_attachments(
        f"{tool}:\n{said}" if tool and said else said, _attachments(metadata) if author == "user" else []
    )
    role = Role.SYSTEM if kind == "user_editable_context" else _ROLES.get(author, Role.ASSISTANT)
    return Seed(
        key=key,
        parent=parent,
        role=role,
        text=text,
        hidden=_is_hidden(message, kind, author, text),
        state=_state(message, metadata),
        created_at=moment_in(message, "create_time"),
        record=foreign_record("ChatGPT", text_in(metadata, "model_slug") or model) if author == "assistant" else None,
    )


def _is_hidden(message: Fields, kind: str, author: str, text: str) -> bool:
    if kind == "user_editable_context":
        return not text
    if author in ("user", "system"):
        return not text or fields_in(message, "metadata").get("is_visually_hidden_from_conversation") is True
    aside = kind in ("thoughts", "reasoning_recap", "model_editable_context")
    return author == "tool" or aside or bool(_tool(message)) or not text


def _tool(message: Fields) -> str:
    """Whom the model speaks to, if not to the user."""
    recipient = text_in(message, "recipient")
    return "" if recipient == "all" else recipient


def _state(message: Fields, metadata: Fields) -> MessageState:
    if text_in(message, "status") == "in_progress":
        return MessageState.INTERRUPTED
    if text_in(fields_in(metadata, "finish_details"), "type") == "interrupted":
        return MessageState.STOPPED
    return MessageState.COMPLETE


def _text(content: Fields, kind: str, metadata: Fields) -> str:
    if kind == "reasoning_recap":
        return ""
    if kind == "user_editable_context":
        said = (text_in(content, "user_profile"), text_in(content, "user_instructions"))
        return "\n\n".join(part for part in said if part)
    if kind == "thoughts" and (thoughts := objects_in(content, "thoughts")):
        steps = (text_in(one, name) for one in thoughts for name in ("summary", "content"))
        return "\n\n".join(step for step in steps if step)
    text = _parts(content, metadata) or text_in(content, "text", "result", "snippet", "summary", "model_set_context")
    if kind in _PAGES:
        page = "\n".join(part for name in ("title", "url") if (part := text_in(content, name)))
        text = "\n\n".join(part for part in (page, text) if part)
    if kind == "system_error":
        text = "\n\n".join(part for part in (text_in(content, "name"), text) if part)
    if kind in ("code", "execution_output") and text:
        language = text_in(content, "language") if kind == "code" else ""
        return fenced(text, language if language.isalnum() and language != "unknown" else "")
    return without_marks(text, metadata)


def _parts(content: Fields, metadata: Fields) -> str:
    """What a message says; recordings are left out where their words are there, pictures where their files' names."""
    objects = objects_in(content, "parts")
    is_heard = any(text_in(part, "text") for part in objects)
    left_out = {"[audio]", "[video]"} if is_heard else set()
    if _attachments(metadata):
        left_out.add(_POINTERS[_PICTURES])
    said = (_part(part) for part in items_in(content, "parts"))
    return "\n\n".join(part for part in said if part and part not in left_out)


def _part(part: object) -> str:
    if isinstance(part, str):
        return text_in({"text": part}, "text")
    if not isinstance(part, dict):
        return ""
    kind = text_in(part, "content_type")
    return _POINTERS.get(kind) or text_in(part, "text") or (f"[{kind.replace('_', ' ')}]" if kind else "")


def _attachments(metadata: Fields) -> list[Attachment]:
    names = [text_in(one, "name") for one in objects_in(metadata, "attachments")]
    return [Attachment(name, "", "(not part of the export)") for name in names if name]
