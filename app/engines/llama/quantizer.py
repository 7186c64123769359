"""ggml's own quantizer, for the types that only it makes; runs on the threads of a repack child.

While ggml works, the interpreter is free for other threads.
"""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np
from numpy.typing import NDArray

from app.engines.llama.native import native_library


def quantized(weights: NDArray[np.float32], ggml_type: int) -> NDArray[np.uint8]:
    """Weights (rows, columns) as blocks (rows, bytes).

    Args:
        weights: finite, with rows of whole blocks.
        ggml_type: of `enum ggml_type`; one that needs no importance matrix.
    """
    ggml, source = _ggml(), np.ascontiguousarray(weights, np.float32)
    rows, columns = source.shape
    found = np.empty((rows, ggml.ggml_row_size(ggml_type, columns)), np.uint8)
    ggml.ggml_quantize_chunk(ggml_type, source.ctypes.data, found.ctypes.data, 0, rows, columns, None)
    return found


@cache
def _ggml() -> ctypes.CDLL:
    ggml = native_library("ggml-base")
    ggml.ggml_row_size.argtypes = [ctypes.c_int, ctypes.c_int64]
    ggml.ggml_row_size.restype = ctypes.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [
        ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p,
    ]  # fmt: skip
    ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    return ggml
