"""Models on disk as the library shows them, whoever put them there."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.core.catalog.hub import Format
from app.core.checkpoints.repack import Making


class Owner(StrEnum):
    """Whose folder a model lies in; Parley moves and deletes only what is in the user's own."""

    USER = "your folders"
    HUGGING_FACE = "the Hugging Face cache"
    LM_STUDIO = "LM Studio"
    OLLAMA = "Ollama"
    GPT4ALL = "GPT4All"
    LLAMA_CPP = "llama.cpp"


class LibraryModel(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A model found in a folder.

    `path` is the file to load, or the folder of a safetensors model; `paths` are the files with its
    weights that are there, `bytes` their size. `hashes` says for each of them what SHA-256 it must have, empty
    where its owner does not know. `modified` is in Unix seconds; `repo` is the repo it came from, if that is known.
    `missing` are the files without which the others are no whole model, `arriving` says that a download of one of
    them has begun and is not over. `repairable` says whether what is damaged
    or missing of it can be fetched again. `making` is told by a file that was made here, `quantization` by GGUF files.
    """

    name: str
    path: str
    paths: tuple[str, ...]
    bytes: int
    format: Format
    owner: Owner
    modified: float
    hashes: tuple[str, ...] = ()
    repo: str = ""
    repairable: bool = False
    making: Making | None = None
    missing: tuple[str, ...] = ()
    arriving: bool = False
    quantization: str = ""
