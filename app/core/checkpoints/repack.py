"""Repacking a safetensors checkpoint into GGUF, as values, and the frames between its child and whoever asked."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import msgspec

from app.core.checkpoints import repack_errors as repack_errors  # so that every process can say them


class TypeChoice(StrEnum):
    """What the matrices of an unquantized model may become; see `app.core.checkpoints.mixture`."""

    F32 = "f32"
    F16 = "f16"
    BF16 = "bf16"
    Q8_0 = "q8_0"
    Q6_K = "q6_k"
    Q5_K_M = "q5_k_m"
    Q5_1 = "q5_1"
    Q5_0 = "q5_0"
    Q4_K_M = "q4_k_m"
    Q4_1 = "q4_1"
    Q4_0 = "q4_0"
    Q3_K_M = "q3_k_m"


class RepackActivity(StrEnum):
    """What a repack does now."""

    PLANNING = "planning"
    WRITING = "writing"
    HASHING = "hashing"
    VERIFYING = "verifying"


class NoteKind(StrEnum):
    """What happened to the weights of a kind; see `Note`."""

    EXACT = "exact"
    SCALES_ROUNDED = "scales-rounded"
    OFFSETS_ROUNDED = "offsets-rounded"
    ORDER_UNDONE = "order-undone"
    ORDER_WIDENED = "order-widened"
    LEVELS_ROUNDED = "levels-rounded"
    RANGE_WIDENED = "range-widened"
    QUANTIZED = "quantized"
    NARROWED = "narrowed"
    HALVED = "halved"
    NOT_IN_BLOCKS = "not-in-blocks"
    COPIED = "copied"
    TOKENS_DROPPED = "tokens-dropped"
    PARTS_LEFT_OUT = "parts-left-out"
    DYNAMIC_ROPE = "dynamic-rope"


_SENTENCES = {
    NoteKind.EXACT: "{count} matrices: {source} kept exactly, as {type}.",
    NoteKind.SCALES_ROUNDED: "{count} matrices: {source} kept as {type}; only their scales are rounded, to 16 bits.",
    NoteKind.OFFSETS_ROUNDED: "{count} matrices: {source} kept as {type}; only their offsets are rounded, to 16 bits.",
    NoteKind.ORDER_UNDONE: "{count} matrices: {source}; their order was undone without loss, so they stay {type}.",
    NoteKind.ORDER_WIDENED: "{count} matrices: {source} with act-order are stored at 8 bits ({type}), {growth} larger.",
    NoteKind.LEVELS_ROUNDED: "{count} matrices: the levels of {source} are stored at 8 bits ({type}), {growth} larger.",
    NoteKind.RANGE_WIDENED: "{count} matrices: {source} are decoded and stored as {type}.",
    NoteKind.QUANTIZED: "{count} matrices were quantized from {source} to {type}.",
    NoteKind.NARROWED: "{count} matrices: {source} rounded to {type}.",
    NoteKind.HALVED: "{count} matrices: {source} kept as {type}; only values below 0.00001 are rounded.",
    NoteKind.NOT_IN_BLOCKS: "{count} matrices: {source} whose width is no multiple of 32 are stored as {type}.",
    NoteKind.COPIED: "{count} tensors: {source} kept exactly, as {type}.",
    NoteKind.TOKENS_DROPPED: "{count} tokens without a row in the embedding were left out.",
    NoteKind.PARTS_LEFT_OUT: "The parts for other media than text were left out ({count} tensors).",
    NoteKind.DYNAMIC_ROPE: "The model card asks for dynamic rope scaling; set it in the load options.",
}


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fact about how a model was made, as a value that any process can put into words."""

    kind: NoteKind
    values: dict[str, str | int] = {}

    @property
    def sentence(self) -> str:
        """In English."""
        return _SENTENCES[self.kind].format(**self.values)


class TemplateSource(StrEnum):
    """Where a model's chat template is from."""

    OWN = "own"
    CARD = "card"
    NONE = "none"


class Conversation(StrEnum):
    """The conversations that a template is tried with."""

    WITHOUT_SYSTEM = "without-system"
    TWO_TURNS = "two-turns"
    TRAILING_ASSISTANT = "trailing-assistant"
    TOOLS = "tools"
    EMPTY = "empty"
    SPECIAL_TOKENS = "special-tokens"


class TemplateGap(msgspec.Struct, frozen=True):
    """What a template cannot do; `reason` is its own, if it gave one."""

    conversation: Conversation
    reason: str = ""

    @property
    def sentence(self) -> str:
        """In English."""
        what = _GAPS[self.conversation]
        return f"{what} ({self.reason})." if self.reason else f"{what}."


_GAPS = {
    Conversation.WITHOUT_SYSTEM: "It cannot render a chat without a system message",
    Conversation.TWO_TURNS: "It cannot render two turns with a system message",
    Conversation.TRAILING_ASSISTANT: "It cannot continue a reply that was begun",
    Conversation.TOOLS: "It shows the model no tools",
    Conversation.EMPTY: "It cannot render an empty message",
    Conversation.SPECIAL_TOKENS: "It changes text that looks like a special token",
}


class Provenance(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where a checkpoint came from, empty where it was not said; `sha256` of files known to be verified."""

    repo: str = ""
    branch: str = ""
    commit: str = ""
    sha256: dict[str, str] = {}


class Making(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a GGUF file that was made here says of its own making; `notes` are sentences in English.

    It stays when the repack's report is gone. `files` are the names of the source's files.
    """

    method: str
    lossless: bool
    notes: tuple[str, ...] = ()
    repo: str = ""
    branch: str = ""
    commit: str = ""
    files: tuple[str, ...] = ()


class RepackReport(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What came of a repack.

    `method` names the source's quantization. `tensors` counts those of the result by type. `lossless` means
    that every code was kept, and at most scales and offsets were rounded to 16 bits.
    """

    path: str
    architecture: str
    method: str
    tensors: dict[str, int]
    lossless: bool
    bytes: int
    source_bytes: int
    sources: tuple[str, ...]
    notes: tuple[Note, ...] = ()
    seconds: float = 0.0
    template: TemplateSource = TemplateSource.NONE
    template_gaps: tuple[TemplateGap, ...] = ()


class _Frame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True, kw_only=True):
    pass


class StartRepack(_Frame, frozen=True, tag="start-repack"):
    """Make a GGUF file of the checkpoint in `folder`; `Cancel` stops it, and what was written is kept.

    `into` is the folder for the result; its name comes from `name`, or from the checkpoint's folder. `choice` is
    for unquantized models; without one they keep their type. `prompt_template` is the card's, for where the folder has
    no card of its own.
    """

    folder: str
    into: str
    name: str = ""
    choice: TypeChoice | None = None
    prompt_template: str = ""
    provenance: Provenance = Provenance()

    @property
    def result(self) -> Path:
        """The file that is made."""
        return Path(self.into) / f"{self.title}{f'-{self.choice.value.upper()}' if self.choice else ''}.gguf"

    @property
    def title(self) -> str:
        """What the model is called."""
        return self.name or Path(self.folder).name


class RepackProgress(_Frame, frozen=True, tag="repack-progress"):
    """Bytes of the source done and in all, bytes per second, and seconds left where they can be told."""

    activity: RepackActivity
    done: int = 0
    total: int = 0
    rate: float = 0.0
    seconds_left: float | None = None


class RepackDone(_Frame, frozen=True, tag="repack-done"):
    """The result is verified and has its name."""

    report: RepackReport


RepackCommand = StartRepack
RepackEvent = RepackProgress | RepackDone
