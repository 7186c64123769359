"""What llama.cpp makes of a model, compared with a reference's logits."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from llama_cpp import llama_cpp as llama
from numpy.typing import NDArray

_QUIET = llama.llama_log_callback(lambda *_: None)
"""Lives as long as the process: llama.cpp calls it as long as no other log takes its place."""


@dataclass(frozen=True)
class Distance:
    """The mean KL divergence of a reference's distribution, and how often the likeliest token is the same."""

    divergence: float
    same_top: float


class Runner:
    """A loaded model; `close` frees it."""

    def __init__(self, path: Path) -> None:
        llama.llama_log_set(_QUIET, ctypes.c_void_p(0))
        parameters = llama.llama_model_default_params()
        parameters.n_gpu_layers = 0
        self.model = llama.llama_model_load_from_file(str(path).encode(), parameters)
        assert self.model, path
        settings = llama.llama_context_default_params()
        settings.n_ctx = settings.n_batch = settings.n_ubatch = 512
        settings.n_threads = settings.n_threads_batch = 1  # several would wait for each other on a busy machine
        self.context = llama.llama_init_from_model(self.model, settings)
        self.vocabulary = llama.llama_model_get_vocab(self.model)
        self.tokens = llama.llama_vocab_n_tokens(self.vocabulary)

    def logits(self, ids: list[int]) -> NDArray[np.float32]:
        """For each token, those of the next."""
        llama.llama_memory_clear(llama.llama_get_memory(self.context), True)
        return self._decoded(ids, 0)

    def greedy(self, ids: list[int], count: int) -> list[int]:
        """The likeliest continuation, a token at a time as a reply is made."""
        written = [int(self.logits(ids)[-1].argmax())]
        while len(written) < count:
            written.append(int(self._decoded(written[-1:], len(ids) + len(written) - 1)[-1].argmax()))
        return written

    def _decoded(self, ids: list[int], start: int) -> NDArray[np.float32]:
        batch = llama.llama_batch_init(len(ids), 0, 1)
        for place, token in enumerate(ids):
            batch.token[place], batch.pos[place], batch.n_seq_id[place] = token, start + place, 1
            batch.seq_id[place][0], batch.logits[place] = 0, 1
        batch.n_tokens = len(ids)
        assert llama.llama_decode(self.context, batch) == 0
        rows = [
            np.ctypeslib.as_array(llama.llama_get_logits_ith(self.context, i), (self.tokens,)) for i in range(len(ids))
        ]
        found = np.stack(rows).copy()
        llama.llama_batch_free(batch)
        return found

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Without a token at the beginning."""
        data = text.encode()
        room = (llama.llama_token * (len(data) + 16))()
        count = llama.llama_tokenize(self.vocabulary, data, len(data), room, len(room), False, special)
        return list(room[:count])

    def close(self) -> None:
        llama.llama_free(self.context)
        llama.llama_model_free(self.model)


def distance(found: NDArray[np.float32], reference: NDArray[np.floating]) -> Distance:
    """How far logits are from the reference's."""
    ours, theirs = _log_softmax(found), _log_softmax(reference.astype(np.float64))
    divergence = float((np.exp(theirs) * (theirs - ours)).sum(axis=1).mean())
    return Distance(divergence, float((ours.argmax(axis=1) == theirs.argmax(axis=1)).mean()))


def _log_softmax(values: NDArray[np.floating]) -> NDArray[np.float64]:
    wide = values.astype(np.float64)
    wide -= wide.max(axis=1, keepdims=True)
    return wide - np.log(np.exp(wide).sum(axis=1, keepdims=True))
