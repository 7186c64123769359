"""A folder of safetensors on this disk as the variant it is, so that what becomes of it can be foreseen."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from app.catalog.find.branch import Branch
from app.catalog.find.card import parse_card
from app.catalog.find.file_groups import safetensors_groups
from app.catalog.find.header_size import END_BYTES, TOKENIZER
from app.catalog.find.packed_weights import safetensors_variant
from app.core.catalog.hub import RemoteFile, Variant
from app.core.catalog.safetensors import read_header
from app.core.checkpoints.repack_errors import NoCheckpoint

_CONFIGS = ("config.json", "quantize_config.json")


def local_checkpoint(folder: Path) -> tuple[Variant, str]:
    """Read the headers of a folder's safetensors files; the variant, and the card's prompt template.

    Raises:
        NoCheckpoint: there are none, or no config.json.
        FileUnreadable, SafetensorsDamaged: see `read_header`.
    """
    if not (folder / _CONFIGS[0]).is_file():
        raise NoCheckpoint(folder=folder.name, reason="it has no config.json")
    files = tuple(RemoteFile(path.name, path.stat().st_size) for path in sorted(folder.iterdir()) if path.is_file())
    groups = safetensors_groups(files)
    if not groups:
        raise NoCheckpoint(folder=folder.name, reason="it has no .safetensors files")
    headers = {part.path: read_header(folder / part.path) for group in groups for part in group.parts}
    config, older = (_json(folder / name) for name in _CONFIGS)
    stated = config.get("quantization_config")
    if older:
        config["quantization_config"] = {**older, **(stated if isinstance(stated, dict) else {})}
    branch = Branch("", "main", "", files, config, safetensors=headers, tokenizer_end=_end(folder / TOKENIZER))
    return safetensors_variant(branch, groups[0], is_only=True), _prompt_template(folder)


def _end(path: Path) -> bytes:
    with contextlib.suppress(OSError), path.open("rb") as file:
        file.seek(max(path.stat().st_size - END_BYTES, 0))
        return file.read()
    return b""


def _json(path: Path) -> dict[str, object]:
    with contextlib.suppress(OSError, ValueError, RecursionError):
        found = msgspec.json.decode(path.read_bytes())
        if isinstance(found, dict):
            return found
    return {}


def _prompt_template(folder: Path) -> str:
    with contextlib.suppress(OSError):
        return parse_card((folder / "README.md").read_bytes()).value("prompt_template")
    return ""
