"""A model of which only the headers are here, as files that llama.cpp can plan with; probe child.

Such a file has the header's bytes and is as long as the real one, but sparse: it takes no room.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.core.catalog.hub import HeaderCopy
from app.core.file_errors import FileUnreadable

_FSCTL_SET_SPARSE = 0x900C4
"""The control code of `FSCTL_SET_SPARSE` in Windows' winioctl.h."""


@contextmanager
def stand_in(headers: Sequence[HeaderCopy]) -> Iterator[Path]:
    """The first of the files, named as shards are; all are removed in the end.

    Raises:
        FileUnreadable: a header is gone, or the disk cannot hold such files.
    """
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        names = [f"model-{number:05}-of-{len(headers):05}.gguf" for number in range(1, len(headers) + 1)]
        files = [Path(folder) / name for name in names]
        try:
            for copy, file in zip(headers, files, strict=True):
                _lay_out(Path(copy.path).read_bytes(), copy.file_bytes, file)
        except OSError as error:
            reason = (error.strerror or "the disk refuses").lower()
            raise FileUnreadable(file=files[0].name, reason=reason) from None
        yield files[0]


def _lay_out(header: bytes, file_bytes: int, target: Path) -> None:
    with target.open("wb") as file:
        _make_sparse(file)
        file.write(header)
        file.truncate(file_bytes)


def _make_sparse(file: BinaryIO) -> None:
    """Elsewhere than on Windows every file is, as far as the disk's format knows such files."""
    if sys.platform == "win32":
        import ctypes
        import msvcrt

        handle, returned = ctypes.c_void_p(msvcrt.get_osfhandle(file.fileno())), ctypes.c_ulong()
        control = ctypes.windll.kernel32.DeviceIoControl
        if not control(handle, _FSCTL_SET_SPARSE, None, 0, None, 0, ctypes.byref(returned), None):
            raise ctypes.WinError()
