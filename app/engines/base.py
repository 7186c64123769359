"""What the child's loop asks of an engine, so that one can be exchanged for another.

An engine is driven by one thread, the child's main thread; only a `StopFlag` is touched by others.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.core.catalog.hub import ModelShape, Weights
from app.core.chat.preview_frames import PromptRendered, RenderPrompt
from app.core.engine.engine_frames import Generate
from app.core.protocol import Event

Emit = Callable[[Event], None]


class StopFlag:
    """The wish to stop one command; set by any thread, read also by native code without the GIL.

    The memory at `address` is a C string: empty until the flag is set, one character long after.
    """

    def __init__(self) -> None:
        self._memory = ctypes.create_string_buffer(2)
        self._event = threading.Event()
        self.address = ctypes.addressof(self._memory)

    def set(self) -> None:
        """Ask to stop; there is no way back."""
        self._memory[0] = b"\x01"
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Rest until someone asks to stop, or for so long; whether someone did."""
        return self._event.wait(seconds)

    @property
    def is_set(self) -> bool:
        """Whether someone asked to stop."""
        return bool(self._memory.value)


@dataclass(frozen=True)
class ModelSource:
    """A model file and what its headers say; `types` are the element types of the tensors of all shards.

    Lengths are in tokens, widths in elements, 0 where the file does not say. `chat_template` is the
    model's own Jinja text.
    """

    path: Path
    name: str
    architecture: str
    quantization: str
    file_bytes: int
    shape: ModelShape
    weights: Weights
    types: frozenset[str]
    trained_context: int
    rope_dimensions: int
    rope_base: float
    chat_template: str | None


class Engine(Protocol):
    """Answers with at most one model; how it comes by one is its own matter."""

    def unload(self) -> None:
        """Let go of the model, if there is one."""

    def render(self, command: RenderPrompt) -> PromptRendered:
        """A prompt to look at; the conversation that is loaded stays.

        Raises:
            ParleyError: there is no model, or the prompt cannot be made.
        """

    def generate(self, command: Generate, emit: Emit, stop: StopFlag) -> None:
        """Answer; emits `PromptProgress` where it is known, `Piece`, and at the end `Finished`, also when stopped.

        Raises:
            ParleyError: there is no model, or the prompt, the template or the options are wrong, or it failed.
        """
