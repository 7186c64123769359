"""How large the header of a GGUF file will be that a checkpoint becomes, told without reading its vocabulary; pure.

A tokenizer.json has tens of megabytes and would have to be downloaded for this. But formats spend the same on every
token, so that the sizes of the files tell nearly as much: within a few percent, of what is a percent of a model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

TOKENIZER, PIECES, TEMPLATE = "tokenizer.json", "tokenizer.model", "chat_template.jinja"

END_BYTES = 512
"""So much of a tokenizer.json's end shows how it writes its merges."""

_FIXED = 3_000
"""Hyperparameters, names, and where the weights came from."""

_TENSOR = 64
"""Name, shape, type and place of a tensor."""

_TEXT = 6.5
"""Bytes of a token's own text, on the average."""

_TOKEN_LINE, _MERGE_LINE, _MERGE_LINES = 17, 11, 40
"""What an indented tokenizer.json spends on a token, and on a merge as one text or as a list, beside their texts."""

_TOKEN, _MERGE, _PIECE = 12, 9, 7
"""What GGUF spends on a token and on a merge, and on a piece more than a tokenizer.model does."""

_LISTED = re.compile(rb"\]\s*\]\s*\}\s*\}\s*$")


@dataclass(frozen=True)
class Beside:
    """The files beside the weights: their sizes by name, and the last `END_BYTES` of tokenizer.json."""

    sizes: Mapping[str, int]
    tokenizer_end: bytes = b""


def header_bytes(beside: Beside, rows: int, tensors: int) -> int:
    """What comes before the weights.

    Args:
        beside: of the checkpoint.
        rows: those of the embedding, each a token.
        tensors: how many the file has.
    """
    return _FIXED + _TENSOR * tensors + beside.sizes.get(TEMPLATE, 0) + _vocabulary_bytes(beside, rows)


def _vocabulary_bytes(beside: Beside, rows: int) -> int:
    if pieces := beside.sizes.get(PIECES):
        return pieces + _PIECE * rows
    written = beside.sizes.get(TOKENIZER, 0)
    merge_line = _MERGE_LINES if _LISTED.search(beside.tokenizer_end) else _MERGE_LINE
    merges = max(written - rows * (_TOKEN_LINE + _TEXT), 0) / (merge_line + _TEXT)
    return max(round(written - rows * (_TOKEN_LINE - _TOKEN) - merges * (merge_line - _MERGE)), 0)
