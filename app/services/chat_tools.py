"""What belongs to the shown conversation beside its session; made together, handed on together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from app.services.attaching import Attaching
from app.services.message_room import MessageRoom
from app.services.message_tree import MessageTree
from app.services.prompt_preview import PromptPreview
from app.services.token_counter import TokenCounter
from app.services.undo import UndoStack

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from app.services.compare import Candidate, Comparison, Question


class CompareKit(NamedTuple):
    """How a comparison is begun; `user_name` tells what {{user}} in a preset stands for now."""

    make: Callable[[Question, Sequence[Candidate], QObject], Comparison]
    user_name: Callable[[], str]


class ChatTools(NamedTuple):
    """Branches, files, room in the context, what can be taken back, and what is looked at or compared."""

    tree: MessageTree
    attaching: Attaching
    room: MessageRoom
    undo: UndoStack
    counter: TokenCounter
    preview: PromptPreview
    compare: CompareKit
