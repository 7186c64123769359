"""What a checkpoint becomes: every tensor of the result, of which modules it is made, and in which order of rows.

Every tensor of the checkpoint is used once: one that is missing or left over is an error, always.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf import TensorNameMap, get_tensor_name_map

from app.core.quantized import Method, Schemes
from app.core.repack import Note, NoteKind, TypeChoice
from app.core.repack_errors import QuantizationMismatch, TensorLeftOver, TensorMissing, TypeNotOffered
from app.repack import blocks
from app.repack.architectures import (
    Architecture,
    Shape,
    Sizes,
    architecture_of,
    is_other_media,
    root_of,
    sizes_of,
    text_config,
)
from app.repack.awq import awq_source
from app.repack.bitsandbytes import four_bit_source, int8_source
from app.repack.checkpoint import Checkpoint, Settings
from app.repack.gptq import gptq_source
from app.repack.ordering import Order, Slot, rotary_order, undo_act_order
from app.repack.plain import MadeSource, PlainSource, plain_source, vector_source
from app.repack.rope import Rope, rope_of
from app.repack.scheme import read_schemes
from app.repack.source import LOSSLESS, Source

_ROUTER = "block_sparse_moe.gate"
_REDUNDANT = re.compile(r"\.rotary_emb\.inv_freq$")
_COARSE = frozenset({TypeChoice.Q4_0, TypeChoice.Q4_1, TypeChoice.Q5_0, TypeChoice.Q5_1})
_WIDTH = (Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1, Kind.Q8_0, Kind.BF16, Kind.F16, Kind.F32)
_HALF_MAX_BITS = 0x4780
"""The upper 16 bits of 65536 as float32: a BF16 number from there on is too large for F16."""


@dataclass(frozen=True)
class Target:
    """A tensor of the result: its shape, outermost dimension first, and its modules, one below the other."""

    name: str
    shape: tuple[int, ...]
    kind: Kind
    slots: tuple[Slot, ...]

    @property
    def nbytes(self) -> int:
        """What it occupies."""
        return sum(slot.source.rows * blocks.row_bytes(self.kind, slot.source.columns) for slot in self.slots)


@dataclass(frozen=True)
class Plan:
    """All that is decided before a byte is written. `text` is the language model's configuration."""

    architecture: Architecture
    text: Settings
    sizes: Sizes
    rope: Rope
    method: str
    targets: tuple[Target, ...]
    notes: tuple[Note, ...]

    @property
    def lossless(self) -> bool:
        """Whether every code is kept."""
        return all(slot.source.fate.note in LOSSLESS for target in self.targets for slot in target.slots)

    @property
    def types(self) -> dict[str, int]:
        """How many tensors there are of each type."""
        return dict(Counter(target.kind.name for target in self.targets).most_common())


def make_plan(checkpoint: Checkpoint, choice: TypeChoice | None = None) -> Plan:
    """Decide what becomes of each tensor; only zero points and orders are read.

    Raises:
        ParleyError: the checkpoint is not what it should be; see `app.core.repack_errors`.
    """
    architecture = architecture_of(checkpoint.config)
    text = text_config(checkpoint.config)
    sizes = sizes_of(text, architecture)
    schemes = read_schemes(checkpoint)
    if choice is not None and schemes.common.method is not Method.NONE:
        known = ", ".join(TypeChoice)
        raise TypeNotOffered(type=choice.value, reason="its weights are quantized already", known=known)
    rope = rope_of(text, sizes["head"], architecture.rope_theta)
    planner = _Planner(checkpoint, architecture, sizes, schemes, choice)
    targets = tuple(_widened(target) for target in planner.targets(text))
    made = tuple(_made(name, values) for name, values in rope.factors.items())
    left_out = _check_all_used(checkpoint, planner.used)
    notes = [*_notes(targets)]
    if left_out:
        notes.append(Note(NoteKind.PARTS_LEFT_OUT, {"count": left_out}))
    if rope.dynamic:
        notes.append(Note(NoteKind.DYNAMIC_ROPE))
    method = _method(schemes, targets)
    return Plan(architecture, text, sizes, rope, method, (*made, *targets), tuple(notes))


class _Planner:
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

    def targets(self, text: Settings) -> Iterator[Target]:
        """Every tensor of the result, but the rope factors."""
        vocabulary, hidden = self._sizes["vocabulary"], self._sizes["hidden"]
        embedding = self._matrix(f"{self._root}embed_tokens", (vocabulary, hidden), self._head_kind)
        yield self._target("model.embed_tokens.weight", [Slot(embedding)])
        for layer in range(self._sizes.layers):
            yield from self._layer(layer)
        yield self._target("model.norm.weight", [self._norm(f"{self._root}norm.weight", hidden)])
        yield from self._output(text)

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

    def _slots(self, start: str, modules: dict[str, Shape] | object) -> dict[str, Slot]:
        """The modules of a table, and their biases."""
        assert isinstance(modules, dict)
        slots: dict[str, Slot] = {}
        for module, shape in modules.items():
            name, numbers = start + module, self._sizes.shape(shape)
            if len(numbers) == 1:
                slots[name] = self._norm(f"{name}.weight", numbers[0])
                continue
            kind = Kind.F32 if module == _ROUTER else self._kind
            order = self._rotary(module)
            slots[name] = Slot(self._matrix(name, (numbers[0], numbers[1]), kind), order)
            bias = self._bias(module, f"{name}.bias", numbers[0], order)
            if bias is not None:
                slots[f"{name}.bias"] = bias
        return slots

    def _rotary(self, module: str) -> Order | None:
        if module not in self._architecture.rotary:
            return None
        heads = self._sizes.heads if module.endswith("q_proj") else self._sizes.kv_heads
        return rotary_order(heads, self._sizes["head"])

    def _bias(self, module: str, name: str, size: int, order: Order | None) -> Slot | None:
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

    def _matrix(self, module: str, shape: tuple[int, int], kind: Kind | None) -> Source:
        return self._taken(Slot(self._found(module, shape, kind))).source

    def _found(self, module: str, shape: tuple[int, int], kind: Kind | None) -> Source:
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
        source = plain_source(checkpoint, f"{module}.weight", shape, kind or self._kept(f"{module}.weight"))
        return _in_range(source)

    def _looks_like_awq(self, module: str) -> bool:
        scales = self._checkpoint.tensors.get(f"{module}.scales")
        return scales is not None and self._checkpoint.tensors[f"{module}.qweight"].shape[1:] != scales.shape[1:]

    def _output(self, text: Settings) -> Iterator[Target]:
        """The matrix that makes the logits, unless the embedding serves as such."""
        shape = (self._sizes["vocabulary"], self._sizes["hidden"])
        tied = bool(text.get("tie_word_embeddings", self._architecture.tied))
        names = [name for name in self._checkpoint.tensors if name.startswith("lm_head.")]
        if not names and tied:
            return
        if names == ["lm_head.weight"] and self._same_as_embedding():
            self.used.add("lm_head.weight")
            return
        if self._architecture.has_output:
            yield self._target("lm_head.weight", [Slot(self._matrix("lm_head", shape, self._head_kind))])

    def _same_as_embedding(self) -> bool:
        first, second = "lm_head.weight", f"{self._root}embed_tokens.weight"
        tensors = self._checkpoint.tensors
        if (tensors[first].dtype, tensors[first].shape) != (tensors[second].dtype, tensors[second].shape):
            return False
        step = 1024
        return all(
            np.array_equal(
                self._checkpoint.rows(first, row, min(row + step, tensors[first].shape[0])),
                self._checkpoint.rows(second, row, min(row + step, tensors[first].shape[0])),
            )
            for row in range(0, tensors[first].shape[0], step)
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

    @property
    def _kind(self) -> Kind | None:
        return Kind[self._choice.value.upper()] if self._choice is not None else None

    @property
    def _head_kind(self) -> Kind | None:
        """Embedding and output suffer most from coarse types."""
        return Kind.Q8_0 if self._choice in _COARSE else self._kind

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
    step = max(1, (1 << 22) // source.columns)
    for first in range(0, source.rows, step):
        words = source.checkpoint.rows(source.name, first, min(first + step, source.rows)).view(np.uint16)
        if bool(((words & 0x7FFF) >= _HALF_MAX_BITS).any()):
            return replace(source, kind=Kind.BF16)
    return source


def _made(name: str, values: np.ndarray[tuple[int], np.dtype[np.float32]]) -> Target:
    return Target(name, (len(values),), Kind.F32, (Slot(MadeSource(values)),))


def _widened(target: Target) -> Target:
    """All modules of a tensor become of one type: the widest that one of them needs."""
    kinds = {slot.source.fate.kind for slot in target.slots}
    if len(kinds) == 1:
        return target
    widest = max(kinds, key=_WIDTH.index)
    slots = tuple(
        slot if slot.source.fate.kind is widest else replace(slot, source=slot.source.widened(widest))
        for slot in target.slots
    )
    return replace(target, kind=widest, slots=slots)


def _check_all_used(checkpoint: Checkpoint, used: set[str]) -> int:
    """How many tensors are left out on purpose.

    Raises:
        TensorLeftOver: one has no place.
    """
    rest = [name for name in checkpoint.tensors if name not in used and not _REDUNDANT.search(name)]
    media = [name for name in rest if is_other_media(name)]
    if unknown := sorted(set(rest) - set(media)):
        alike = [name for name in unknown if name.rpartition(".")[2] == unknown[0].rpartition(".")[2]]
        raise TensorLeftOver(tensor=unknown[0], count=len(alike))
    return len(media)


def _method(schemes: Schemes, targets: Iterable[Target]) -> str:
    """The name of the commonest packing."""
    found = Counter(slot.source.fate.was for target in targets for slot in target.slots if len(target.shape) > 1)
    packed = [was for was, _ in found.most_common() if was not in ("F16", "BF16", "F32", "F64")]
    return packed[0] if packed and schemes.common.method is not Method.NONE else found.most_common(1)[0][0]


def _notes(targets: Iterable[Target]) -> Iterator[Note]:
    """A sentence for each fate, with what it did to the size."""
    counted: Counter[tuple[NoteKind, str, str]] = Counter()
    before: Counter[tuple[NoteKind, str, str]] = Counter()
    after: Counter[tuple[NoteKind, str, str]] = Counter()
    for target in targets:
        for slot in target.slots:
            fate = slot.source.fate
            key = (fate.note, fate.was, target.kind.name)
            counted[key] += 1
            before[key] += slot.source.nbytes
            after[key] += slot.source.rows * blocks.row_bytes(target.kind, slot.source.columns)
    for key, number in counted.most_common():
        kind, was, becomes = key
        values: dict[str, str | int] = {"count": number, "source": was, "type": becomes}
        if kind in (NoteKind.ORDER_WIDENED, NoteKind.LEVELS_ROUNDED):
            values["growth"] = f"{after[key] / before[key]:.2f}×"
        yield Note(kind, values)
