"""The fields of the settings, chosen by what a setting is.

Window process, interface thread. A field shows a value and tells what the user makes of it; whoever owns it
decides whether that may be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from app.core.program.setting import Form, Setting, Unit
from app.ui.file_dialogs import ask_file
from app.ui.icons import ComboBox
from app.ui.number_boxes import NumberBox
from app.ui.settings.folders_field import FoldersEdit
from app.ui.settings.keys_field import KeysButton
from app.ui.settings.switch import Switch
from app.ui.settings.words import said

_WIDTH = 216
_KILO = 1000
_MOST = 2_000_000_000


class Field(QObject):
    """A widget for one value, and how it shows one; `is_wide` ones stand below their title instead of beside it.

    One that `keeps_refused` goes on showing what may not be, so that it can be mended.
    """

    edited = Signal(object)  # the value that the user wants
    is_wide = False
    keeps_refused = False

    def __init__(self, widget: QWidget, name: str, show: Callable[[object], None]) -> None:
        super().__init__(widget)
        self.widget = widget
        self._show = show
        widget.setAccessibleName(name)

    def show_value(self, value: object) -> None:
        """Show a value without telling of it."""
        self._show(value)


class SwitchField(Field):
    """On or off."""

    def __init__(self, name: str) -> None:
        self._switch = Switch(name)
        super().__init__(self._switch, name, self._show_value)
        self._switch.clicked.connect(lambda on: self.edited.emit(on))

    def _show_value(self, value: object) -> None:
        self._switch.setChecked(bool(value))


class ChoiceField(Field):
    """One of a few; the choices may change."""

    def __init__(self, name: str, choices: Sequence[tuple[object, str]]) -> None:
        self._box = ComboBox()
        self._box.setMinimumWidth(_WIDTH)
        super().__init__(self._box, name, self._show_value)
        self.set_choices(choices)
        self._box.activated.connect(lambda _: self.edited.emit(self._box.currentData()))

    def set_choices(self, choices: Sequence[tuple[object, str]]) -> None:
        """Offer these values, each by its name."""
        current = self._box.currentData()
        self._box.clear()
        for value, text in choices:
            self._box.addItem(text, value)
        self.show_value(current)

    def _show_value(self, value: object) -> None:
        """One that is no longer offered stands there all the same."""
        place = self._box.findData(value)
        if place < 0 and value:
            self._box.addItem(str(value), value)
            place = self._box.count() - 1
        self._box.setCurrentIndex(place)


class NumberField(Field):
    """A number in its unit; bytes per second are shown in thousands."""

    def __init__(self, name: str, setting: Setting) -> None:
        self._box = NumberBox()
        self._box.setMinimumWidth(_WIDTH)
        self._box.setKeyboardTracking(False)
        self._box.setGroupSeparatorShown(True)
        super().__init__(self._box, name, self._show_value)
        self._scale = _KILO if setting.unit is Unit.BYTES_PER_SECOND else 1
        least = int(setting.minimum or 0) // self._scale
        most = min(int(setting.maximum if setting.maximum is not None else _MOST) // self._scale, _MOST)
        self._box.setRange(least, most)
        self._box.setSuffix(self._suffix(setting.unit))
        if least == 0 and setting.unit is not Unit.NONE:
            self._box.setSpecialValueText(self.tr("No limit") if self._scale > 1 else self.tr("Never"))
        if setting.unit is Unit.PERCENT:
            self._box.setSingleStep(10)
        self._box.valueChanged.connect(lambda value: self.edited.emit(value * self._scale))

    def _show_value(self, value: object) -> None:
        self._box.blockSignals(True)
        self._box.setValue(int(str(value)) // self._scale)
        self._box.blockSignals(False)

    def _suffix(self, unit: Unit) -> str:
        return {
            Unit.NONE: "",
            Unit.PERCENT: " %",
            Unit.MINUTES: " " + self.tr("minutes"),
            Unit.BYTES_PER_SECOND: " kB/s",
        }[unit]


class TextField(Field):
    """A line of text; it counts when Enter is pressed or the field is left."""

    keeps_refused = True

    def __init__(self, name: str) -> None:
        self._edit = QLineEdit()
        self._edit.setMinimumWidth(_WIDTH)
        super().__init__(self._edit, name, self._show_value)
        self._edit.editingFinished.connect(lambda: self.edited.emit(self._edit.text().strip()))

    def _show_value(self, value: object) -> None:
        """What is being typed stays."""
        if not self._edit.hasFocus() or not self._edit.isModified():
            self._edit.setText(str(value))


class AddressField(TextField):
    """An address, which may be long."""

    is_wide = True


class FileField(Field):
    """The path of a file, typed or chosen."""

    is_wide = True
    keeps_refused = True

    def __init__(self, name: str, pattern: Callable[[], str]) -> None:
        widget = QWidget()
        super().__init__(widget, name, self._show_value)
        self._edit = QLineEdit()
        self._edit.setAccessibleName(name)
        choose = QPushButton(self.tr("Choose…"))
        choose.setAutoDefault(False)
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._edit, 1)
        row.addWidget(choose)
        widget.setFocusProxy(self._edit)
        self._pattern = pattern
        self._edit.editingFinished.connect(lambda: self.edited.emit(self._edit.text().strip()))
        choose.clicked.connect(self._choose)

    def _show_value(self, value: object) -> None:
        self._edit.setText(str(value))

    def _choose(self) -> None:
        def take(chosen: Path) -> None:
            self.edited.emit(str(chosen))

        ask_file(self.widget.window(), "", take, filters=self._pattern(), start=self._edit.text())


class FoldersField(Field):
    """Several folders in their order."""

    is_wide = True

    def __init__(self, name: str) -> None:
        self._edit = FoldersEdit(name)
        super().__init__(self._edit, name, self._show_value)
        self._edit.edited.connect(lambda lines: self.edited.emit(lines))

    def _show_value(self, value: object) -> None:
        self._edit.set_folders(str(value))


class KeysField(Field):
    """A key combination."""

    def __init__(self, name: str) -> None:
        self._button = KeysButton(name)
        super().__init__(self._button, name, self._show_value)
        self._button.recorded.connect(lambda keys: self.edited.emit(keys))

    def _show_value(self, value: object) -> None:
        self._button.set_keys(str(value))


def make_field(setting: Setting) -> Field:
    """The field for a setting; the choices of a preset's are to be set by whoever knows them."""
    name = said(setting.title)
    if isinstance(setting.default, bool):
        return SwitchField(name)
    if setting.choices:
        return ChoiceField(name, [(value, said(text)) for value, text in setting.choices])
    if isinstance(setting.default, int | float):
        return NumberField(name, setting)
    match setting.form:
        case Form.FOLDERS:
            return FoldersField(name)
        case Form.FILE:
            return FileField(name, lambda: "PEM (*.pem *.crt *.cer);;(*)")
        case Form.KEYS:
            return KeysField(name)
        case Form.PRESET:
            return ChoiceField(name, [])
        case Form.ADDRESS:
            return AddressField(name)
    return TextField(name)
