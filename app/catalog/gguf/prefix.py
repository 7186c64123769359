"""What the first bytes of a GGUF file tell, without the rest or when that is far away; runs in any process."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from app.catalog.gguf.header import MAGIC, MAX_FIELDS, GgufHeader
from app.catalog.gguf.reader import Damaged, FieldReader, Value
from app.core.engine.model_errors import NotGguf


def is_gguf(path: Path) -> bool:
    """Whether a file begins like one, whatever its name; not if it cannot be read."""
    try:
        with path.open("rb", buffering=0) as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def read_prefix(data: bytes, path: Path, file_bytes: int) -> GgufHeader:
    """The metadata as far as `data` reaches, without tensors; `file_bytes` is the whole file's size.

    Raises:
        NotGguf: it does not begin with the magic.
    """
    if data[: len(MAGIC)] != MAGIC:
        raise NotGguf(file=path.name)
    file = io.BytesIO(data)
    file.seek(len(MAGIC))
    reader = FieldReader(file, file_bytes)
    version, metadata = 0, dict[str, Value]()
    with contextlib.suppress(Damaged):
        version, _, count = reader.u32(), reader.u64(), reader.u64()
        metadata = reader.first_fields(min(count, MAX_FIELDS))
    return GgufHeader(path, version, metadata, (), 0, file_bytes)
