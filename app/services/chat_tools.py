"""What belongs to the shown conversation beside its session; made together, handed on together."""

from __future__ import annotations

from typing import NamedTuple

from app.services.attaching import Attaching
from app.services.compare import CompareKit
from app.services.message_room import MessageRoom
from app.services.message_tree import MessageTree
from app.services.prompt_preview import PromptPreview
from app.services.token_counter import TokenCounter
from app.services.undo import UndoStack


class ChatTools(NamedTuple):
    """Branches, files, room in the context, what can be taken back, and what is looked at or compared."""

    tree: MessageTree
    attaching: Attaching
    room: MessageRoom
    undo: UndoStack
    counter: TokenCounter
    preview: PromptPreview
    compare: CompareKit
