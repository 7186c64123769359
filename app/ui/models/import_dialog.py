"""Before a local folder of safetensors is prepared: what becomes of it, and how the user wants it done.

Window process, interface thread. The folder was looked at by the service that shows this.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.core.catalog.hub import Variant
from app.core.checkpoints.preparing import Original, Wishes
from app.core.sizes import format_bytes
from app.ui.fitting_dialog import FittingDialog
from app.ui.labels import plain_label
from app.ui.models.prepare_bar import PrepareBar


class ImportDialog(FittingDialog):
    """Names the folder and what it holds; a folder that cannot be prepared says why."""

    wished = Signal(object)  # Wishes

    def __init__(
        self, folder: Path, variant: Variant, prompt_template: str, into: Path, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._variant = variant
        self._prompt_template = prompt_template
        self.setWindowTitle(self.tr("Import a folder"))
        self.setMinimumWidth(640)
        heading = plain_label("heading", folder.name)
        facts = plain_label("muted", f"{variant.quantization} · {format_bytes(variant.bytes)}")
        self.bar = PrepareBar(removes=False)
        self.bar.remove.setText(self.tr("Move the original to the trash once the result is verified"))
        self.bar.changed.connect(lambda: self.bar.show_variant(variant))
        self._place = plain_label("small", self.tr("The model goes to {folder}.").format(folder=into))
        self._place.setWordWrap(True)
        cancel = QPushButton(self.tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.prepare = QPushButton(self.tr("Prepare"))
        self.prepare.setProperty("kind", "primary")
        self.prepare.setDefault(True)
        self.prepare.clicked.connect(self._wish)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.prepare)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        for widget in (heading, facts, self.bar, self._place):
            column.addWidget(widget)
        column.addLayout(buttons)
        self.bar.show_variant(variant)
        self._show_refusal()

    @property
    def refusal(self) -> str:
        """Why it cannot be prepared; empty if it can."""
        if self._variant.refusal is None:
            return ""
        error = self._variant.refusal.error()
        return f"{error.sentence} {error.next_step}"

    def _show_refusal(self) -> None:
        if self.refusal:
            self.prepare.setEnabled(False)
            self._place.setText(self.refusal)

    def _wish(self) -> None:
        original = Original.TRASH if self.bar.remove.isChecked() else Original.KEEP
        self.wished.emit(Wishes(choice=self.bar.choice, original=original, prompt_template=self._prompt_template))
        self.accept()
