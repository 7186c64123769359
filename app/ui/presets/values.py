"""The questions a preset asks before it begins: a value for each of its free variables.

Window process, interface thread.
"""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.core.chat.presets import ChosenPreset
from app.ui.fitting_dialog import FittingDialog
from app.ui.preset_words import shown_name


class ValuesDialog(FittingDialog):
    """One field for each variable; `answered` carries the preset with its values."""

    answered = Signal(object)  # ChosenPreset

    def __init__(self, chosen: ChosenPreset, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen = chosen
        self.setWindowTitle(shown_name(chosen.preset))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(400)
        heading = QLabel(self.tr("“{name}” needs to know").format(name=shown_name(chosen.preset)))
        heading.setProperty("kind", "heading")
        heading.setTextFormat(Qt.TextFormat.PlainText)
        heading.setWordWrap(True)
        form = QFormLayout()
        form.setSpacing(12)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.fields: dict[str, QLineEdit] = {}
        for name in chosen.preset.free_variables:
            field = QLineEdit(chosen.values.get(name, ""))
            field.setAccessibleName(name)
            field.textChanged.connect(self._judge)
            form.addRow(name.replace("_", " ").capitalize(), field)
            self.fields[name] = field
        buttons = QDialogButtonBox()
        self.use = buttons.addButton(self.tr("Use"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.use.setDefault(True)
        buttons.addButton(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addWidget(heading)
        column.addLayout(form)
        column.addWidget(buttons)
        self._judge()

    def accept(self) -> None:
        """Hand the values over."""
        values = {name: field.text().strip() for name, field in self.fields.items()}
        self.answered.emit(msgspec.structs.replace(self._chosen, values=values, system=None))
        super().accept()

    def _judge(self) -> None:
        self.use.setEnabled(all(field.text().strip() for field in self.fields.values()))
