"""The tensors of a checkpoint, read from its files as they are needed; a file that changes meanwhile is noticed.

Files of weights that are still to arrive are a matter of its `Whereabouts`.
"""

from __future__ import annotations

import contextlib
import mmap
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import numpy as np

from app.core.catalog.safetensors import Tensor
from app.core.checkpoints.repack_errors import QuantizationUnknown, SourceChanged, TensorWrong
from app.core.file_errors import FileGone, FileUnreadable
from app.repack.arrays import Array, Bytes, Floats
from app.repack.folder import COMPANIONS, Settings, check_index, read_config, read_json, tables, weight_files
from app.repack.whereabouts import IN_PLACE, Whereabouts

_LARGE_BYTES = 4 * 1024 * 1024
_TESTED_VALUES = 1 << 22
_DTYPES: Mapping[str, str] = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U8": "u1", "U16": "<u2", "U32": "<u4", "BOOL": "u1",
}  # fmt: skip
_NARROW_FLOATS = ("F8", "F6", "F4")

WORDS = ("I32", "U32")
"""The types of packed codes."""


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

    `weights` are the safetensors files, which `whereabouts` finds; `files` all that the result depends on.
    """

    def __init__(self, folder: Path, whereabouts: Whereabouts = IN_PLACE) -> None:
        """Read the headers.

        Raises:
            ParleyError: it is no checkpoint, incomplete, or contradicts itself.
        """
        self.folder = folder
        self.config = read_config(folder)
        self._whereabouts = whereabouts
        self.weights = weight_files(folder, whereabouts.arriving)
        self.files = (*self.weights, *(folder / name for name in COMPANIONS if (folder / name).is_file()))
        self._watched = [SourceFile.of(path) for path in self.files if path.name not in whereabouts.arriving]
        self.tensors, self._places = tables(self.weights, whereabouts.header)
        check_index(folder, self.weights, self._places)
        self._local = threading.local()
        self._handles: list[tuple[Path, FileIO]] = []
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """What all tensors occupy."""
        return sum(tensor.nbytes for tensor in self.tensors.values())

    @property
    def identity(self) -> list[tuple[str | int, ...]]:
        """What tells its files from others of the same names."""
        watched = [(file.path.name, file.bytes, file.modified_ns) for file in self._watched]
        return [*watched, *self._whereabouts.identity]

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

    def part(self, name: str, start: int, count: int) -> Bytes:
        """Some bytes of a tensor, whatever its type; raises as `read`."""
        return self._bytes(name, start, count)

    def floats(self, name: str) -> Floats:
        """A whole small tensor of floats.

        Raises:
            TensorWrong: it is of another type.
        """
        return as_floats(self.read(name), self.tensors[name], name)

    def fulfils(self, name: str, test: Callable[[Array], bool]) -> bool:
        """Whether a test holds for all of a matrix; of one that is still to arrive it is presumed, and tried then."""
        return self._whereabouts.presume(self._places[name], name, test) or self.passes(name, test)

    def passes(self, name: str, test: Callable[[Array], bool]) -> bool:
        """Whether a test holds for all of a matrix that is here, looked at by some rows at a time."""
        count, *inner = self.tensors[name].shape
        step = max(1, _TESTED_VALUES // max(1, *inner))
        return all(test(self.rows(name, first, min(first + step, count))) for first in range(0, count, step))

    def require_unchanged(self) -> None:
        """Check that nobody has written to the files.

        Raises:
            SourceChanged: somebody has.
        """
        for file in self._watched:
            file.require_unchanged()

    def release(self, path: Path) -> None:
        """Let go of one file; none of its tensors may be read by then."""
        self._release(lambda other: other == path)

    def close(self) -> None:
        """Let go of the files."""
        self._release(lambda _: True)

    def _release(self, chosen: Callable[[Path], bool]) -> None:
        with self._lock:
            for path, handle in self._handles:
                if chosen(path):
                    handle.close()
            self._handles = [one for one in self._handles if not chosen(one[0])]

    def _dtype(self, name: str) -> np.dtype[np.generic]:
        dtype = self.tensors[name].dtype
        if dtype not in _DTYPES:
            if dtype.startswith(_NARROW_FLOATS):
                raise QuantizationUnknown(method=f"{dtype} floats (fp8)")
            raise TensorWrong(tensor=name, reason=f"is of the type {dtype}, which is not known")
        return np.dtype(_DTYPES[dtype])

    def _bytes(self, name: str, start: int, count: int) -> Bytes:
        path, place = self._whereabouts.locate(self._places[name], self.tensors[name].offset + start, count)
        buffer = _room(count)
        handle = self._handle(path)
        handle.seek(place)
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
                self._handles.append((path, handle))
        return handles[path]


def _room(count: int) -> Bytes:
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


def require_type(tensor: Tensor, name: str, *types: str) -> None:
    """Check how the values of a tensor are stored.

    Raises:
        QuantizationUnknown: as floats of 8 bits or fewer.
        TensorWrong: in another way.
    """
    if tensor.dtype in types:
        return
    if tensor.dtype.startswith(_NARROW_FLOATS):
        raise QuantizationUnknown(f"{name} is {tensor.dtype}", method=f"{tensor.dtype} floats (fp8)")
    raise TensorWrong(tensor=name, reason=f"is of the type {tensor.dtype} instead of {types[0]}")


def as_floats(values: Array, tensor: Tensor, name: str) -> Floats:
    """Stored values as float32, exactly (but F64).

    Raises:
        TensorWrong: they are no floats.
    """
    if tensor.dtype == "BF16":
        return (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
    if tensor.dtype in ("F16", "F32", "F64"):
        return values.astype(np.float32)
    raise TensorWrong(tensor=name, reason=f"is of the type {tensor.dtype} instead of a float")
