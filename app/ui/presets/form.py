"""The fields of a preset.

Window process, interface thread.
"""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app.core.chat.presets import KNOWN_VARIABLES, MAX_NAME, Preset, Reasoning
from app.core.engine.templates import template_names
from app.ui.icons import ComboBox
from app.ui.number_boxes import FractionBox, NumberBox
from app.ui.preset_words import shown_description, shown_name

_LEAST_CONTEXT = 64
_MOST = 16_777_216
_MOST_SEED = 2_147_483_647
_LIST_ROWS = 3
_LEAST_WIDTH = 88
_WIDEST_FRACTION = "-0.00"
_AROUND = 60
"""What a field has beside its words, in pixels."""


class PresetForm(QWidget):
    """Shows a preset and makes one of what the fields say; options without a field stay as they were."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._base = Preset(name="")
        self.name = QLineEdit()
        self.name.setMaxLength(MAX_NAME)
        self.description = QLineEdit()
        self.system = QPlainTextEdit()
        self.system.setProperty("kind", "field")
        self.system.setTabChangesFocus(True)
        self.system.setMinimumHeight(140)
        self.variables = QLabel()
        self.variables.setProperty("kind", "small")
        self.variables.setWordWrap(True)
        self.variables.setTextFormat(Qt.TextFormat.PlainText)
        self._make_options()
        self._lay_out()
        self._name_all()
        for line in (self.name, self.description):
            line.textEdited.connect(lambda _: self.edited.emit())
        for text in (self.system, self.stop):
            text.textChanged.connect(self.edited)
        for box in (self.template, self.reasoning):
            box.activated.connect(lambda _: self.edited.emit())
        for fraction in self.fractions.values():
            fraction.valueChanged.connect(lambda _: self.edited.emit())
        for count in self.counts.values():
            count.valueChanged.connect(lambda _: self.edited.emit())
        self.edited.connect(self._show_variables)

    @property
    def shown(self) -> Preset:
        """The preset as it was given, whatever the fields say by now."""
        return self._base

    def settle(self, preset: Preset) -> None:
        """Take what the fields say for what was given; the cursor stays where it is."""
        self._base = preset

    def show_preset(self, preset: Preset) -> None:
        """Show a preset without telling of it."""
        self._base, sampling = preset, preset.sampling
        self.blockSignals(True)
        self.name.setText(shown_name(preset))
        self.description.setText(shown_description(preset))
        self.system.setPlainText(preset.system)
        self.stop.setPlainText("\n".join(_escaped(text) for text in sampling.stop))
        self._list_templates()  # the user's own may be others than before
        self.template.setCurrentIndex(max(0, self.template.findData(preset.template)))
        self.reasoning.setCurrentIndex(self.reasoning.findData(preset.reasoning.value))
        for name, fraction in self.fractions.items():
            fraction.setValue(getattr(sampling, name))
        for name, count in self.counts.items():
            value = preset.context_limit if name == "context_limit" else getattr(sampling, name)
            count.setValue(count.minimum() if value is None else value)
        self.blockSignals(False)
        self._show_variables()

    def preset(self) -> Preset:
        """What the fields say; it may have no name yet."""
        left_open = {name: None if box.value() == box.minimum() else box.value() for name, box in self.counts.items()}
        limit = left_open.pop("context_limit")
        sampling = {
            **{name: self._fraction(name, box) for name, box in self.fractions.items()},
            **left_open,
            "top_k": self.counts["top_k"].value(),
            "stop": tuple(_unescaped(line) for line in self.stop.toPlainText().splitlines() if line),
        }
        return msgspec.structs.replace(
            self._base,
            name=_kept(" ".join(self.name.text().split()), shown_name(self._base), self._base.name),
            description=_kept(self.description.text().strip(), shown_description(self._base), self._base.description),
            system=self.system.toPlainText(),
            sampling=msgspec.structs.replace(self._base.sampling, **sampling),
            template=self.template.currentData(),
            reasoning=Reasoning(self.reasoning.currentData()),
            context_limit=limit,
        )

    def _fraction(self, name: str, box: FractionBox) -> float:
        """A value the box cannot show whole stays as it was until it is changed."""
        old: float = getattr(self._base.sampling, name)
        return old if round(old, box.decimals()) == box.value() else round(box.value(), box.decimals())

    def _make_options(self) -> None:
        self.fractions = {
            "temperature": _fraction(5.0, 0.05),
            "top_p": _fraction(1.0, 0.01),
            "min_p": _fraction(1.0, 0.01),
            "repeat_penalty": _fraction(5.0, 0.05),
            "frequency_penalty": _fraction(2.0, 0.1, least=-2.0),
            "presence_penalty": _fraction(2.0, 0.1, least=-2.0),
        }
        self.fractions["repeat_penalty"].setMinimum(0.01)
        self.counts = {
            "top_k": _count(0, 100_000, ""),
            "max_tokens": _count(0, _MOST, self.tr("No limit"), self.tr("tokens")),
            "seed": _count(-1, _MOST_SEED, self.tr("Random")),
            "context_limit": _count(_LEAST_CONTEXT - 1, _MOST, self.tr("All that fits"), self.tr("tokens")),
        }
        self.stop = QPlainTextEdit()
        self.stop.setProperty("kind", "field")
        self.stop.setTabChangesFocus(True)
        self.stop.setFixedHeight(self.stop.fontMetrics().lineSpacing() * _LIST_ROWS + 18)
        self.stop.setPlaceholderText(self.tr("One on each line; \\n is a line break"))
        self.template = ComboBox()
        self._list_templates()
        self.reasoning = ComboBox()
        names = {
            Reasoning.AUTO: self.tr("As the model does"),
            Reasoning.ON: self.tr("Think first"),
            Reasoning.OFF: self.tr("Answer at once"),
        }
        for kind, text in names.items():
            self.reasoning.addItem(text, kind.value)
        for box in (self.template, self.reasoning):
            box.setMinimumWidth(_LEAST_WIDTH)

    def _list_templates(self) -> None:
        self.template.clear()
        self.template.addItem(self.tr("The model's own"), "")
        for name in template_names():
            self.template.addItem(name, name)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        top = QFormLayout()
        top.setSpacing(12)
        top.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        top.addRow(self.tr("Name"), self.name)
        top.addRow(self.tr("Description"), self.description)
        column.addLayout(top)
        column.addWidget(_heading(self.tr("System prompt")))
        column.addWidget(self.system, 1)
        column.addWidget(self.variables)
        column.addWidget(_heading(self.tr("Answer")))
        column.addLayout(self._options_grid())

    def _options_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        pairs = [
            (self.tr("Temperature"), self.fractions["temperature"]),
            (self.tr("Longest reply"), self.counts["max_tokens"]),
            (self.tr("Top-p"), self.fractions["top_p"]),
            (self.tr("Reads at most"), self.counts["context_limit"]),
            (self.tr("Top-k"), self.counts["top_k"]),
            (self.tr("Seed"), self.counts["seed"]),
            (self.tr("Min-p"), self.fractions["min_p"]),
            (self.tr("Reasoning"), self.reasoning),
            (self.tr("Repeat penalty"), self.fractions["repeat_penalty"]),
            (self.tr("Chat template"), self.template),
            (self.tr("Frequency penalty"), self.fractions["frequency_penalty"]),
            (self.tr("Presence penalty"), self.fractions["presence_penalty"]),
        ]
        for place, (name, field) in enumerate(pairs):
            row, side = divmod(place, 2)
            label = QLabel(name)
            label.setBuddy(field)
            field.setAccessibleName(name)
            grid.addWidget(label, row, side * 2)
            grid.addWidget(field, row, side * 2 + 1)
        grid.addWidget(QLabel(self.tr("Stop at")), len(pairs) // 2, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.stop, len(pairs) // 2, 1, 1, 3)
        grid.setColumnStretch(1, 2)
        grid.setColumnStretch(3, 3)
        return grid

    def _name_all(self) -> None:
        for field, name in (
            (self.name, self.tr("Name")),
            (self.description, self.tr("Description")),
            (self.system, self.tr("System prompt")),
            (self.stop, self.tr("Stop at")),
        ):
            field.setAccessibleName(name)

    def _show_variables(self) -> None:
        preset = Preset(name="", system=self.system.toPlainText())
        known = ", ".join(f"{{{{{name}}}}}" for name in KNOWN_VARIABLES)
        text = self.tr("Filled in by itself: {names}. Any other name in double braces is asked for.")
        text = text.replace("{names}", known)
        if preset.free_variables:
            asked = self.tr("Asked for at the start: {names}.").replace("{names}", ", ".join(preset.free_variables))
            text = f"{asked} {text}"
        self.variables.setText(text)


def _kept(text: str, shown: str, own: str) -> str:
    """What a field says; its preset's own words where it still says them in the user's language."""
    return own if text == shown else text


def _fraction(most: float, step: float, *, least: float = 0.0) -> FractionBox:
    box = FractionBox()
    box.setMinimumWidth(_width_for(box, _WIDEST_FRACTION))
    box.setRange(least, most)
    box.setDecimals(2)
    box.setSingleStep(step)
    return box


def _count(least: int, most: int, left_open: str, unit: str = "") -> NumberBox:
    box = NumberBox()
    box.setMinimumWidth(_width_for(box, left_open))
    box.setSuffix(f" {unit}" if unit else "")
    box.setRange(least, most)
    box.setSpecialValueText(left_open)
    box.setGroupSeparatorShown(True)
    return box


def _width_for(box: QWidget, words: str) -> int:
    return max(_LEAST_WIDTH, box.fontMetrics().horizontalAdvance(words) + _AROUND)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("kind", "heading")
    return label


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _unescaped(line: str) -> str:
    parts = line.split("\\\\")
    return "\\".join(part.replace("\\n", "\n") for part in parts)
