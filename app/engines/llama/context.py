"""The live sequence in a llama.cpp context: fed, cut back, and stopped; runs in the engine child."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

from llama_cpp import llama_cpp as llama

from app.core.engine.engine_errors import EngineFailed
from app.engines.base import StopFlag
from app.engines.llama.model import LoadedModel
from app.engines.llama.native import NativeLog, abort_callback

_SEQUENCE = 0
_END = -1
_ABORTED = 2


class LiveContext:
    """Knows how many tokens the context's memory holds, whatever way a computation ended."""

    def __init__(self, loaded: LoadedModel, log: NativeLog) -> None:
        self.pointer = loaded.context
        self._log = log
        memory = llama.llama_get_memory(loaded.context)
        assert memory is not None
        self._memory = memory
        self._chunk = llama.llama_n_ubatch(loaded.context)
        self._window: int = llama.llama_model_n_swa(loaded.model)
        self._token = (llama.llama_token * 1)()
        self._one = llama.llama_batch_get_one(self._token, 1)
        self._stop = StopFlag()
        self.held = 0

    def obey(self, stop: StopFlag) -> None:
        """Let this flag stop computations from now on, on backends that can be."""
        self._stop = stop
        llama.llama_set_abort_callback(self.pointer, abort_callback(), ctypes.c_void_p(stop.address))

    def cut(self, length: int) -> int:
        """Keep the first `length` tokens, or as many as the memory's kind allows.

        A sliding window forgets what earlier positions would still need, and a recurrent state
        cannot be taken back: then nothing is kept. Returns how many are.
        """
        if length < self.held and not (length > 0 and self._reaches_back_to(length) and self._remove_from(length)):
            llama.llama_memory_clear(self._memory, False)
            length = 0
        self.held = length
        return length

    def read(self, tokens: Sequence[int], progress: Callable[[int], None]) -> bool:
        """Evaluate a prompt's tokens in micro batches; False when it was stopped in between.

        `progress` gets the number of tokens held after each batch.

        Raises:
            EngineFailed: llama.cpp returned an error.
        """
        for start in range(0, len(tokens), self._chunk):
            part = tokens[start : start + self._chunk]
            array = (llama.llama_token * len(part))(*part)
            batch = llama.llama_batch_get_one(array, len(part))
            if self._stop.is_set or not self._evaluate(batch, len(part), "reading"):
                return False
            progress(self.held)
        return True

    def step(self, token: int) -> bool:
        """Evaluate one sampled token; False when it was stopped.

        Raises:
            EngineFailed: llama.cpp returned an error.
        """
        self._token[0] = token
        return self._evaluate(self._one, 1, "writing")

    def _evaluate(self, batch: llama.llama_batch, count: int, activity: str) -> bool:
        result = llama.llama_decode(self.pointer, batch)
        if result == 0:
            if count > 1:
                llama.llama_synchronize(self.pointer)
            self.held += count
            return True
        self.held = llama.llama_memory_seq_pos_max(self._memory, _SEQUENCE) + 1
        if result == _ABORTED:
            return False
        raise EngineFailed(f"llama_decode returned {result}\n{self._log.text}", activity=activity)

    def _reaches_back_to(self, length: int) -> bool:
        earliest: int = llama.llama_memory_seq_pos_min(self._memory, _SEQUENCE)
        needed: int = max(0, length - self._window)
        return 0 <= earliest <= needed

    def _remove_from(self, length: int) -> bool:
        removed: bool = llama.llama_memory_seq_rm(self._memory, _SEQUENCE, length, _END)
        return removed
