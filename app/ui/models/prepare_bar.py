"""Under the picker's bars: what preparing the chosen variant does to it, and how the user wants it done.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.core.catalog.hub import Prepared, Variant
from app.core.checkpoints.repack import TypeChoice
from app.core.sizes import format_bytes
from app.ui.icons import ComboBox
from app.ui.models import prepare_words

_AS_STORED = "as-stored"


class PrepareBar(QFrame):
    """Shows nothing for a variant that is a GGUF file already. `removes` says that the original is not wanted then."""

    changed = Signal()

    def __init__(self, *, removes: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._variant: Variant | None = None
        self._text = QLabel()
        self._text.setProperty("kind", "muted")
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.types = ComboBox()
        self.types.setAccessibleName(self.tr("Prepare as"))
        self.types.currentIndexChanged.connect(self.changed)
        self.remove = QCheckBox(self.tr("Remove the original once the result is verified"))
        self.remove.setChecked(removes)
        self.remove.toggled.connect(self.changed)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.types)
        row.addWidget(self.remove)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(8)
        column.addWidget(self._text)
        column.addLayout(row)
        self.hide()

    @property
    def text(self) -> str:
        """What will happen, in words."""
        return self._text.text()

    @property
    def choice(self) -> TypeChoice | None:
        """The type that an unquantized model is to become; None is to stay what it is."""
        value = self.types.currentData()
        return TypeChoice(value) if value and value != _AS_STORED else None

    def chosen(self, variant: Variant) -> Variant:
        """A variant as it would be prepared by what is chosen here."""
        return variant.prepared_as(self.choice) if self.types.count() else variant

    def show_variant(self, variant: Variant | None) -> None:
        """Explain what becomes of a variant."""
        prepared = variant.becomes if variant is not None else None
        if variant is None or prepared is None:
            self._variant = None
            self.hide()
            return
        if self._variant is None or _offered(variant) != _offered(self._variant):
            self._offer(variant)
        self._variant = variant
        chosen = variant.prepared_as(self.choice).becomes if len(variant.prepared) > 1 else prepared
        self._text.setText(self._sentence(chosen or prepared))
        self.show()

    def _sentence(self, prepared: Prepared) -> str:
        made = self.tr("Parley makes a GGUF model of {size} of it.").format(size=format_bytes(prepared.bytes))
        return f"{made} {prepare_words.will_happen(prepared)}"

    def _offer(self, variant: Variant) -> None:
        self.types.blockSignals(True)
        self.types.clear()
        if len(variant.prepared) > 1:
            for one in variant.prepared:
                if one.choice is None:
                    self.types.addItem(self.tr("Keep {type}").format(type=one.type), _AS_STORED)
                else:
                    self.types.addItem(self.tr("Make {type}").format(type=one.type), one.choice.value)
        self.types.setVisible(bool(self.types.count()))
        self.types.blockSignals(False)


def _offered(variant: Variant) -> list[tuple[str, TypeChoice | None]]:
    return sorted(((one.type, one.choice) for one in variant.prepared), key=str)
