"""What every page says of a message besides its text."""

from __future__ import annotations

from datetime import datetime

from app.core.engine.messages import MessageState, Role
from app.exchange.portable import PortableConversation, PortableMessage

UNTITLED = "Chat"
_SPEAKERS = {Role.SYSTEM: "System", Role.USER: "You", Role.ASSISTANT: "Model"}
_STATES = {
    MessageState.COMPLETE: "",
    MessageState.STREAMING: "still being written",
    MessageState.STOPPED: "stopped",
    MessageState.INTERRUPTED: "interrupted",
    MessageState.FAILED: "failed",
}


def title_of(conversation: PortableConversation) -> str:
    """The title on one line."""
    return " ".join(conversation.title.split()) or UNTITLED


def speaker_of(message: PortableMessage) -> str:
    """The model's name, or who else speaks."""
    name = message.record.model.name if message.record else ""
    return " ".join(name.split()) or _SPEAKERS[message.role]


def facts_of(message: PortableMessage) -> str:
    """When it was written, and how it ended if not well."""
    return ", ".join(part for part in (moment(message.created_at), _STATES[message.state]) if part)


def moment(seconds: float) -> str:
    """A time of Unix seconds on the user's clock; empty where it is not known."""
    try:
        return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M") if seconds else ""
    except (ValueError, OverflowError, OSError):
        return ""
