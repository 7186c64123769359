"""From a variant that was chosen to a model that is loaded: queued, fetched, prepared if need be, remembered, opened.

A checkpoint of several shards that nobody wants to keep is prepared by the download itself, shard by shard.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from app.catalog.fetch.checkpoint import preparation_of
from app.catalog.fetch.layout import folder_for, target_of
from app.core.catalog.downloads import Download, DownloadState, Source
from app.core.catalog.hub import Format, Variant
from app.core.checkpoints.preparing import Preparation, Wishes
from app.core.checkpoints.repack import RepackReport, StartRepack
from app.core.engine.loading import LoadOptions
from app.services.download_queue import DownloadQueue
from app.services.model_import import ModelImport
from app.services.model_library import ModelLibrary


class ModelFetch(QObject):
    """What was asked for in this window is opened when it is there; what was queued before is only remembered.

    What had to be prepared is opened in any case: it is the last step of what was asked for.
    """

    def __init__(
        self,
        queue: DownloadQueue,
        imports: ModelImport,
        library: ModelLibrary,
        folder: Callable[[], Path],
        parent: QObject | None = None,
    ) -> None:
        """`folder` tells where models go now."""
        super().__init__(parent)
        self._queue = queue
        self._imports = imports
        self._library = library
        self._folder = folder
        self._wanted: dict[Source, LoadOptions] = {}
        queue.finished.connect(self._on_finished)
        queue.prepared.connect(self._on_prepared_on_the_way)
        queue.restored.connect(self._on_restored)
        imports.finished.connect(self._on_prepared)

    @property
    def folder(self) -> Path:
        """Where models go now."""
        return self._folder()

    def fetch(self, variant: Variant, wishes: Wishes) -> None:
        """Download a variant, prepare it if it is no GGUF, then load it with the options that are wished."""
        source = Source(
            repo=variant.repo,
            commit=variant.commit,
            files=variant.files,
            branch=variant.branch,
            wishes=None if variant.format is Format.GGUF else wishes,
        )
        self._wanted[source] = wishes.options
        name = f"{variant.repo.partition('/')[2]} · {variant.name}"
        self._queue.add(name, source, folder_for(self.folder, variant.repo, variant.branch))

    def prepare_folder(self, folder: Path, wishes: Wishes) -> None:
        """Prepare a checkpoint that is on the disk already; the result goes where models go."""
        command = StartRepack(
            folder=str(folder),
            into=str(self.folder),
            choice=wishes.choice,
            prompt_template=wishes.prompt_template,
        )
        self._imports.add(folder.name, command, wishes)

    def _on_finished(self, download: Download) -> None:
        options = self._wanted.pop(download.source, None)
        if download.source.wishes is not None:
            self._hand_over(download, download.source.wishes)
            return
        path = target_of(Path(download.folder), download.source.files[0].path)
        if options is not None:
            self._library.open(path, options)
        else:
            self._library.add(path)

    def _on_restored(self, downloads: list[Download]) -> None:
        """The program ended when a download was done and its preparation was not noted yet."""
        for download in downloads:
            if download.state is DownloadState.DONE and download.source.wishes is not None:
                self._hand_over(download, download.source.wishes)

    def _hand_over(self, download: Download, wishes: Wishes) -> None:
        """The line among the downloads becomes one among the preparations."""
        self._imports.add(download.name, preparation_of(download.source, wishes, Path(download.folder)), wishes)
        self._queue.cancel(download.id)

    def _on_prepared_on_the_way(self, download: Download, report: RepackReport) -> None:
        """Nothing is left to do; the line among the downloads becomes one of a preparation that is done."""
        wishes = download.source.wishes
        assert wishes is not None
        self._wanted.pop(download.source, None)
        command = preparation_of(download.source, wishes, Path(download.folder))
        self._imports.add_done(download.name, command, wishes, report)
        self._queue.cancel(download.id)

    def _on_prepared(self, preparation: Preparation) -> None:
        if preparation.report is not None:
            self._library.open(Path(preparation.report.path), preparation.options)
