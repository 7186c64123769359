"""Orders of rows: llama.cpp's rotary one, and the one that undoes act-order.

Act-order quantizes inputs in the order of their weight, so that a group's inputs are not neighbours. Where the inputs
are the outputs of other modules, multiplied with each other one by one, both sides can be put into the order of the
groups: y = D (g(x) * u(x)) = (D P') (P g(x) * P u(x)). Nothing changes but the order of sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from app.repack.architectures import Architecture
from app.repack.arrays import Indices
from app.repack.gptq import GptqSource
from app.repack.plain import VectorSource
from app.repack.target import Slot


def rotary_order(heads: int, head: int) -> Indices:
    """Where llama.cpp finds each row of a query or key: the two halves of a head, interleaved."""
    rows = np.arange(heads * head).reshape(heads, 2, head // 2)
    return np.ascontiguousarray(rows.transpose(0, 2, 1)).reshape(-1)


def undo_act_order(
    slots: Mapping[str, Slot], architecture: Architecture, named: Callable[[str], str]
) -> dict[str, Slot]:
    """The slots of a layer, or of one of its experts, that change.

    Args:
        slots: by full name.
        architecture: says which modules feed which.
        named: the full name of a module of the table.
    """
    changed: dict[str, Slot] = {}
    for producers, consumer in architecture.chains:
        makers, taker = [named(name) for name in producers], named(consumer)
        source = slots[taker].source
        if not isinstance(source, GptqSource) or source.index is None or source.is_ordered:
            continue
        if not all(isinstance(slots[maker].source, GptqSource) for maker in makers):
            continue
        order = np.argsort(source.index, kind="stable")
        undone = replace(source, order=order)
        if not undone.is_ordered:
            continue
        changed[taker] = Slot(undone)
        for maker in makers:
            changed[maker] = replace(slots[maker], order=_repeated(order, slots[maker].source.rows))
            bias = slots.get(f"{maker}.bias")
            if bias is not None and isinstance(bias.source, VectorSource):
                changed[f"{maker}.bias"] = Slot(replace(bias.source, order=_repeated(order, bias.source.columns)))
    return changed


def _repeated(order: Indices, rows: int) -> Indices:
    """The order for a module that holds several producers, one below the other."""
    return np.concatenate([order + start for start in range(0, rows, len(order))])
