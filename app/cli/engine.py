"""An engine child as something to wait for; used on the command line's only thread.

The child's events wait in an inbox, and so does the user's Ctrl-C, so that neither can fall
between two steps of the work.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from queue import Empty, SimpleQueue

from app.children.child import Child
from app.children.outcome import Outcome, OutcomeKind
from app.core import protocol
from app.core.engine.engine_errors import EngineLost
from app.core.engine.engine_frames import (
    Digest,
    Finished,
    Generate,
    LoadProgress,
    ModelInfo,
    Piece,
    PromptProgress,
    load_command,
)
from app.core.engine.models import ModelFile
from app.core.errors import Cancelled
from app.core.protocol import ChildRole, Event, Failed

_PAUSE_SECONDS = 0.25
_PATIENCE_SECONDS = 5.0


class _Wish(Enum):
    STOP = auto()


class Engine:
    """At most one loaded model; one that was lost is loaded again by the next `load`."""

    def __init__(
        self,
        log: Path,
        on_digest: Callable[[Digest], None],
        on_reply: Callable[[ModelInfo, Finished], None],
    ) -> None:
        """`log` is for the child's native output; `on_digest` is called while an answer is waited for."""
        self._log = log
        self._on_digest = on_digest
        self._on_reply = on_reply
        self._inbox: SimpleQueue[tuple[object, Event | Outcome | _Wish]] = SimpleQueue()
        self._child: Child | None = None
        self._attempt = object()
        self._give_up_at: float | None = None
        self._model: ModelInfo | None = None

    @property
    def model(self) -> ModelInfo | None:
        """What is loaded, while its child lives."""
        alive = self._child is not None and self._child.outcome.kind is OutcomeKind.RUNNING
        return self._model if alive else None

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Within, Ctrl-C stops the load or the reply instead of raising `KeyboardInterrupt`."""
        previous = signal.getsignal(signal.SIGINT)
        if previous is signal.SIG_IGN:
            yield
            return
        attempt = self._attempt = object()
        signal.signal(signal.SIGINT, lambda *_: self._inbox.put((attempt, _Wish.STOP)))
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, previous)

    def load(self, file: ModelFile, on_progress: Callable[[float], None]) -> ModelInfo:
        """Load a model in a new child; `on_progress` gets the fraction, 0 to 1.

        Raises:
            Cancelled: by Ctrl-C.
            ParleyError: it cannot be loaded, or the child was lost.
        """
        self.close()
        child = self._child = self._new_child()
        child.start()
        try:
            child.send(load_command(file))
            self._model = self._loaded(on_progress)
        except BaseException:
            self.kill()
            raise
        return self._model

    def generate(self, command: Generate) -> Iterator[PromptProgress | Piece | Finished | None]:
        """Have the loaded model answer; ends with `Finished`, and gives None when nothing happens.

        Raises:
            Cancelled: the engine did not stop in time and was ended.
            ParleyError: the reply failed, or the child was lost.
        """
        assert self._child is not None
        self._give_up_at = None
        self._child.send(command)
        while True:
            item = self._next()
            if item is None or isinstance(item, PromptProgress | Piece):
                yield item
            elif isinstance(item, Finished):
                if self._model is not None:
                    self._on_reply(self._model, item)
                yield item
                return
            elif isinstance(item, _Wish):
                self.cancel()
            elif isinstance(item, Failed):
                raise item.failure.error()
            elif isinstance(item, Outcome):
                self._end(item)
            if self._give_up_at is not None and time.monotonic() >= self._give_up_at:
                self.kill()
                raise Cancelled

    def cancel(self) -> None:
        """Stop the reply; `Finished` follows. The second time, or after a while, the child is ended."""
        if self._child is not None and self._give_up_at is None:
            self._give_up_at = time.monotonic() + _PATIENCE_SECONDS
            self._child.send(protocol.Cancel())
        else:
            self._give_up_at = time.monotonic()

    def kill(self) -> None:
        """End the child at once."""
        child, self._child, self._model = self._child, None, None
        if child is not None:
            child.kill()
            child.wait(_PATIENCE_SECONDS)

    def close(self) -> None:
        """Free the model; the child ends by itself."""
        child, self._child, self._model = self._child, None, None
        if child is not None:
            child.shutdown()

    def _new_child(self) -> Child:
        def deliver(item: Event | Outcome) -> None:
            self._inbox.put((child, item))

        child = Child(ChildRole.ENGINE, deliver, deliver, log=self._log)
        return child

    def _loaded(self, on_progress: Callable[[float], None]) -> ModelInfo:
        while True:
            item = self._next()
            match item:
                case LoadProgress():
                    on_progress(item.fraction)
                case ModelInfo():
                    return item
                case Failed():
                    raise item.failure.error()
                case Outcome():
                    raise EngineLost(reason=item.sentence)
                case _Wish.STOP:
                    raise Cancelled

    def _end(self, outcome: Outcome) -> None:
        self._child = None
        self._model = None
        if self._give_up_at is not None:
            raise Cancelled
        raise EngineLost(reason=outcome.sentence)

    def _next(self) -> Event | Outcome | _Wish | None:
        """What comes next from the present child, or from the user now; None after a while without."""
        try:
            source, item = self._inbox.get(timeout=_PAUSE_SECONDS)
        except Empty:
            return None
        if source is not self._child and source is not self._attempt:
            return None
        if isinstance(item, Digest):
            self._on_digest(item)
            return None
        return item
