"""Packed codes on their way into blocks: the short way gives what the long one by single bytes gives."""

from __future__ import annotations

import numpy as np
import pytest

from app.repack import blocks, codes

INPUTS, OUTPUTS = 96, 40
CHOSEN = {"all": slice(None), "neighbours": slice(8, 24), "in another order": np.array([8, 0, 24, 31])}


def words(*shape: int) -> codes.Words:
    return np.random.default_rng(1).integers(0, 1 << 32, shape, dtype=np.uint32)


@pytest.mark.parametrize("name", CHOSEN)
def test_gptq_codes_are_paired_as_single_bytes_are(name: str) -> None:
    packed = words(INPUTS // 8, OUTPUTS)[:, CHOSEN[name]]
    before = packed.copy()
    meant = blocks.paired(codes.gptq_codes(packed, 4))
    assert np.array_equal(codes.gptq_pairs(packed), meant)
    assert np.array_equal(packed, before)


@pytest.mark.parametrize("columns", [slice(None), slice(1, 4)])
def test_awq_codes_are_paired_as_single_bytes_are(columns: slice) -> None:
    packed = words(INPUTS, OUTPUTS // 8)[:, columns]
    meant = blocks.paired(codes.awq_codes(packed)).view(np.uint8)
    assert np.array_equal(codes.awq_pairs(packed), meant)
