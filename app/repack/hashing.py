"""The SHA-256 of every source file, computed on one more thread while the modules are encoded."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path

from app.core.checkpoints.repack_errors import SourceChanged
from app.core.errors import Cancelled

_BLOCK = 4 * 1024 * 1024


class SourceHashes:
    """Begins at once; `known` hashes of files, by name, are taken as they are."""

    def __init__(self, files: Sequence[Path], known: Mapping[str, str]) -> None:
        self._known = known
        self._halt = threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="hash")
        self._future: Future[dict[str, str]] = self._pool.submit(self._run, tuple(files))

    def wait(self, seconds: float) -> dict[str, str] | None:
        """All of them by file name, or None if they are not done in time.

        Raises:
            SourceChanged: a file cannot be read any more.
        """
        try:
            return self._future.result(seconds)
        except NotYet:
            return None

    def close(self) -> None:
        """Stop; waits for the thread."""
        self._halt.set()
        self._pool.shutdown()

    def _run(self, files: tuple[Path, ...]) -> dict[str, str]:
        return {file.name: self._known.get(file.name) or self._hash(file) for file in files}

    def _hash(self, file: Path) -> str:
        digest = hashlib.sha256()
        try:
            with file.open("rb", buffering=0) as handle:
                while block := handle.read(_BLOCK):
                    digest.update(block)
                    if self._halt.is_set():
                        raise Cancelled
        except OSError as error:
            raise SourceChanged(str(error), file=file.name) from None
        return digest.hexdigest()
