"""Repacks a checkpoint: plans, writes, hashes the sources, checks, and gives the result its name.

Runs on the main thread of a repack child.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from gguf import SpecialVocab

from app.core.checkpoints.repack import (
    Note,
    NoteKind,
    Provenance,
    RepackActivity,
    RepackProgress,
    RepackReport,
    TemplateSource,
    TypeChoice,
)
from app.core.checkpoints.repack_errors import (
    QuantizationUnknown,
    RepackUnsound,
    ResultInTheWay,
    ScalesNotFinite,
    SourceChanged,
    TensorWrong,
)
from app.core.errors import Cancelled
from app.repack.check import TensorsOf, require_header
from app.repack.checkpoint import Checkpoint
from app.repack.hashing import SourceHashes
from app.repack.layout import Layout, in_order_of_reading
from app.repack.metadata import Label, header, with_hashes
from app.repack.part import Part, header_of, part_of, write_error
from app.repack.plan import Plan, make_plan
from app.repack.supply import ON_DISK, Supply
from app.repack.vocabulary import Vocabulary, read_vocabulary, special_vocabulary
from app.repack.whereabouts import NeedsAll
from app.repack.writer import Means, Meter, Quantize, Writer

_VERSION = 1
_MAX_WORKERS = 16
_LOOK_SECONDS = 0.1
_WORTHLESS = (
    NeedsAll,
    QuantizationUnknown,
    RepackUnsound,
    ResultInTheWay,
    ScalesNotFinite,
    SourceChanged,
    TensorWrong,
)
"""After these, what was written is of no use to another run."""

Stopped = Callable[[], bool]


@dataclass(frozen=True)
class Errand:
    """What to make: of which folder, where, and how; `template` is the card's, for a model without its own.

    With `again`, a result that is there already serves, if it is of the same sources.
    """

    folder: Path
    target: Path
    name: str
    choice: TypeChoice | None = None
    provenance: Provenance = field(default_factory=Provenance)
    template: str = ""
    again: bool = False


@dataclass(frozen=True)
class Tools:
    """What others do for a repack: `quantize` makes the blocks of K-quants, on many threads at once."""

    quantize: Quantize
    tensors_of: TensorsOf


@dataclass(frozen=True)
class _Draft:
    """What a file will be made of."""

    checkpoint: Checkpoint
    plan: Plan
    vocabulary: Vocabulary
    special: SpecialVocab
    label: Label

    def header(self, target: Path) -> bytes:
        """The bytes before the first tensor, without hashes.

        Raises:
            DiskFull, FolderRefused: the folder takes nothing.
        """
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            return header(header_of(target), self.plan, self.vocabulary, self.special, self.label)
        except OSError as error:
            raise write_error(error, target.parent) from error


def repack(
    errand: Errand,
    tell: Callable[[RepackProgress], None],
    stopped: Stopped,
    tools: Tools,
    workers: int | None = None,
    supply: Supply = ON_DISK,
) -> RepackReport:
    """Make a GGUF file of a checkpoint.

    Args:
        errand: what to make.
        tell: called on this thread, a few times a second.
        stopped: asked often; once it is true, `Cancelled` follows.
        tools: what others do for it.
        workers: threads that encode; as many as cores without it.
        supply: brings the weights, where they are not on the disk.

    Raises:
        Cancelled: `stopped` said so; what was written is kept for the next run.
        NeedsAll: it can only be made with all weights on the disk.
        ParleyError: nothing appears under the final name; see `app.core.checkpoints.repack_errors`.
    """
    begun = time.monotonic()
    tell(RepackProgress(activity=RepackActivity.PLANNING))
    checkpoint = Checkpoint(errand.folder, supply)
    try:
        draft, meter = _draft(checkpoint, errand), Meter(tell, checkpoint.bytes)
        if errand.again and _is_made(draft, errand.target, meter, stopped):
            size = errand.target.stat().st_size
        else:
            workers = workers or min(_MAX_WORKERS, os.cpu_count() or 1)
            means = Means(stopped, tools.quantize, workers, supply)
            size = _make(draft, errand.target, meter, means, tools.tensors_of)
        return _report(draft, errand.target, size, time.monotonic() - begun)
    finally:
        checkpoint.close()


def _draft(checkpoint: Checkpoint, errand: Errand) -> _Draft:
    plan = make_plan(checkpoint, errand.choice)
    vocabulary = read_vocabulary(checkpoint, plan.sizes["vocabulary"])
    special = special_vocabulary(checkpoint, vocabulary)
    names = [path.name for path in checkpoint.files]
    return _Draft(checkpoint, plan, vocabulary, special, Label(errand.name, errand.provenance, names, errand.template))


def _is_made(draft: _Draft, target: Path, meter: Meter, stopped: Stopped) -> bool:
    """Whether the result is there already, as its header tells."""
    if not target.is_file():
        return False
    with closing(SourceHashes(draft.checkpoint.files, draft.label.provenance.sha256)) as hashing:
        wanted = with_hashes(draft.header(target), draft.label, _awaited(hashing, meter, stopped))
    with target.open("rb") as file:
        return file.read(len(wanted)) == wanted


def _make(draft: _Draft, target: Path, meter: Meter, means: Means, tensors_of: TensorsOf) -> int:
    """Write the file; its size."""
    checkpoint, blank = draft.checkpoint, draft.header(target)
    layout = Layout.after(len(blank), draft.plan.targets)
    part = Part(target, layout.bytes, _fingerprint(blank, checkpoint))
    hashing = SourceHashes(checkpoint.files, draft.label.provenance.sha256)
    try:
        modules = list(layout.modules())
        meter.skip(sum(module.source.nbytes for module in modules if module.number in part.done))
        left = in_order_of_reading([module for module in modules if module.number not in part.done], checkpoint)
        means.supply.begin(checkpoint, left, part)
        Writer(part, meter, means).run(left)
        part.write(0, with_hashes(blank, draft.label, _awaited(hashing, meter, means.stopped)))
        part.sync()
        meter.tell(RepackActivity.VERIFYING)
        require_header(part_of(target), layout, tensors_of)
        checkpoint.require_unchanged()
        part.put_in_place()
    except Cancelled:
        part.sync()
        raise
    except _WORTHLESS:
        part.discard()
        raise
    finally:
        hashing.close()
        part.close()
    return layout.bytes


def _awaited(hashing: SourceHashes, meter: Meter, stopped: Stopped) -> dict[str, str]:
    while (hashes := hashing.wait(_LOOK_SECONDS)) is None:
        meter.tell(RepackActivity.HASHING)
        if stopped():
            raise Cancelled
    return hashes


def _fingerprint(blank: bytes, checkpoint: Checkpoint) -> str:
    """Of all that the bytes of a part depend on."""
    return hashlib.sha256(repr((_VERSION, checkpoint.identity)).encode() + blank).hexdigest()


def _report(draft: _Draft, target: Path, size: int, seconds: float) -> RepackReport:
    plan, notes = draft.plan, list(draft.plan.notes)
    if draft.vocabulary.dropped:
        notes.append(Note(NoteKind.TOKENS_DROPPED, {"count": len(draft.vocabulary.dropped)}))
    own = TemplateSource.CARD if draft.label.template else TemplateSource.NONE
    return RepackReport(
        path=str(target),
        architecture=plan.architecture.kind.name.lower(),
        method=plan.method,
        tensors=plan.types,
        lossless=plan.lossless,
        bytes=size,
        source_bytes=draft.checkpoint.bytes,
        sources=tuple(str(path) for path in draft.checkpoint.weights),
        notes=tuple(notes),
        seconds=seconds,
        template=TemplateSource.OWN if draft.special.chat_template else own,
    )
