"""Titles by the model: asked for when it has been idle for a moment after a first exchange.

Runs on the window's thread. Whatever the user does comes first: a message that is sent stops the
model at once, and the first words stay the title.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.chat.title import title_from, title_request, wants_title
from app.core.chat.conversations import StoredMessage
from app.core.engine.engine_frames import Finished, Piece
from app.core.engine.messages import FinishReason
from app.core.protocol import Event, Failed
from app.services.chat_session import ChatSession
from app.services.engine_host import EngineHost, EngineState
from app.services.relay import Storage, ignore

IDLE_MS = 1500
TITLE_ID = -1
"""No message has this number."""


class TitleMaker(QObject):
    """At most one title at a time; `made` tells the conversation that has a new one."""

    made = Signal(int)

    def __init__(
        self,
        engine: EngineHost,
        session: ChatSession,
        storage: Storage,
        wanted: Callable[[], bool],
        parent: QObject | None = None,
        *,
        idle_ms: int = IDLE_MS,
    ) -> None:
        """`wanted` tells whether the user wants such titles at all."""
        super().__init__(parent)
        self._wanted = wanted
        self._engine = engine
        self._session = session
        self._storage = storage
        self._conversation_id: int | None = None
        self._text: list[str] = []
        self._idle = QTimer(self, singleShot=True, interval=idle_ms)
        self._idle.timeout.connect(self._ask)
        session.reply_finished.connect(self._consider)
        session.conversation_changed.connect(lambda _: self._idle.stop())
        engine.reply_event.connect(self._on_event)

    def _consider(self, reply: StoredMessage) -> None:
        shown = self._session.conversation
        if shown is None or shown.summary.is_temporary or not self._wanted():
            return
        if self._engine.file is not None and self._engine.file.identity.built_in:  # it knows no titles
            return
        if wants_title(shown.path(reply.id)):
            self._idle.start()

    def _ask(self) -> None:
        shown = self._session.conversation
        free = self._engine.state is EngineState.READY and not self._session.is_answering
        if shown is None or self._engine.file is None or not free or not wants_title(shown.path()):
            return
        if self._engine.file.server is not None:  # nothing is sent elsewhere that the user did not send
            return
        self._conversation_id, self._text = shown.summary.id, []
        self._engine.generate_aside(title_request(TITLE_ID, shown.path(), self._engine.file.template))

    def _on_event(self, event: Event) -> None:
        if getattr(event, "id", None) != TITLE_ID:
            return
        match event:
            case Piece():
                self._text.append(event.text)
            case Finished():
                self._finish(event.reason)
            case Failed():
                self._conversation_id = None

    def _finish(self, reason: FinishReason) -> None:
        conversation_id, self._conversation_id = self._conversation_id, None
        title = title_from("".join(self._text))
        if conversation_id is None or reason is FinishReason.CANCELLED or not title:
            return
        self._storage.call(
            lambda stores: stores.listing.suggest_title(conversation_id, title),
            lambda changed: self.made.emit(conversation_id) if changed else None,
            ignore,
        )
