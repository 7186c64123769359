"""Makes a small model in several files, as llama.cpp splits one."""

from __future__ import annotations

from pathlib import Path

import gguf

from tests.models.make_gguf import CHATML, SHAPES, ModelWriter

TENSORS_PER_FILE = 8


def make_split(folder: Path, shape: str = "tiny") -> list[Path]:
    """The files, in order."""
    path = folder / f"{shape}.gguf"
    writer = ModelWriter(path, SHAPES[shape], "q8_0", 0)
    writer.out.close()
    writer.out = gguf.GGUFWriter(path, SHAPES[shape].architecture, split_max_tensors=TENSORS_PER_FILE)
    writer.out.add_name(shape)
    writer.write(CHATML)
    return sorted(folder.glob(f"{shape}-*-of-*.gguf"))
