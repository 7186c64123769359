"""The tensors of a checkpoint, read from its files as they are needed; a file that changes meanwhile is noticed."""

from __future__ import annotations

import contextlib
import mmap
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.core.errors import FileGone, FileUnreadable
from app.core.repack_errors import QuantizationUnknown, SourceChanged, TensorWrong
from app.core.safetensors import Tensor
from app.repack.folder import COMPANIONS, Settings, check_index, read_config, read_json, tables, weight_files

_LARGE_BYTES = 4 * 1024 * 1024
_DTYPES: Mapping[str, str] = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U8": "u1", "U16": "<u2", "U32": "<u4", "BOOL": "u1",
}  # fmt: skip

Array = NDArray[np.generic]


@dataclass(frozen=True)
class SourceFile:
    """A file as it was when it was opened."""

    path: Path
    bytes: int
    modified_ns: int

    @staticmethod
    def of(path: Path) -> SourceFile:
        """Look at it now.

        Raises:
            FileGone, FileUnreadable: see `read_header`.
        """
        try:
            status = path.stat()
        except FileNotFoundError:
            raise FileGone(file=path.name, folder=str(path.parent)) from None
        except OSError as error:
            raise FileUnreadable(str(error), file=path.name, reason=(error.strerror or str(error)).lower()) from None
        return SourceFile(path, status.st_size, status.st_mtime_ns)

    def require_unchanged(self) -> None:
        """Check that nobody has written to it.

        Raises:
            SourceChanged: somebody has, or it is gone.
        """
        try:
            if SourceFile.of(self.path) == self:
                return
        except (FileGone, FileUnreadable) as error:
            raise SourceChanged(str(error), file=self.path.name) from None
        raise SourceChanged(file=self.path.name)


class Checkpoint:
    """The tensors of all files by name; `read` and `rows` may be called by any thread.

    `weights` are the safetensors files, `files` all that the result depends on.
    """

    def __init__(self, folder: Path) -> None:
        """Read the headers.

        Raises:
            ParleyError: it is no checkpoint, incomplete, or contradicts itself.
        """
        self.folder = folder
        self.config = read_config(folder)
        paths = weight_files(folder)
        self.weights = tuple(SourceFile.of(path) for path in paths)
        companions = tuple(SourceFile.of(folder / name) for name in COMPANIONS if (folder / name).is_file())
        self.files = (*self.weights, *companions)
        self.tensors, self._places = tables(paths)
        check_index(folder, paths, self._places)
        self._local = threading.local()
        self._handles: list[FileIO] = []
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """What all tensors occupy."""
        return sum(tensor.nbytes for tensor in self.tensors.values())

    def file_of(self, name: str) -> Path:
        """The file that a tensor lies in."""
        return self._places[name]

    def json(self, name: str) -> Settings:
        """One of the folder's JSON files; empty where there is none."""
        return read_json(self.folder / name)

    def read(self, name: str) -> Array:
        """A whole tensor in its shape; BF16 as 16-bit integers.

        Raises:
            TensorWrong: its type is not known.
            SourceChanged: the file ends early.
        """
        tensor = self.tensors[name]
        return self._bytes(name, 0, tensor.nbytes).view(self._dtype(name)).reshape(tensor.shape)

    def rows(self, name: str, first: int, last: int) -> Array:
        """Some rows of a matrix; raises as `read`."""
        tensor = self.tensors[name]
        width = tensor.nbytes // tensor.shape[0]
        data = self._bytes(name, first * width, (last - first) * width)
        return data.view(self._dtype(name)).reshape(last - first, *tensor.shape[1:])

    def part(self, name: str, start: int, count: int) -> NDArray[np.uint8]:
        """Some bytes of a tensor, whatever its type; raises as `read`."""
        return self._bytes(name, start, count)

    def floats(self, name: str) -> NDArray[np.float32]:
        """A whole small tensor of floats.

        Raises:
            TensorWrong: it is of another type.
        """
        return as_floats(self.read(name), self.tensors[name], name)

    def require_unchanged(self) -> None:
        """Check that nobody has written to the files.

        Raises:
            SourceChanged: somebody has.
        """
        for file in self.files:
            file.require_unchanged()

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    def _dtype(self, name: str) -> np.dtype[np.generic]:
        dtype = self.tensors[name].dtype
        if dtype not in _DTYPES:
            if dtype.startswith(("F8", "F6", "F4")):
                raise QuantizationUnknown(method=f"{dtype} floats (fp8)")
            raise TensorWrong(tensor=name, reason=f"is of the type {dtype}, which is not known")
        return np.dtype(_DTYPES[dtype])

    def _bytes(self, name: str, start: int, count: int) -> NDArray[np.uint8]:
        tensor, path = self.tensors[name], self._places[name]
        buffer = _room(count)
        handle = self._handle(path)
        handle.seek(tensor.offset + start)
        view, done = buffer.data, 0
        while done < count:
            got = handle.readinto(view[done:])
            if not got:
                raise SourceChanged(f"{name} ends after {done} of {count} bytes", file=path.name)
            done += got
        return buffer

    def _handle(self, path: Path) -> FileIO:
        """A handle of this thread's own, since each has a position."""
        handles: dict[Path, FileIO] = self._local.__dict__.setdefault("handles", {})
        if path not in handles:
            try:
                handle = path.open("rb", buffering=0)
            except OSError as error:
                raise SourceChanged(str(error), file=path.name) from None
            handles[path] = handle
            with self._lock:
                self._handles.append(handle)
        return handles[path]


def _room(count: int) -> NDArray[np.uint8]:
    """An empty buffer; a large one goes back to the system as soon as it is not used, which malloc does not promise."""
    if count < _LARGE_BYTES:
        return np.empty(count, np.uint8)
    if sys.platform == "win32":
        return np.frombuffer(mmap.mmap(-1, count), np.uint8)
    area = mmap.mmap(-1, count, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):  # by 4 KB, being given it takes as long as reading into it
        with contextlib.suppress(OSError):  # a kernel may be built without
            area.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(area, np.uint8)


def as_floats(values: Array, tensor: Tensor, name: str) -> NDArray[np.float32]:
    """Stored values as float32, exactly (but F64).

    Raises:
        TensorWrong: they are no floats.
    """
    if tensor.dtype == "BF16":
        return (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
    if tensor.dtype in ("F16", "F32", "F64"):
        return values.astype(np.float32)
    raise TensorWrong(tensor=name, reason=f"is of the type {tensor.dtype} instead of a float")
