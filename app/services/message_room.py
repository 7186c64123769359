"""Whether a message fits into the model's context, told before it is sent. On the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject

from app.core.engine.messages import Message, Role
from app.core.engine.prompt_room import context_for, longest_prompt
from app.services.engine_host import EngineHost, EngineState
from app.services.token_counter import TokenCount, TokenCounter

_TEMPLATE_BYTES = 512


class Excess(NamedTuple):
    """A message that is too long: its tokens with the system prompt, how many may be, and whether that was counted.

    `context_length` is what it would fit into if the model can take it, else None.
    """

    tokens: int
    limit: int
    is_exact: bool
    context_length: int | None


Then = Callable[[Excess | None], object]


class MessageRoom(QObject):
    """Only the last `check` that is made is answered; none whose model is not loaded after all."""

    def __init__(self, engine: EngineHost, counter: TokenCounter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._counter = counter
        self._number = 0
        self._is_asked = False
        self._waiting: Callable[[], None] | None = None
        engine.state_changed.connect(self._on_state)

    @property
    def is_asked(self) -> bool:
        """Whether an answer is awaited."""
        return self._is_asked

    def check(self, text: str, system: str, most_read: int | None, then: Then) -> None:
        """Find out by how much a message is too long; None: it fits, or nobody can know.

        `most_read` is how many tokens the preset lets a model read at most. A model that is chosen and not
        loaded is loaded where the answer depends on it.
        """
        self.forget()
        number, self._is_asked = self._number, True

        def answer(excess: Excess | None) -> None:
            if number == self._number:
                self.forget()
                then(excess)

        size = len(text.encode("utf-8", "replace")) + len(system.encode("utf-8", "replace")) + _TEMPLATE_BYTES
        self._look(_prompt(text, system), size, most_read, answer)

    def forget(self) -> None:
        """Nobody waits for the answer any more."""
        self._number += 1
        self._is_asked = False
        self._waiting = None

    def _look(self, messages: tuple[Message, ...], size: int, most_read: int | None, answer: Then) -> None:
        limit = self._limit(most_read)
        file = self._engine.file
        is_elsewhere = file is not None and file.server is not None
        if file is None or is_elsewhere or self._engine.state is EngineState.FAILED or (limit and size <= limit):
            answer(None)
        elif self._engine.state is EngineState.READY:
            self._counter.count_prompt(messages, lambda found: answer(self._judge(found, most_read)))
        else:
            self._waiting = lambda: self._look(messages, size, most_read, answer)
            self._engine.prepare()

    def _judge(self, found: TokenCount, most_read: int | None) -> Excess | None:
        limit = self._limit(most_read)
        if not limit or found.tokens <= limit:
            return None
        wanted = context_for(found.tokens)
        longest = self._engine.model.trained_context if self._engine.model is not None else 0
        can_grow = wanted <= longest and (most_read is None or found.tokens <= longest_prompt(most_read))
        return Excess(found.tokens, limit, found.is_exact, wanted if can_grow else None)

    def _limit(self, most_read: int | None) -> int:
        """Tokens that a prompt may have; 0 as long as nobody knows."""
        if self._engine.model is None:
            return 0
        length = self._engine.model.context_length
        return longest_prompt(min(length, most_read or length))

    def _on_state(self, state: EngineState) -> None:
        if state is EngineState.LOADING or self._waiting is None:
            return
        waiting, self._waiting = self._waiting, None
        if state is EngineState.READY:
            waiting()
        else:
            self.forget()


def _prompt(text: str, system: str) -> tuple[Message, ...]:
    above = (Message(Role.SYSTEM, system),) if system else ()
    return (*above, Message(Role.USER, text))
