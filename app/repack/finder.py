"""Finds the tensors of each module in a checkpoint, by an architecture's table, and what they become.

Of the weights themselves only zero points, orders and biases are read, all of them in `app.repack.skeleton`, and such
matrices as may not fit a type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf import TensorNameMap, get_tensor_name_map

from app.core.checkpoints.mixture import Outline, outline_of, wanted_type
from app.core.checkpoints.quantized import Method, Schemes, text_config
from app.core.checkpoints.repack import TypeChoice
from app.core.checkpoints.repack_errors import QuantizationMismatch, TensorLeftOver, TensorMissing
from app.repack.architectures import Architecture, Shape, Sizes, root_of
from app.repack.arrays import Array, Indices
from app.repack.awq import awq_source
from app.repack.bitsandbytes import four_bit_source, int8_source
from app.repack.checkpoint import Checkpoint
from app.repack.gptq import gptq_source
from app.repack.ordering import rotary_order, undo_act_order
from app.repack.plain import PlainSource, plain_source, vector_source
from app.repack.skeleton import PROBED_ROWS
from app.repack.source import Source
from app.repack.target import Slot, Target

_COMPARED_ROWS = 1024
_HALF_MAX_BITS = 0x4780
"""The upper 16 bits of 65536 as float32: a BF16 number from there on is too large for F16."""


class Finder:
    """Finds the tensors of each module; `used` are those found so far."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        architecture: Architecture,
        sizes: Sizes,
        schemes: Schemes,
        choice: TypeChoice | None,
    ) -> None:
        self._checkpoint = checkpoint
        self._architecture = architecture
        self._sizes = sizes
        self._schemes = schemes
        self._choice = choice
        self._root = root_of(checkpoint.tensors)
        self._names: TensorNameMap = get_tensor_name_map(architecture.kind, sizes.layers)
        self.used: set[str] = set()

    def targets(self) -> Iterator[Target]:
        """Every tensor of the result, but the rope factors."""
        vocabulary, hidden = self._sizes["vocabulary"], self._sizes["hidden"]
        embedding = self._matrix(f"{self._root}embed_tokens", (vocabulary, hidden))
        yield self._target("model.embed_tokens.weight", [Slot(embedding)])
        for layer in range(self._sizes.layers):
            yield from self._layer(layer)
        yield self._target("model.norm.weight", [self._norm(f"{self._root}norm.weight", hidden)])
        yield from self._output()

    def _layer(self, layer: int) -> Iterator[Target]:
        start, architecture = f"{self._root}layers.{layer}.", self._architecture
        slots = self._slots(start, architecture.layer)
        if not architecture.experts:
            slots |= undo_act_order(slots, architecture, lambda name: start + name)
        for name, slot in slots.items():
            ending = "" if name.endswith(".bias") else ".weight"
            yield self._target(f"model.layers.{layer}.{name.removeprefix(start)}{ending}", [slot])
        yield from self._experts(layer, start)

    def _experts(self, layer: int, start: str) -> Iterator[Target]:
        modules = self._architecture.experts
        experts = []
        for expert in range(self._sizes["experts"] if modules else 0):
            names = {module.format(expert=expert): shape for module, shape in modules.items()}
            slots = self._slots(start, names)

            def named(module: str, number: int = expert) -> str:
                return start + module.format(expert=number)

            experts.append(slots | undo_act_order(slots, self._architecture, named))
        for module in modules:
            together = [slots[start + module.format(expert=number)] for number, slots in enumerate(experts)]
            yield self._target(f"model.layers.{layer}.{module.replace('.{expert}', '')}.weight", together, stacked=True)

    def _slots(self, start: str, modules: Mapping[str, Shape]) -> dict[str, Slot]:
        """The modules of a table, and their biases."""
        slots: dict[str, Slot] = {}
        for module, shape in modules.items():
            name, numbers = start + module, self._sizes.shape(shape)
            if len(numbers) == 1:
                slots[name] = self._norm(f"{name}.weight", numbers[0])
                continue
            order = self._rotary(module)
            slots[name] = Slot(self._matrix(name, (numbers[0], numbers[1])), order)
            bias = self._bias(module, f"{name}.bias", numbers[0], order)
            if bias is not None:
                slots[f"{name}.bias"] = bias
        return slots

    def _rotary(self, module: str) -> Indices | None:
        if module not in self._architecture.rotary:
            return None
        heads = self._sizes.heads if module.endswith("q_proj") else self._sizes.kv_heads
        return rotary_order(heads, self._sizes["head"])

    def _bias(self, module: str, name: str, size: int, order: Indices | None) -> Slot | None:
        """A module's bias; one of zeros, as GPTQ's tools used to write, has no effect and no place."""
        if name not in self._checkpoint.tensors:
            if module in self._architecture.needs_bias:
                raise TensorMissing(tensor=name)
            return None
        source = vector_source(self._checkpoint, name, size)
        if module not in self._architecture.needs_bias and not self._checkpoint.floats(name).any():
            self.used.add(name)
            return None
        if module not in self._architecture.biased:
            raise TensorLeftOver(tensor=name, count=1)
        return self._taken(Slot(replace(source, order=order)))

    def _norm(self, name: str, size: int) -> Slot:
        return self._taken(
            Slot(replace(vector_source(self._checkpoint, name, size), shift=self._architecture.norm_shift))
        )

    def _matrix(self, module: str, shape: tuple[int, int]) -> Source:
        return self._taken(Slot(self._found(module, shape))).source

    def _found(self, module: str, shape: tuple[int, int]) -> Source:
        checkpoint, tensors = self._checkpoint, self._checkpoint.tensors
        if f"{module}.qweight" in tensors:
            scheme = self._schemes.of(module)
            if scheme.method in (Method.NONE, Method.BITSANDBYTES):
                raise QuantizationMismatch(tensor=f"{module}.qweight", reason="it is not to be quantized like this")
            if scheme.method is Method.AWQ or (scheme.bits is None and self._looks_like_awq(module)):
                return awq_source(checkpoint, module, shape, scheme)
            return gptq_source(checkpoint, module, shape, scheme)
        if f"{module}.SCB" in tensors:
            return int8_source(checkpoint, module, shape)
        if any(f"{module}.weight.{part}" in tensors for part in ("absmax", "quant_map")):
            return four_bit_source(checkpoint, module, shape)
        wanted = wanted_type(module, shape[1], self._choice, self._outline)
        kind = self._kept(f"{module}.weight") if wanted is None else Kind[wanted]
        return _in_range(plain_source(checkpoint, f"{module}.weight", shape, kind))

    def _looks_like_awq(self, module: str) -> bool:
        scales = self._checkpoint.tensors.get(f"{module}.scales")
        return scales is not None and self._checkpoint.tensors[f"{module}.qweight"].shape[1:] != scales.shape[1:]

    def _output(self) -> Iterator[Target]:
        """The matrix that makes the logits, unless the embedding serves as such."""
        if not self._outline.tied:
            shape = (self._sizes["vocabulary"], self._sizes["hidden"])
            yield self._target("lm_head.weight", [Slot(self._matrix("lm_head", shape))])
        elif self._repeats_embedding:
            self.used.add("lm_head.weight")

    @cached_property
    def _outline(self) -> Outline:
        return outline_of(self._checkpoint.config, tied=self._is_tied)

    @property
    def _is_tied(self) -> bool:
        if self._repeats_embedding or not self._architecture.has_output:
            return True
        stated = text_config(self._checkpoint.config).get("tie_word_embeddings", self._architecture.tied)
        return bool(stated) and not self._output_names

    @property
    def _output_names(self) -> list[str]:
        return [name for name in self._checkpoint.tensors if name.startswith("lm_head.")]

    @cached_property
    def _repeats_embedding(self) -> bool:
        """Whether an output of its own is the embedding once more."""
        first, second = "lm_head.weight", f"{self._root}embed_tokens.weight"
        tensors = self._checkpoint.tensors
        if self._output_names != [first] or second not in tensors or tensors[first].dtype != tensors[second].dtype:
            return False
        shape = (self._sizes["vocabulary"], self._sizes["hidden"])
        if tensors[first].shape != shape or tensors[second].shape != shape:
            return False
        cuts = [0, *range(PROBED_ROWS, shape[0], _COMPARED_ROWS), shape[0]]
        return all(
            np.array_equal(self._checkpoint.rows(first, *rows), self._checkpoint.rows(second, *rows))
            for rows in pairwise(cuts)
        )

    def _target(self, name: str, slots: list[Slot], *, stacked: bool = False) -> Target:
        place = self._names.get_name(name, try_suffixes=(".weight", ".bias"))
        assert place is not None, name
        first = slots[0].source
        inner = (first.columns,) if first.rows == 1 else (first.rows, first.columns)
        shape = (len(slots), *inner) if stacked else inner
        return Target(place, shape, first.fate.kind, tuple(slots))

    def _taken(self, slot: Slot) -> Slot:
        self.used.update(slot.source.names)
        return slot

    def _kept(self, name: str) -> Kind | None:
        """What a quantized checkpoint left in BF16 becomes F16, with which llama.cpp computes better."""
        tensor = self._checkpoint.tensors.get(name)
        quantized = self._schemes.common.method is not Method.NONE
        return Kind.F16 if quantized and tensor is not None and tensor.dtype == "BF16" else None


def _in_range(source: PlainSource) -> PlainSource:
    """BF16 has a wider range than F16: a matrix that needs it keeps its type."""
    dtype = source.checkpoint.tensors[source.name].dtype
    if source.kind is not Kind.F16 or dtype != "BF16":
        return source
    return source if source.checkpoint.fulfils(source.name, _fits_half) else replace(source, kind=Kind.BF16)


def _fits_half(words: Array) -> bool:
    """Whether BF16 numbers, as integers, are in the range of F16."""
    return not bool(((words.view(np.uint16) & 0x7FFF) >= _HALF_MAX_BITS).any())
