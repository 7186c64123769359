"""The kinds of arrays that the modules of a repack hand each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
"""Values as they are stored."""

Bytes = NDArray[np.uint8]
"""Codes, one to a byte, or encoded rows."""

Words = NDArray[np.uint32]
"""Packed codes."""

Pairs = NDArray[np.uint32] | NDArray[np.uint8]
"""Codes of 4 bits as ggml pairs them, (outputs, blocks, 16 bytes as whatever numbers); views, in another order."""

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]

Indices = NDArray[np.intp]
"""Places, such as the numbers of rows, or the order of inputs."""
