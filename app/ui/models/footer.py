"""The picker's bottom line: what is known of the chosen variant's repo and disk space, and what to do with it.

Window process, interface thread.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.core.catalog.hub import RepoPage, Variant
from app.core.catalog.on_the_way import room_for
from app.core.checkpoints.preparing import Original
from app.core.paths import is_folder
from app.core.sizes import format_bytes
from app.services.fit_service import can_run, is_cut
from app.ui.chat.panel import set_primary
from app.ui.labels import tip
from app.ui.models import words


class Footer(QWidget):
    """Emits what the user asks for; shows what it is given."""

    card_requested = Signal()
    files_requested = Signal()
    download_requested = Signal()
    fitting_requested = Signal()
    folders_requested = Signal()

    def __init__(self, folder: Callable[[], Path], parent: QWidget | None = None) -> None:
        """`folder` tells where downloads go now."""
        super().__init__(parent)
        self._folder = folder
        self._facts = QLabel()
        self._facts.setProperty("kind", "small")
        self._facts.setWordWrap(True)
        self._facts.setTextFormat(Qt.TextFormat.PlainText)
        self._facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._card = QPushButton(self.tr("Model card"))
        self._files = QPushButton(self.tr("Show files"))
        self.download = QPushButton(self.tr("Download and chat"))
        self.fitting = QPushButton(self.tr("See what fits here"))
        self.folders = QPushButton(self.tr("Folders…"))
        set_primary(self.fitting, True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._facts, 1)
        for button, signal in (
            (self.folders, self.folders_requested),
            (self._card, self.card_requested),
            (self._files, self.files_requested),
            (self.download, self.download_requested),
            (self.fitting, self.fitting_requested),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(signal)
            row.addWidget(button)

    def show_chosen(
        self, page: RepoPage | None, variant: Variant | None, original: Original = Original.KEEP, *, fits: bool = True
    ) -> None:
        """Tell what is known, and offer what can be done; nothing where no variant is chosen.

        `original` is what is to become of a checkpoint; what does not fit is not what one is led to.
        """
        self.fitting.setVisible(variant is not None and not fits)
        for button in (self._card, self._files):
            button.setVisible(page is not None and bool(page.variants))
        self._card.setEnabled(page is not None and bool(page.card))
        self.download.setVisible(variant is not None)
        self.folders.hide()
        if page is None or variant is None:
            self._facts.setText("")
            return
        free, room = _free_bytes(self._folder()), _room(variant, original)
        refused = self._refused(page, variant, free, room)
        prepared = variant.becomes
        self._name_download(is_prepared=prepared is not None, fits=fits)
        self.download.setEnabled(not refused)
        self.folders.setVisible(0 < free < room)
        self.download.setToolTip(tip(refused))
        size = self.tr("{size} to download").format(size=format_bytes(variant.bytes))
        if prepared:
            size += self.tr(", {size} on disk until the original is removed").format(size=format_bytes(room))
        if free:
            size += self.tr(", {free} free on disk").format(free=format_bytes(free))
        self._facts.setText(refused or " · ".join([*words.page_facts(page), size]))

    def _name_download(self, *, is_prepared: bool, fits: bool) -> None:
        if not fits:
            self.download.setText(self.tr("Download anyway"))
        else:
            self.download.setText(self.tr("Download and prepare") if is_prepared else self.tr("Download and chat"))
        set_primary(self.download, fits)

    def _refused(self, page: RepoPage, variant: Variant, free: int, room: int) -> str:
        """Why it cannot be downloaded to chat with; empty when it can."""
        if page.refusal is not None:
            return page.refusal.error().sentence
        if is_cut(variant):
            return self.tr("Parley cannot join the pieces of this file yet; choose another variant.")
        if variant.refusal is not None:
            error = variant.refusal.error()
            return f"{error.sentence} {error.next_step}"
        if not can_run(variant):
            return self.tr("The headers of these files could not be read; choose another variant.")
        if 0 < free < room:
            text = self.tr("The disk has too little room: {size} are needed, {free} are free.")
            return text.format(size=format_bytes(room), free=format_bytes(free))
        return ""


def _room(variant: Variant, original: Original) -> int:
    """What it takes on disk at most: the files, and what is made of them."""
    return room_for(variant.files, variant.becomes.bytes, original) if variant.becomes is not None else variant.bytes


def _free_bytes(folder: Path) -> int:
    """Free space where the folder is or will be; 0 where it cannot be told."""
    place = next((path for path in (folder, *folder.parents) if is_folder(path)), None)
    try:
        return shutil.disk_usage(place).free if place else 0
    except OSError:
        return 0
