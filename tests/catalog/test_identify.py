from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from app.catalog.shelf.library import identify
from app.core.file_errors import FileGone, FileUnreadable
from tests.models.split_gguf import split_gguf


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="paths are always text there")
def test_a_path_that_is_not_text_is_refused(tiny_gguf: Path, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"model\xff.gguf")
    path.symlink_to(tiny_gguf)
    with pytest.raises(FileUnreadable, match="its path is not valid text"):
        identify(path)


def test_a_later_part_stands_for_the_whole_model(tmp_path: Path, tiny_gguf: Path) -> None:
    parts = split_gguf(tiny_gguf, tmp_path, tensors=8)
    assert identify(parts[-1]) == identify(parts[0])
    assert identify(parts[-1]).identity.bytes == sum(part.stat().st_size for part in parts)
    parts[1].unlink()
    with pytest.raises(FileGone, match=parts[1].name):
        identify(parts[-1])
