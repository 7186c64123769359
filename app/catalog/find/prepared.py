"""What a safetensors checkpoint will be once it is repacked into GGUF, told from its headers alone; pure.

It follows the rules of `app.core.checkpoints.quantized`, as the repack itself does. What only the weights tell is
taken as it mostly is: a symmetric GPTQ model's zero point is the middle, and act-order mixes the groups of every
module but those whose inputs other modules make, where it is undone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.catalog.find.header_size import Beside, header_bytes
from app.catalog.gguf.types import GGML_TYPES
from app.core.catalog.hub import Prepared, Weights
from app.core.catalog.safetensors import Tensor
from app.core.checkpoints.mixture import MIXTURES, Outline, outline_of, wanted_type
from app.core.checkpoints.quantized import (
    BLOCK,
    Becomes,
    Method,
    Scheme,
    Schemes,
    awq_becomes,
    four_bit_becomes,
    gptq_becomes,
    group_size,
    int8_becomes,
    plain_becomes,
    require_architecture,
    schemes_of,
)
from app.core.checkpoints.repack import Note, NoteKind, TypeChoice
from app.core.errors import Failure, ParleyError

OFFERED = (
    TypeChoice.Q8_0, None, TypeChoice.Q6_K, TypeChoice.Q5_K_M, TypeChoice.Q4_K_M, TypeChoice.Q3_K_M,
    TypeChoice.Q5_1, TypeChoice.Q5_0, TypeChoice.Q4_1, TypeChoice.Q4_0,
)  # fmt: skip
"""What an unquantized model may become, the best for most first; None is to stay what it is."""

_WORD_BITS = 32
_FOUR_BIT_BLOCK = 64
_TYPES = {one.name: one for one in GGML_TYPES.values()}
_FLOATS = ("F32", "F16", "BF16")
_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.")
_UNDONE = re.compile(r"\.(?:down_proj|w2)$")
_OTHER_MEDIA = re.compile(r"^(?:model\.)?(?:vision_tower|multi_modal_projector)\.")
_FOUR_BIT = re.compile(r"^(.*)\.weight\.(?:absmax|quant_map|quant_state\..*)$")
_GROWING = (NoteKind.ORDER_WIDENED, NoteKind.LEVELS_ROUNDED)


@dataclass(frozen=True)
class _Module:
    """A matrix or vector: its size, what it takes in the checkpoint, and what becomes of it."""

    name: str
    rows: int
    columns: int
    stored: int
    was: str
    becomes: Becomes

    @property
    def nbytes(self) -> int:
        becomes = _TYPES[self.becomes.type]
        return self.rows * self.columns // becomes.block_elements * becomes.block_bytes


def refusal_of(config: Mapping[str, object], names: Iterable[str]) -> Failure | None:
    """Why a checkpoint cannot be repacked, as far as its configuration and the names of its tensors tell."""
    try:
        schemes_of(_stated(config), names)
        require_architecture(config)
    except ParleyError as error:
        return Failure.of(error)
    return None


def prepared_of(config: Mapping[str, object], tensors: Mapping[str, Tensor], beside: Beside) -> tuple[Prepared, ...]:
    """What the checkpoint becomes: by type for an unquantized model, else the one thing; nothing if it is refused."""
    if not tensors or refusal_of(config, tensors) is not None:
        return ()
    stated = _stated(config)
    schemes = schemes_of(stated, tensors)
    symmetric = (
        bool(stated.get("sym", True)) if schemes.common.method is Method.GPTQ else not stated.get("zero_point", True)
    )
    scattered = bool(stated.get("desc_act")) and not stated.get("static_groups")
    outline = outline_of(config, tied=not any(name.startswith("lm_head.") for name in tensors))
    reader = _Reader(tensors, schemes, outline, symmetric=symmetric, scattered=scattered)
    choices = OFFERED if schemes.common.method is Method.NONE else (None,)
    return tuple(_prepared(list(reader.modules(choice)), choice, beside) for choice in choices)


def _stated(config: Mapping[str, object]) -> Mapping[str, object]:
    """The quantization's settings; in the file that GPTQ's tools wrote in 2023, the method had no name."""
    found = config.get("quantization_config")
    if not isinstance(found, dict) or not found:
        return {}
    return found if found.get("quant_method") or "bits" not in found else {"quant_method": "gptq", **found}


class _Reader:
    """Finds the modules among the tensors."""

    def __init__(
        self, tensors: Mapping[str, Tensor], schemes: Schemes, outline: Outline, *, symmetric: bool, scattered: bool
    ) -> None:
        self._tensors = tensors
        self._schemes = schemes
        self._outline = outline
        self._symmetric = symmetric
        self._scattered = scattered
        self._stored = Counter[str]()
        for name, tensor in tensors.items():
            self._stored[_module_of(name)] += tensor.nbytes

    def modules(self, choice: TypeChoice | None) -> Iterator[_Module]:
        """All of them, each once."""
        four_bit = {found[1] for name in self._tensors if (found := _FOUR_BIT.match(name))}
        sizes = {name: tensor for name, tensor in self._tensors.items() if tensor.elements}
        for name, tensor in sizes.items():
            if _OTHER_MEDIA.match(name):
                continue
            module, _, part = name.rpartition(".")
            if part == "qweight":
                scales = sizes.get(f"{module}.scales")
                if scales is not None and len(scales.shape) == len(tensor.shape) == 2:
                    yield self._packed(module, tensor, scales)
            elif part == "weight" and f"{module}.SCB" in self._tensors:
                rows, columns = tensor.elements // tensor.shape[-1], tensor.shape[-1]
                yield self._made(module, rows, columns, "bitsandbytes int8", int8_becomes(columns))
            elif part == "weight" and module in four_bit:
                yield self._four_bit(module, tensor)
            elif part in ("weight", "bias"):
                yield self._plain(name, tensor, choice)

    def _packed(self, module: str, qweight: Tensor, scales: Tensor) -> _Module:
        groups, rows = scales.shape
        scheme = self._schemes.of(module)
        exact = scales.dtype == "F16"
        if qweight.shape[1] != rows or scheme.method is Method.AWQ:
            columns = qweight.shape[0]
            group = columns // max(groups, 1)
            zero = 8 if self._symmetric and scheme.method is Method.AWQ else None
            becomes = awq_becomes(group, columns, zero=zero, scales_exact=exact)
            return self._made(module, rows, columns, f"AWQ 4-bit groups of {group}", becomes)
        return self._gptq(module, qweight, scheme, groups, rows, exact=exact)

    def _gptq(self, module: str, qweight: Tensor, scheme: Scheme, groups: int, rows: int, *, exact: bool) -> _Module:
        zeros = self._tensors.get(f"{module}.qzeros")
        told = zeros.shape[1] * _WORD_BITS // rows if zeros is not None and len(zeros.shape) == 2 else 4
        bits = scheme.bits or told
        columns = qweight.shape[0] * _WORD_BITS // max(bits, 1)
        group = group_size(columns, groups, scheme.group)
        mixed = self._scattered and groups > 1
        undone = mixed and group % BLOCK == 0 and _UNDONE.search(module) is not None
        becomes = gptq_becomes(
            bits,
            columns,
            in_blocks=undone or (not mixed and (groups == 1 or group % BLOCK == 0)),
            zero=1 << (bits - 1) if self._symmetric else None,
            scales_exact=exact,
            undone=undone,
        )
        grouping = "rows" if groups == 1 else f"groups of {group}"
        return self._made(module, rows, columns, f"GPTQ {bits}-bit {grouping}", becomes)

    def _four_bit(self, module: str, weight: Tensor) -> _Module:
        """Its shape is within the file's data: here only the number of weights counts."""
        states = f"{module}.weight.quant_state.bitsandbytes__"
        kind = next((name.removeprefix(states) for name in self._tensors if name.startswith(states)), "nf4")
        columns = 2 * weight.elements
        return self._made(module, 1, columns, f"bitsandbytes {kind}", four_bit_becomes(columns, _FOUR_BIT_BLOCK))

    def _plain(self, name: str, tensor: Tensor, choice: TypeChoice | None) -> _Module:
        if len(tensor.shape) < 2:
            return _Module(name, 1, tensor.elements, tensor.nbytes, tensor.dtype, Becomes("F32", NoteKind.COPIED))
        columns = tensor.shape[-1]
        kept = tensor.dtype if tensor.dtype in _FLOATS else "F32"
        if self._schemes.common.method is not Method.NONE and kept == "BF16":
            kept = "F16"
        wanted = wanted_type(_module_of(name), columns, choice, self._outline)
        becomes = plain_becomes(tensor.dtype, wanted or kept, columns)
        return _Module(name, tensor.elements // max(columns, 1), columns, tensor.nbytes, tensor.dtype, becomes)

    def _made(self, module: str, rows: int, columns: int, was: str, becomes: Becomes) -> _Module:
        return _Module(module, rows, columns, self._stored[module], was, becomes)


def _module_of(name: str) -> str:
    found = _FOUR_BIT.match(name)
    return found[1] if found else name.rpartition(".")[0]


def _prepared(modules: list[_Module], choice: TypeChoice | None, beside: Beside) -> Prepared:
    sizes = Counter[str]()
    for module in modules:
        if _LAYER.search(module.name) and _is_matrix(module):
            sizes[module.becomes.type] += module.nbytes
    commonest = sizes.most_common(1)[0][0] if sizes else "F32"
    total = sum(module.nbytes for module in modules)
    elements = sum(module.rows * module.columns for module in modules)
    return Prepared(
        type=choice.value.upper() if choice in MIXTURES else commonest,
        bytes=total + header_bytes(beside, _vocabulary(modules), len(modules)),
        bits_per_weight=total * 8 / max(elements, 1),
        weights=_weights(modules),
        notes=tuple(_notes(modules)),
        choice=choice,
    )


def _vocabulary(modules: Iterable[_Module]) -> int:
    return next((module.rows for module in modules if "embed_tokens" in module.name), 0)


def _is_matrix(module: _Module) -> bool:
    return module.rows > 1 or module.becomes.note is not NoteKind.COPIED


def _weights(modules: Iterable[_Module]) -> Weights:
    layers, experts, types, looked_up = Counter[int](), Counter[int](), Counter[str](), Counter[str]()
    embedding = output = 0
    tied = True
    for module in modules:
        is_embedding = "embed_tokens" in module.name
        (looked_up if is_embedding else types)[module.becomes.type] += module.nbytes
        if found := _LAYER.search(module.name):
            layers[int(found[1])] += module.nbytes
            experts[int(found[1])] += module.nbytes if ".experts." in module.name else 0
        elif is_embedding:
            embedding += module.nbytes
        else:
            output += module.nbytes
            tied = tied and "lm_head" not in module.name
    order = sorted(layers)
    of_experts = tuple(experts[layer] for layer in order) if any(experts.values()) else ()
    read = dict(types + looked_up if tied else types)
    return Weights(embedding, output, tuple(layers[layer] for layer in order), of_experts, tied=tied, types=read)


def _notes(modules: Iterable[_Module]) -> Iterator[Note]:
    """What will happen, as the repack's own report says it."""
    together: dict[tuple[NoteKind, str, str], list[_Module]] = {}
    for module in modules:
        if _is_matrix(module):
            together.setdefault((module.becomes.note, module.was, module.becomes.type), []).append(module)
    for (kind, was, becomes), those in sorted(together.items(), key=lambda one: -len(one[1])):
        values: dict[str, str | int] = {"count": len(those), "source": was, "type": becomes}
        if kind in _GROWING:
            grown = sum(module.nbytes for module in those) / max(math.fsum(module.stored for module in those), 1)
            values["growth"] = f"{grown:.2f}×"
        yield Note(kind, values)
