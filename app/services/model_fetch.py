"""From a variant that was chosen to a model that is loaded: queued, fetched, remembered, opened.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from app.catalog.fetch.layout import folder_for, target_of
from app.core.downloads import Download, Source
from app.core.hub import Variant
from app.core.loading import LoadOptions
from app.services.download_queue import DownloadQueue
from app.services.model_library import ModelLibrary


class ModelFetch(QObject):
    """What was asked for in this window is opened when it is there; what was queued before is only remembered."""

    def __init__(
        self, queue: DownloadQueue, library: ModelLibrary, folder: Callable[[], Path], parent: QObject | None = None
    ) -> None:
        """`folder` tells where models go now."""
        super().__init__(parent)
        self._queue = queue
        self._library = library
        self._folder = folder
        self._wanted: dict[Source, LoadOptions] = {}
        queue.finished.connect(self._on_finished)

    @property
    def folder(self) -> Path:
        """Where models go now."""
        return self._folder()

    def fetch(self, variant: Variant, options: LoadOptions) -> None:
        """Download a variant, then load it with these options."""
        source = Source(repo=variant.repo, commit=variant.commit, files=variant.files, branch=variant.branch)
        self._wanted[source] = options
        name = f"{variant.repo.partition('/')[2]} · {variant.name}"
        self._queue.add(name, source, folder_for(self.folder, variant.repo, variant.branch))

    def _on_finished(self, download: Download) -> None:
        path = target_of(Path(download.folder), download.source.files[0].path)
        options = self._wanted.pop(download.source, None)
        if options is not None:
            self._library.open(path, options)
        else:
            self._library.add(path)
