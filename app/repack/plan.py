"""What a checkpoint becomes: every tensor of the result, of which modules it is made, and in which order of rows.

Every tensor of the checkpoint is used once: one that is missing or left over is an error, always.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gguf import GGMLQuantizationType as Kind

from app.core.checkpoints.quantized import Method, Schemes, text_config
from app.core.checkpoints.repack import Note, NoteKind, TypeChoice
from app.core.checkpoints.repack_errors import TensorLeftOver, TypeNotOffered
from app.repack import blocks
from app.repack.architectures import Architecture, Sizes, architecture_of, is_other_media, require_activation, sizes_of
from app.repack.arrays import Floats
from app.repack.checkpoint import Checkpoint
from app.repack.finder import Finder
from app.repack.folder import Settings
from app.repack.plain import MadeSource
from app.repack.rope import Rope, rope_of
from app.repack.scheme import read_schemes
from app.repack.source import LOSSLESS
from app.repack.target import Slot, Target, widened

_REDUNDANT = re.compile(r"\.rotary_emb\.inv_freq$")


@dataclass(frozen=True)
class Plan:
    """All that is decided before a byte is written.

    `choice` is the type that was asked for, `text` the language model's configuration.
    """

    choice: TypeChoice | None
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
        ParleyError: the checkpoint is not what it should be; see `app.core.checkpoints.repack_errors`.
    """
    architecture = architecture_of(checkpoint.config)
    text = text_config(checkpoint.config)
    require_activation(text, architecture)
    sizes = sizes_of(text, architecture)
    schemes = read_schemes(checkpoint)
    if choice is not None and schemes.common.method is not Method.NONE:
        known = ", ".join(TypeChoice)
        raise TypeNotOffered(type=choice.value, reason="its weights are quantized already", known=known)
    rope = rope_of(text, sizes["head"], architecture.rope_theta)
    finder = Finder(checkpoint, architecture, sizes, schemes, choice)
    targets = tuple(widened(target) for target in finder.targets())
    made = tuple(_made(name, values) for name, values in rope.factors.items())
    left_out = _check_all_used(checkpoint, finder.used)
    notes = [*_notes(targets)]
    if left_out:
        notes.append(Note(NoteKind.PARTS_LEFT_OUT, {"count": left_out}))
    if rope.dynamic:
        notes.append(Note(NoteKind.DYNAMIC_ROPE))
    method = _method(schemes, targets)
    return Plan(choice, architecture, text, sizes, rope, method, (*made, *targets), tuple(notes))


def _made(name: str, values: Floats) -> Target:
    return Target(name, (len(values),), Kind.F32, (Slot(MadeSource(values)),))


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
