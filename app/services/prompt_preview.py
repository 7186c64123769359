"""Shows an editor the prompt as the model will see it, and the template that makes it; a child process does both.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from app.core.chat.preview_frames import PromptRendered, ReadTemplate, RenderPrompt, TemplateRead
from app.core.engine.engine_errors import EngineLost
from app.core.protocol import Event, Failed
from app.services.child_slot import ChildFactory, ChildSlot
from app.services.engine_host import EngineHost, EngineState
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.outcome import Outcome


class PromptPreview(QObject):
    """Only the latest question is answered: by the loaded model while it is free, else by a probe child."""

    rendered = Signal(object)  # PromptRendered
    source_read = Signal(str)
    failed = Signal(object)  # ParleyError

    def __init__(
        self,
        start: ChildFactory,
        engine: EngineHost,
        is_busy: Callable[[], bool],
        relay: Relay,
        parent: QObject | None = None,
    ) -> None:
        """`is_busy` tells whether the loaded model writes a reply now."""
        super().__init__(parent)
        self._slot = ChildSlot(start, relay, self._on_event, self._on_exit)
        self._engine = engine
        self._is_busy = is_busy
        self._last_id = 0
        engine.reply_event.connect(self._on_event)

    def ask(self, question: RenderPrompt) -> None:
        """Render a prompt; `rendered` or `failed` follows unless another question comes first.

        A question that names no file is about the model that is chosen now.
        """
        self._last_id -= 1
        question = msgspec.structs.replace(question, id=self._last_id)
        own = self._engine.file.identity.path if self._engine.file else ""
        path = question.path or own
        if self._engine.state is EngineState.READY and path == own and not self._is_busy():
            self._engine.render(question)
            return
        self._slot.send(msgspec.structs.replace(question, path=path))

    def read(self, question: ReadTemplate) -> None:
        """Tell a template's source; `source_read` or `failed` follows unless another question comes first."""
        self._last_id -= 1
        self._slot.send(msgspec.structs.replace(question, id=self._last_id))

    def rest(self) -> None:
        """Nobody looks any more: end the child."""
        self._last_id -= 1
        self._slot.close()

    def shutdown(self) -> None:
        """End the child before the program exits, and start none any more."""
        self._slot.shutdown()

    def _on_event(self, event: Event) -> None:
        match event:
            case PromptRendered(id=number) if number == self._last_id:
                self.rendered.emit(event)
            case TemplateRead(id=number, source=source) if number == self._last_id:
                self.source_read.emit(source)
            case Failed(id=number, failure=failure) if number == self._last_id:
                self.failed.emit(failure.error())

    def _on_exit(self, outcome: Outcome) -> None:
        self.failed.emit(EngineLost(reason=outcome.sentence))
