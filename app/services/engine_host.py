"""The engine's child process as the window knows it: one model, loaded, answering, lost, or gone."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from app.core import protocol
from app.core.chat.preview_frames import RenderPrompt
from app.core.engine.engine_errors import EngineLost
from app.core.engine.engine_frames import (
    Digest,
    Finished,
    Generate,
    LoadProgress,
    ModelInfo,
    load_command,
)
from app.core.engine.models import ModelFile
from app.core.errors import ParleyError
from app.core.protocol import Event, Failed, Stopped
from app.services.child_slot import ChildFactory, ChildSlot
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.outcome import Outcome


class EngineState(Enum):
    """What the engine can be asked for now."""

    EMPTY = auto()
    LOADING = auto()
    READY = auto()
    FAILED = auto()


class EngineHost(QObject):
    """Owns at most one engine child; a new model gets a new child, so that memory is truly freed.

    `reply_event` carries what belongs to a reply. `file` stays set when the child is lost, so that `load`
    can bring it back; `error` says why the state is `FAILED`.
    """

    state_changed = Signal(EngineState)
    load_progress = Signal(float)
    reply_event = Signal(object)
    digest = Signal(object)

    def __init__(self, start: ChildFactory, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._slot = ChildSlot(start, relay, self._on_event, self._on_exit)
        self._aside: int | None = None
        self.state = EngineState.EMPTY
        self.file: ModelFile | None = None
        self.model: ModelInfo | None = None
        self.error: ParleyError | None = None

    def load(self, file: ModelFile) -> None:
        """Load a model in a child of its own, in place of the one there is."""
        self._drop_child()
        # The child looks at the file and tells whether the known hash is still that of it.
        self.file = _with_hash(file, "")
        self._slot.send(load_command(file))
        self.load_progress.emit(0.0)
        self._enter(EngineState.LOADING)

    def choose(self, file: ModelFile) -> None:
        """Name the model to use without loading it: `prepare` or the first message does."""
        self._drop_child()
        self.file = file
        self._enter(EngineState.EMPTY)

    def follow(self, moved: Sequence[tuple[str, str]]) -> None:
        """Files have other paths now; the next load finds the model there."""
        new = dict(moved).get(self.file.identity.path) if self.file is not None else None
        if self.file is not None and new is not None:
            identity = msgspec.structs.replace(self.file.identity, path=new)
            self.file = msgspec.structs.replace(self.file, identity=identity)

    def prepare(self) -> None:
        """Load the chosen model unless it is loaded or has failed."""
        if self.state is EngineState.EMPTY and self.file is not None:
            self.load(self.file)

    def cancel_load(self) -> None:
        """Give up a load; the model stays chosen, and the next message loads it after all."""
        if self.state is EngineState.LOADING and self.file is not None:
            self.choose(self.file)

    def unload(self) -> None:
        """Free the model's memory."""
        self._drop_child()
        self.file = None
        self._enter(EngineState.EMPTY)

    def generate(self, command: Generate) -> None:
        """Ask the loaded model for a reply; its events follow. What `generate_aside` asked for gives way."""
        assert self.state is EngineState.READY
        self.cancel_aside()
        self._slot.send(command)

    def generate_aside(self, command: Generate) -> None:
        """Ask the loaded model for a few words of no reply; nothing ever waits for them."""
        assert self.state is EngineState.READY
        self._aside = command.id
        self._slot.send(command)

    def cancel_aside(self) -> None:
        """Stop what `generate_aside` asked for."""
        if self._aside is not None:
            self._slot.tell(protocol.Cancel())
        self._aside = None

    def render(self, command: RenderPrompt) -> None:
        """Ask the loaded model how a prompt looks; `PromptRendered` follows as a `reply_event`."""
        if self.state is EngineState.READY:
            self._slot.send(command)

    def cancel(self) -> None:
        """Stop the running reply; `Finished` follows."""
        self._slot.tell(protocol.Cancel())

    def kill(self) -> None:
        """End an engine that no longer answers; it counts as lost."""
        self._slot.kill()

    def shutdown(self) -> None:
        """End the child before the program exits; nothing can be asked for any more."""
        self.state = EngineState.EMPTY
        self._slot.shutdown()

    def _drop_child(self) -> None:
        self._slot.drop()
        self._aside = None
        self.model = None
        self.error = None

    def _on_event(self, event: Event) -> None:
        match event:
            case LoadProgress():
                self.load_progress.emit(event.fraction)
            case ModelInfo():
                self.model = event
                self._enter(EngineState.READY)
            case Stopped():
                self.cancel_load()
            case Failed(id=0):
                self._fail(event.failure.error())
            case Digest():
                self._note_digest(event)
            case _:
                if isinstance(event, Finished | Failed) and event.id == self._aside:
                    self._aside = None
                self.reply_event.emit(event)

    def _note_digest(self, digest: Digest) -> None:
        if self.file is not None and self.file.identity.path == digest.path:
            self.file = _with_hash(self.file, digest.sha256)
        self.digest.emit(digest)

    def _on_exit(self, outcome: Outcome) -> None:
        self._fail(EngineLost(reason=outcome.sentence))

    def _fail(self, error: ParleyError) -> None:
        self._drop_child()
        self.error = error
        self._enter(EngineState.FAILED)

    def _enter(self, state: EngineState) -> None:
        self.state = state
        self.state_changed.emit(state)


def _with_hash(file: ModelFile, sha256: str) -> ModelFile:
    return msgspec.structs.replace(file, identity=msgspec.structs.replace(file.identity, sha256=sha256))
