"""Packed codes into bytes: one unsigned byte per weight, the inputs of an output next to each other.

Codes of 4 bits whose inputs stay in their order never become bytes: they go straight into the pairs that ggml's
blocks of 32 hold, code j in the low half of byte j, code j + 16 in the high one.

Runs on the threads of a repack, a strip of outputs at a time; numpy lets go of the interpreter meanwhile.

GPTQ packs a stream of bits down the inputs: 32 / bits codes to a 32-bit word, least significant first (3 bit:
32 codes to three words). AWQ packs eight outputs to a word, in the order `AWQ_OUTPUTS`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.repack.arrays import Bytes, Pairs, Words

WORD_BITS = 32
AWQ_OUTPUTS = np.array([0, 2, 4, 6, 1, 3, 5, 7])
"""Nibble p of a word belongs to this output of its eight."""

_SPREADS = {
    4: ((16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F)),
    3: ((20, 0x00000FFF00000FFF), (10, 0x003F003F003F003F), (5, 0x0707070707070707)),
    2: ((24, 0x000000FF000000FF), (12, 0x000F000F000F000F), (6, 0x0303030303030303)),
}
"""How eight codes in the low bits of a 64-bit word move apart into its bytes: shift, then keep."""

_LOW_HALVES = np.uint32(0x0F0F0F0F)
_HALF_BYTE = np.uint32(4)


def gptq_codes(words: Words, bits: int) -> Bytes:
    """The codes of some outputs.

    Args:
        words: (inputs x bits / 32, outputs), as stored.
        bits: 2, 3, 4 or 8.

    Returns:
        (outputs, inputs).
    """
    lines = np.ascontiguousarray(words.T)
    outputs = lines.shape[0]
    if bits == 8:
        return lines.view(np.uint8)
    if bits == 4:
        eights = lines.astype(np.uint64)
    elif bits == 2:
        eights = np.empty((*lines.shape, 2), np.uint64)
        eights[..., 0] = lines & np.uint32(0xFFFF)
        eights[..., 1] = lines >> np.uint32(16)
    else:
        eights = _eights_of_three(lines.reshape(outputs, -1, 3))
    return _spread(eights, bits).reshape(outputs, -1).view(np.uint8)


def awq_codes(words: Words) -> Bytes:
    """The codes of some outputs; (inputs, outputs / 8) as stored becomes (outputs, inputs)."""
    inputs = words.shape[0]
    nibbles = _spread(words.astype(np.uint64), 4).view(np.uint8).reshape(inputs, -1, 8)
    codes = np.empty((nibbles.shape[1], 8, inputs), np.uint8)
    codes[:, AWQ_OUTPUTS] = nibbles.transpose(1, 2, 0)
    return codes.reshape(-1, inputs)


def gptq_pairs(words: Words) -> Pairs:
    """The 4-bit codes of some outputs, paired.

    A block's four words change places and then their parts do, until each holds the codes of four bytes; all outputs
    at once, which lie next to each other.

    Args:
        words: (inputs / 8, outputs), as stored; as many inputs as whole blocks have.
    """
    outputs = words.shape[1]
    stored = words.reshape(-1, 2, 2, outputs)
    found = np.empty(stored.shape, np.uint32)
    found[:, :, 0], found[:, :, 1] = stored[:, 0], stored[:, 1]
    room = np.empty_like(found)
    _exchange(found[:, :, 0], found[:, :, 1], 16, 0x0000FFFF, room[:, :, 0])
    _exchange(found, found, 8, 0x0000FF00, room)
    _exchange(found, found, 4, 0x00F000F0, room)
    return found.reshape(-1, 4, outputs).transpose(2, 0, 1)


def awq_pairs(words: Words) -> Pairs:
    """The same of (inputs, outputs / 8) as AWQ stores them."""
    stored = words.reshape(-1, 2, 16, words.shape[1])
    first, second = stored[:, 0], stored[:, 1]
    even = (first & _LOW_HALVES) | ((second & _LOW_HALVES) << _HALF_BYTE)
    odd = ((first >> _HALF_BYTE) & _LOW_HALVES) | (second & ~_LOW_HALVES)
    found = np.empty((words.shape[1], 8, *even.shape[:2]), np.uint8)
    for nibble, output in enumerate(AWQ_OUTPUTS):
        half = (odd if nibble % 2 else even).view(np.uint8)[..., nibble // 2 :: 4]
        found[:, output] = half.transpose(2, 0, 1)
    return found.reshape(-1, *even.shape[:2])


def unpack_row(words: Words, bits: int, count: int) -> Bytes:
    """The first `count` codes of each row, where a stream of bits runs along the row (GPTQ's zero points)."""
    return gptq_codes(np.ascontiguousarray(words.T), bits)[:, :count]


def _eights_of_three(words: Words) -> NDArray[np.uint64]:
    """Three words hold 32 codes of 3 bits: four times 24 bits, which may cross a word."""
    first, second, third = (words[..., i].astype(np.uint64) for i in range(3))
    eights = np.empty((*words.shape[:-1], 4), np.uint64)
    keep = np.uint64(0xFFFFFF)
    eights[..., 0] = first & keep
    eights[..., 1] = (first >> np.uint64(24) | second << np.uint64(8)) & keep
    eights[..., 2] = (second >> np.uint64(16) | third << np.uint64(16)) & keep
    eights[..., 3] = third >> np.uint64(8)
    return eights


def _spread(eights: NDArray[np.uint64], bits: int) -> NDArray[np.uint64]:
    """Eight codes in the low bits of each word, moved apart into its bytes; in place."""
    moved = np.empty_like(eights)
    for shift, keep in _SPREADS[bits]:
        np.left_shift(eights, np.uint64(shift), out=moved)
        eights |= moved
        eights &= np.uint64(keep)
    return eights


def _exchange(one: Words, other: Words, shift: int, keep: int, room: Words) -> None:
    """Swap the bits `keep` of `other` with those of `one` that are `shift` higher; in place, also within the same."""
    np.right_shift(one, np.uint32(shift), out=room)
    room ^= other
    room &= np.uint32(keep)
    other ^= room
    room <<= np.uint32(shift)
    one ^= room
