"""What a model file on disk is, told from its header. May read a slow disk: not on the window's thread."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from app.catalog.gguf.header import named_parts, read_header, shard_paths
from app.core.engine.messages import ModelIdentity
from app.core.errors import ParleyError
from app.core.file_errors import FileGone, FileUnreadable
from app.core.paths import expanded, is_file


@dataclass(frozen=True)
class FoundModel:
    """A model on disk; `modified_ns` is the latest time of its files, `context_length` the trained one in tokens."""

    identity: ModelIdentity
    modified_ns: int
    context_length: int


def whole_path(path: Path) -> Path:
    """A user's path from the root, as other processes can be told of it.

    Raises:
        FileGone: it begins in a folder that was deleted.
        FileUnreadable: it is not text.
    """
    try:
        str(path).encode()
        return expanded(path).absolute()
    except UnicodeEncodeError:
        name = path.name.encode("utf-8", "replace").decode()
        raise FileUnreadable(file=name, reason="its path is not valid text") from None
    except FileNotFoundError:
        raise FileGone(file=path.name, folder=str(path.parent)) from None


def identify(path: Path) -> FoundModel:
    """Read a GGUF file's header; a part of a split model stands for the whole, which goes by its first part.

    Raises:
        FileGone: there is no such file, or a part is missing.
        FileUnreadable: the system refuses, or the path is not text.
        NotGguf: it is something else.
        GgufDamaged: it is truncated or contradicts itself.
    """
    header = read_header(whole_path(path))
    paths = shard_paths(header)
    if header.path != paths[0]:
        header = read_header(paths[0])
    stats = [_status(part) for part in paths]
    identity = ModelIdentity(
        name=header.name or header.path.stem,
        path=str(header.path),
        bytes=sum(stat.st_size for stat in stats),
        architecture=header.architecture,
        quantization=header.quantization,
    )
    return FoundModel(identity, max(stat.st_mtime_ns for stat in stats), header.context_length)


def missing_parts(path: Path) -> tuple[Path, ...]:
    """The files that a known model lacks: its own, or those of its parts that are gone; none where it is whole."""
    if not is_file(str(path)):
        return (path,)
    if all(is_file(str(part)) for part in named_parts(path)):
        return ()
    try:
        parts = shard_paths(read_header(path, tensors=False))
    except ParleyError:
        return ()  # loading it will say what is wrong with it
    return tuple(part for part in parts if not is_file(str(part)))


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except FileNotFoundError:
        raise FileGone(file=path.name, folder=str(path.parent)) from None
    except OSError as error:
        raise FileUnreadable(str(error), file=path.name, reason=error.strerror or str(error)) from error
