"""What a text costs: the loaded model counts, where there is none it is estimated. On the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from app.core.chat.preview_frames import PromptRendered, RenderPrompt
from app.core.engine.messages import Message, Role
from app.core.engine.prompt_room import estimated_tokens
from app.core.protocol import Event, Failed
from app.services.engine_host import EngineHost, EngineState

_FIRST_ID = -1_000_000_000
_NOTHING = "."


class TokenCount(NamedTuple):
    """Tokens, and whether a model counted them."""

    tokens: int
    is_exact: bool


Then = Callable[[TokenCount], object]


class TokenCounter(QObject):
    """Every `count` is answered once, an estimate in place of what a model cannot tell.

    Numbers of its questions lie far below those of others, so that no answer is taken for another's.
    """

    model_changed = Signal()  # what was counted costs something else now

    def __init__(self, engine: EngineHost, is_busy: Callable[[], bool], parent: QObject | None = None) -> None:
        """`is_busy` tells whether the loaded model writes a reply now, which nothing is to wait for."""
        super().__init__(parent)
        self._engine = engine
        self._is_busy = is_busy
        self._last_id = _FIRST_ID
        self._asked: dict[int, tuple[TokenCount, Then]] = {}
        self._base = 0
        engine.reply_event.connect(self._on_event)
        engine.state_changed.connect(self._on_state)

    @property
    def can_count(self) -> bool:
        """Whether a model would count now."""
        return self._engine.state is EngineState.READY and not self._is_busy()

    def count(self, text: str, then: Then) -> None:
        """What a text adds to a prompt."""
        if self.can_count and not self._base:
            self._ask((Message(Role.USER, _NOTHING),), TokenCount(0, False), self._take_base)
        self.count_prompt(
            (Message(Role.USER, text),),
            lambda found: then(TokenCount(max(found.tokens - self._base, 1), True) if found.is_exact else found),
        )

    def count_prompt(self, messages: tuple[Message, ...], then: Then) -> None:
        """What a whole prompt costs."""
        estimate = TokenCount(sum(estimated_tokens(message.text) for message in messages), False)
        if self.can_count:
            self._ask(messages, estimate, then)
        else:
            then(estimate)

    def _ask(self, messages: tuple[Message, ...], estimate: TokenCount, then: Then) -> None:
        self._last_id -= 1
        self._asked[self._last_id] = estimate, then
        template = self._engine.file.template if self._engine.file is not None else ""
        self._engine.render(RenderPrompt(id=self._last_id, messages=messages, template=template))

    def _take_base(self, found: TokenCount) -> None:
        self._base = found.tokens

    def _on_event(self, event: Event) -> None:
        if not isinstance(event, PromptRendered | Failed) or event.id not in self._asked:
            return
        estimate, then = self._asked.pop(event.id)
        tokens = event.tokens if isinstance(event, PromptRendered) else None
        then(estimate if tokens is None else TokenCount(tokens, True))

    def _on_state(self, state: EngineState) -> None:
        lost, self._asked = self._asked, {}
        self._base = 0
        for estimate, then in lost.values():
            then(estimate)
        if state is EngineState.READY:
            self.model_changed.emit()
