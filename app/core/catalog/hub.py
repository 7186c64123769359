"""What is found on the Hub, as values: repos, and the variants of a model among their files."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.core.checkpoints.repack import Note, TypeChoice
from app.core.errors import Failure


class Format(StrEnum):
    """How a variant's weights are stored."""

    GGUF = "gguf"
    GPTQ = "gptq"
    AWQ = "awq"
    BITSANDBYTES = "bitsandbytes"
    SAFETENSORS = "safetensors"


class Access(StrEnum):
    """Who may download from a repo."""

    OPEN = "open"
    GATED = "gated"
    PRIVATE = "private"


class SearchOrder(StrEnum):
    """What a search puts first."""

    DOWNLOADS = "downloads"
    LIKES = "likes"
    UPDATED = "updated"


class TokenPlace(StrEnum):
    """Where the user's token for the Hub is: `HUB_CLIENT` is the file of the Hub's own client."""

    NONE = "none"
    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    FILE = "file"
    HUB_CLIENT = "hub-client"


class RemoteFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of a repo; `bytes` is exact, `sha256` empty where the Hub does not tell it."""

    path: str
    bytes: int
    sha256: str = ""


class HeaderCopy(msgspec.Struct, frozen=True):
    """A local file with the bytes of a remote GGUF file's header alone, and the size of the whole file."""

    path: str
    file_bytes: int


class ModelShape(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a memory estimate needs of a model; widths in elements, 0 where unknown.

    `kv_heads` has one entry per layer, 0 for a layer without a KV cache. `sliding_layers` says of each
    layer whether its attention sees `sliding_window` tokens only; empty means none does.
    The `window_*` widths are those of such layers, 0 where they do not differ. `kv_lora_rank` is set
    for multi-head latent attention, whose heads then count as one; `state_bytes` are those of all
    recurrent layers. `feed_forward` is that of one expert where there are experts.
    """

    architecture: str
    layers: int
    embedding: int
    feed_forward: int
    heads: int
    kv_heads: tuple[int, ...]
    key_width: int
    value_width: int
    vocabulary: int
    context_length: int
    sliding_window: int = 0
    sliding_layers: tuple[bool, ...] = ()
    experts: int = 0
    experts_used: int = 0
    kv_lora_rank: int = 0
    rope_width: int = 0
    state_bytes: int = 0
    window_key_width: int = 0
    window_value_width: int = 0


class Weights(msgspec.Struct, frozen=True, omit_defaults=True):
    """Bytes of the tensors as they lie in memory, by where llama.cpp puts them.

    `layers` has the bytes of each repeating layer, `experts` the part of each that belongs to experts.
    `tied` means that the embedding serves as the output too. `types` are the bytes by ggml type of what every token
    reads, an embedding that is only looked up left out; empty where only one type is known of. `exact` is false where
    they were estimated from the file's size.
    """

    embedding: int
    output: int
    layers: tuple[int, ...]
    experts: tuple[int, ...] = ()
    tied: bool = False
    types: dict[str, int] = {}
    exact: bool = True

    @property
    def total(self) -> int:
        """All of them."""
        return self.embedding + self.output + sum(self.layers)


class Prepared(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a safetensors checkpoint is once it was repacked into GGUF, foreseen from its headers.

    `type` is that of most of its matrices or the mixture's name, `bytes` what the result takes on disk, `notes` say
    what happens to the weights. `choice` is the type that was asked for, of an unquantized model.
    """

    type: str
    bytes: int
    bits_per_weight: float
    weights: Weights
    notes: tuple[Note, ...] = ()
    choice: TypeChoice | None = None


class Variant(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One way to have a model: a branch, or a file of it with all its shards.

    `name` is what tells it from its siblings (`Q4_K_M`, or a branch). `bits` is the nominal width,
    `group_size` -1 for one group per row. `header_file` is the file whose header holds the metadata.
    `prepared` is what a safetensors variant becomes, the type that is best for most first; `refusal` says why it
    cannot be prepared.
    """

    repo: str
    branch: str
    commit: str
    name: str
    format: Format
    quantization: str
    bits_per_weight: float
    files: tuple[RemoteFile, ...]
    bits: int = 0
    group_size: int | None = None
    act_order: bool | None = None
    parameters: int = 0
    architecture: str = ""
    context_length: int = 0
    header_file: str = ""
    shape: ModelShape | None = None
    weights: Weights | None = None
    prepared: tuple[Prepared, ...] = ()
    refusal: Failure | None = None

    @property
    def bytes(self) -> int:
        """What is to be downloaded."""
        return sum(file.bytes for file in self.files)

    @property
    def becomes(self) -> Prepared | None:
        """What it becomes as it would be prepared now."""
        return self.prepared[0] if self.prepared else None

    def prepared_as(self, choice: TypeChoice | None) -> Variant:
        """The same, to be prepared in another type if that is offered for it."""
        chosen = tuple(one for one in self.prepared if one.choice is choice)
        others = tuple(one for one in self.prepared if one.choice is not choice)
        return msgspec.structs.replace(self, prepared=chosen + others) if chosen else self


class RepoSummary(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A line of a search; `updated` in Unix seconds."""

    id: str
    downloads: int = 0
    likes: int = 0
    updated: float = 0.0
    access: Access = Access.OPEN
    formats: tuple[Format, ...] = ()
    parameters: int = 0


class SearchQuery(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is searched for; empty fields are not asked for. `limit` is the size of a page."""

    text: str = ""
    author: str = ""
    format: Format | None = None
    order: SearchOrder = SearchOrder.DOWNLOADS
    limit: int = 30


class SearchPage(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A part of what was found; `cursor` asks for the next one, and is empty after the last."""

    repos: tuple[RepoSummary, ...]
    cursor: str = ""


class RepoPage(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A repo with all its variants, and its card as Markdown without the front matter.

    `branch` is the one that was asked for, or empty for all. Where `refusal` is set, the files
    themselves may not be read: the variants are then told from names and sizes alone.
    """

    summary: RepoSummary
    variants: tuple[Variant, ...]
    branch: str = ""
    license: str = ""
    base_model: str = ""
    card: str = ""
    prompt_template: str = ""
    refusal: Failure | None = None


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """A model to begin with; `variant` is the name of one of the repo's variants, `bytes` about its size.

    `active_parameters` are those that one token uses, where it does not use them all.
    """

    repo: str
    variant: str
    name: str
    parameters: int
    bytes: int
    context_length: int
    license: str
    why: str
    active_parameters: int = 0
