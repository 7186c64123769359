"""Other shapes of a conversation, for templates that refuse the usual one; in the engine child."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.core.engine.messages import Message, Role


def system_folded(messages: Sequence[Message]) -> list[Message]:
    """The first message, the system's, put at the head of the first user message."""
    system, *rest = messages
    for index, message in enumerate(rest):
        if message.role is Role.USER and system.text.strip():
            rest[index] = msgspec.structs.replace(message, text=f"{system.text}\n\n{message.text}")
            break
    return rest


def neighbours_joined(messages: Sequence[Message]) -> list[Message]:
    """Adjacent messages of one role made into one, a blank line between them."""
    joined: list[Message] = []
    for message in messages:
        if joined and joined[-1].role is message.role:
            text = f"{joined[-1].text}\n\n{message.text}"
            joined[-1] = msgspec.structs.replace(joined[-1], text=text)
        else:
            joined.append(message)
    return joined
