"""What belongs to the shown conversation beside its session; made together, handed on together."""

from __future__ import annotations

from typing import NamedTuple

from app.services.attaching import Attaching
from app.services.message_room import MessageRoom
from app.services.message_tree import MessageTree
from app.services.undo import UndoStack


class ChatTools(NamedTuple):
    """Branches, files, room in the context, and what can be taken back."""

    tree: MessageTree
    attaching: Attaching
    room: MessageRoom
    undo: UndoStack
