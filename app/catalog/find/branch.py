"""A branch of a repo as far as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.catalog.gguf.header import GgufHeader
from app.core.catalog.hub import RemoteFile
from app.core.catalog.safetensors import SafetensorsHeader


@dataclass(frozen=True)
class Branch:
    """All that is known of a branch; a file whose header could not be read is not in the mappings.

    `config` is config.json with the quantization's own file merged in as `quantization_config`;
    `tokenizer_end` is that of tokenizer.json, where a checkpoint has one; `parameters` is what the
    Hub says of the model, 0 where it says nothing.
    """

    repo: str
    name: str
    commit: str
    files: tuple[RemoteFile, ...]
    config: Mapping[str, object] = field(default_factory=dict)
    gguf: Mapping[str, GgufHeader] = field(default_factory=dict)
    safetensors: Mapping[str, SafetensorsHeader] = field(default_factory=dict)
    tokenizer_end: bytes = b""
    parameters: int = 0
    headers_refused: bool = False
