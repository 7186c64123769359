"""llama.cpp's own sampler chain, built from our options; runs in the engine child.

The order is that of `common_sampler_init` in llama.cpp's common/sampling.cpp; samplers that would
change nothing are left out.
"""

from __future__ import annotations

import codecs
import ctypes
import math
from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np
from llama_cpp import llama_cpp as llama

from app.core.engine.engine_errors import GrammarInvalid
from app.core.engine.sampling import Sampling
from app.engines.llama.native import NativeLog
from app.engines.llama.vocabulary import Vocabulary

_LAST_OUTPUT = -1
_MIN_KEEP = 1
_BEFORE_SURROGATES, _FIRST_SURROGATE = b"\xed", b"\xa0"
"""The bytes that halves of surrogate pairs begin with; Python's decoder refuses those with the third byte only."""

_Logits = np.ndarray[tuple[int], np.dtype[np.float32]]
_TOKEN_DATA = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Sampler(Protocol):
    """Chooses the next token from the last output of a context."""

    def sample(self, context: llama.llama_context_p) -> int:
        """Choose a token and remember it."""

    def accept(self, tokens: Sequence[int]) -> None:
        """Remember the tokens of the prompt, for the penalties."""

    def close(self) -> None:
        """Free the native samplers."""


def make_sampler(
    options: Sampling, seed: int, vocabulary: Vocabulary, context_length: int, log: NativeLog, thoughts_end: str = ""
) -> Sampler:
    """Build the samplers of one reply; where it begins with thoughts, a grammar is for what follows their end.

    Raises:
        GrammarInvalid: llama.cpp cannot parse the grammar.
    """
    chain = ChainSampler(options, seed, vocabulary, context_length)
    if not options.grammar:
        return chain
    log.clear()
    rules, root = after_thoughts(options.grammar, thoughts_end) if thoughts_end else (options.grammar, "root")
    grammar = llama.llama_sampler_init_grammar(vocabulary.pointer, rules.encode(), root.encode())
    if not grammar:
        chain.close()
        raise GrammarInvalid(log.text)
    return GrammarSampler(chain, grammar, vocabulary)


def after_thoughts(grammar: str, end: str) -> tuple[str, str]:
    """A grammar for thoughts of any words up to their end and then what the given one allows; and its first rule."""
    first, *others = (f"\\{letter}" if letter in "[]\\^" else letter for letter in end)
    other_words = f"[^{first}{others[-1]}]"
    for escaped, letter in zip(others[-2::-1], end[-2:0:-1], strict=True):
        other_words = f'([^{first}{escaped}] | "{letter}" {other_words})'
    thoughts = f'([^{first}] | "{end[0]}"+ {other_words})* "{end}" [ \\n]{{0,2}}'
    return f"{grammar}\nthoughts-and-root ::= {thoughts} root\n", "thoughts-and-root"


class ChainSampler:
    """The chain without a grammar: one native call per token."""

    def __init__(self, options: Sampling, seed: int, vocabulary: Vocabulary, context_length: int) -> None:
        parameters = llama.llama_sampler_chain_default_params()
        parameters.no_perf = True
        self.chain = llama.llama_sampler_chain_init(parameters)
        self._window = _remembered(options, context_length)
        self._add_bias(options, vocabulary)
        self._add_penalties(options, vocabulary, context_length)
        if options.temperature == 0:
            self._add(llama.llama_sampler_init_greedy())
        else:
            self._add_truncation(options, seed, vocabulary)
            self._add(llama.llama_sampler_init_temp(options.temperature))
            self._add(llama.llama_sampler_init_dist(seed))

    def sample(self, context: llama.llama_context_p) -> int:
        """Choose a token and remember it."""
        token: int = llama.llama_sampler_sample(self.chain, context, _LAST_OUTPUT)
        return token

    def accept(self, tokens: Sequence[int]) -> None:
        """Remember the prompt's last tokens, as many as the widest penalty window holds."""
        for token in tokens[len(tokens) - min(self._window, len(tokens)) :]:
            llama.llama_sampler_accept(self.chain, token)

    def close(self) -> None:
        """Free the chain and what is in it."""
        llama.llama_sampler_free(self.chain)

    def _add(self, sampler: llama.llama_sampler_p) -> None:
        llama.llama_sampler_chain_add(self.chain, sampler)

    def _add_bias(self, options: Sampling, vocabulary: Vocabulary) -> None:
        biases = [
            llama.llama_logit_bias(token, bias)
            for token, bias in options.logit_bias.items()
            if 0 <= token < vocabulary.size
        ]
        if biases:
            array = (llama.llama_logit_bias * len(biases))(*biases)
            self._add(llama.llama_sampler_init_logit_bias(vocabulary.size, len(biases), array))

    def _add_penalties(self, options: Sampling, vocabulary: Vocabulary, context_length: int) -> None:
        if _penalizes(options):
            self._add(
                llama.llama_sampler_init_penalties(
                    vocabulary.size,
                    _window(options.penalty_window, context_length),
                    options.repeat_penalty,
                    options.frequency_penalty,
                    options.presence_penalty,
                )
            )
        if options.dry_multiplier > 0 and options.dry_window != 0:
            breakers = [breaker.encode() for breaker in options.dry_breakers]
            self._add(
                llama.llama_sampler_init_dry(
                    vocabulary.pointer,
                    options.dry_multiplier,
                    options.dry_base,
                    min(options.dry_allowed_length, context_length),
                    _window(options.dry_window, context_length),
                    (ctypes.c_char_p * len(breakers))(*breakers),
                    len(breakers),
                )
            )

    def _add_truncation(self, options: Sampling, seed: int, vocabulary: Vocabulary) -> None:
        if options.top_k > 0:
            self._add(llama.llama_sampler_init_top_k(min(options.top_k, vocabulary.size)))
        if options.typical_p < 1:
            self._add(llama.llama_sampler_init_typical(options.typical_p, _MIN_KEEP))
        if options.top_p < 1:
            self._add(llama.llama_sampler_init_top_p(options.top_p, _MIN_KEEP))
        if options.min_p > 0:
            self._add(llama.llama_sampler_init_min_p(options.min_p, _MIN_KEEP))
        if options.xtc_probability > 0:
            self._add(llama.llama_sampler_init_xtc(options.xtc_probability, options.xtc_threshold, _MIN_KEEP, seed))


class GrammarSampler:
    """The chain under a grammar.

    Checking one token against a grammar is cheap, checking the whole vocabulary is not: a token is
    sampled freely first and sampled again under the grammar only if the grammar refuses it.

    llama.cpp's grammars take more bytes for a character than UTF-8 does: beyond U+10FFFF, halves of surrogate pairs,
    forms that are too long. Each would be shown as several characters, so they are refused here.
    """

    def __init__(self, chain: ChainSampler, grammar: llama.llama_sampler_p, vocabulary: Vocabulary) -> None:
        self._chain = chain
        self._grammar = grammar
        self._vocabulary = vocabulary
        self._written = codecs.getincrementaldecoder("utf-8")()
        self._candidates = np.zeros(vocabulary.size, _TOKEN_DATA)
        self._single = np.zeros(1, _TOKEN_DATA)

    def sample(self, context: llama.llama_context_p) -> int:
        """Choose a token that the grammar allows and remember it."""
        logits = np.ctypeslib.as_array(llama.llama_get_logits_ith(context, _LAST_OUTPUT), (self._vocabulary.size,))
        token = self._choose(logits)
        if not self._allows(token) or not self._is_text(token):
            token = self._choose_allowed(logits)
        self._note(token)
        llama.llama_sampler_accept(self._grammar, token)
        llama.llama_sampler_accept(self._chain.chain, token)
        return token

    def accept(self, tokens: Sequence[int]) -> None:
        """Remember the prompt for the penalties; the grammar begins with the reply."""
        self._chain.accept(tokens)

    def close(self) -> None:
        """Free grammar and chain."""
        llama.llama_sampler_free(self._grammar)
        self._chain.close()

    def _choose_allowed(self, logits: _Logits) -> int:
        token, refused = self._choose(logits, under_grammar=True), set[int]()
        while not self._is_text(token) and token not in refused:
            refused.add(token)
            token = self._choose(logits, under_grammar=True, refused=refused)
        return token

    def _choose(self, logits: _Logits, *, under_grammar: bool = False, refused: Collection[int] = ()) -> int:
        self._candidates["id"] = np.arange(self._vocabulary.size, dtype=np.int32)
        self._candidates["logit"] = logits
        self._candidates["logit"][list(refused)] = -math.inf
        array = _as_array(self._candidates)
        if under_grammar:
            llama.llama_sampler_apply(self._grammar, ctypes.byref(array))
        llama.llama_sampler_apply(self._chain.chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def _allows(self, token: int) -> bool:
        self._single[0] = (token, 1.0, 0.0)
        array = _as_array(self._single)
        llama.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return not math.isinf(self._single[0]["logit"])

    def _note(self, token: int) -> None:
        """Go on behind a token, also where a vocabulary had none that goes on with a character."""
        if self._is_text(token):
            self._written.decode(self._vocabulary.piece(token))
        else:
            self._written.reset()

    def _is_text(self, token: int) -> bool:
        """Whether a token's bytes go on with what was written, as UTF-8."""
        before = self._written.getstate()
        try:
            self._written.decode(self._vocabulary.piece(token))
            begun = self._written.getstate()[0]
        except UnicodeDecodeError:
            return False
        finally:
            self._written.setstate(before)
        return not (begun[:1] == _BEFORE_SURROGATES and begun[1:] >= _FIRST_SURROGATE)


def _as_array(candidates: np.ndarray[tuple[int], np.dtype[np.void]]) -> llama.llama_token_data_array:
    data = candidates.ctypes.data_as(llama.llama_token_data_p)
    return llama.llama_token_data_array(data, len(candidates), -1, False)


def _penalizes(options: Sampling) -> bool:
    changes = options.repeat_penalty != 1 or options.frequency_penalty != 0 or options.presence_penalty != 0
    return changes and options.penalty_window != 0


def _window(window: int, context_length: int) -> int:
    return context_length if window < 0 else min(window, context_length)


def _remembered(options: Sampling, context_length: int) -> int:
    penalty = _window(options.penalty_window, context_length) if _penalizes(options) else 0
    dry = _window(options.dry_window, context_length) if options.dry_multiplier > 0 else 0
    return max(penalty, dry)
