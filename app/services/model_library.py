"""The GGUF files the user has opened, and opening one more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from app.core.engine.engine_frames import Digest
from app.core.engine.loading import LoadOptions
from app.core.engine.models import ModelFile
from app.core.errors import ParleyError
from app.core.paths import is_file
from app.services.relay import Storage, ignore

if TYPE_CHECKING:
    from app.catalog.shelf.library import FoundModel
    from app.storage.stores import Stores


class ModelLibrary(QObject):
    """Headers are read on a thread of their own: a file may lie on a slow disk."""

    changed = Signal(list)  # list[ModelFile], most recently used first
    opened = Signal(object)  # ModelFile
    problem = Signal(object)  # ParleyError

    def __init__(self, storage: Storage, identify: Callable[[Path], FoundModel], parent: QObject | None = None) -> None:
        """`identify` reads a file's header; it is called on the reading thread."""
        super().__init__(parent)
        self._identify = identify
        self._storage = storage
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="gguf-header")

    def refresh(self) -> None:
        """Read the list anew."""
        self._storage.call(lambda stores: stores.models.list(), self.changed.emit, self.problem.emit)

    def open(self, path: Path, options: LoadOptions | None = None) -> None:
        """Check that a file is a model, remember it, and announce it as opened; `options` replace those it had."""
        self._storage.settle(
            self._readers.submit(self._identify, path), lambda found: self._remember(found, options), self.problem.emit
        )

    def add(self, path: Path) -> None:
        """Check that a file is a model, and put it on the list."""

        def remember(found: FoundModel) -> None:
            self._storage.call(
                lambda stores: stores.models.remember(found.identity, found.modified_ns, found.context_length),
                lambda _: self.refresh(),
                self.problem.emit,
            )

        self._storage.settle(self._readers.submit(self._identify, path), remember, self.problem.emit)

    def forget(self, model_id: int) -> None:
        """Take a file off the list; the file itself stays."""
        self._storage.call(lambda stores: stores.models.forget(model_id), lambda _: self.refresh(), self.problem.emit)

    def set_options(self, file: ModelFile, options: LoadOptions, template: str) -> None:
        """Remember how to load a file, and announce it as opened anew."""
        chosen = msgspec.structs.replace(file, options=options, template=template)
        self._storage.call(
            lambda stores: stores.models.set_options(file.id, options, template),
            lambda _: self.opened.emit(chosen),
            self.problem.emit,
        )

    def set_digest(self, digest: Digest) -> None:
        """Note a file's hash, also in the replies that were written before it was known."""

        def store(stores: Stores) -> None:
            if stores.models.set_digest(digest.path, digest.bytes, digest.modified_ns, digest.sha256):
                stores.conversations.fill_digest(digest.path, digest.bytes, digest.sha256)

        self._storage.call(store, ignore, self.problem.emit)

    def follow(self, moved: Sequence[tuple[str, str]]) -> None:
        """Files have other paths now: what is known of them stays."""

        def store(stores: Stores) -> None:
            for old, new in moved:
                stores.models.move(old, new, Path(new).stat().st_mtime_ns)

        self._storage.call(store, lambda _: self.refresh(), self.problem.emit)

    def last(self, then: Callable[[ModelFile | None], None]) -> None:
        """Hand over the model that was used last and is there, as it is now, or None."""
        self._storage.call(
            lambda stores: stores.models.list(),
            lambda files: self._storage.settle(self._readers.submit(self._first, files), found, self.problem.emit),
            self.problem.emit,
        )

        def found(at: tuple[ModelFile, FoundModel | None] | None) -> None:
            if at is None:
                then(None)
                return
            file, now = at
            if now is None or (file.identity.bytes, file.modified_ns) == (now.identity.bytes, now.modified_ns):
                then(file)
                return
            self._storage.call(
                lambda stores: stores.models.remember(now.identity, now.modified_ns, now.context_length),
                then,
                self.problem.emit,
            )

    def shutdown(self) -> None:
        """End the reader thread."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    def _first(self, files: Sequence[ModelFile]) -> tuple[ModelFile, FoundModel | None] | None:
        """The first file that is there, and what it is now if it is a model still; runs on the reading thread."""
        file = next((file for file in files if is_file(file.identity.path)), None)
        if file is None:
            return None
        try:
            return file, self._identify(Path(file.identity.path))
        except ParleyError:
            return file, None  # loading it will say what is wrong with it

    def _remember(self, found: FoundModel, options: LoadOptions | None) -> None:
        def store(stores: Stores) -> ModelFile:
            file = stores.models.remember(found.identity, found.modified_ns, found.context_length)
            stores.models.touch(file.id)
            if options is None:
                return file
            stores.models.set_options(file.id, options, file.template)
            return msgspec.structs.replace(file, options=options)

        def announce(file: ModelFile) -> None:
            self.opened.emit(file)
            self.refresh()

        self._storage.call(store, announce, self.problem.emit)
