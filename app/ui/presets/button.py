"""The header's preset button and its menu: how the next reply is made.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.core.chat.presets import ChosenPreset, StoredPreset
from app.ui.icons import icon
from app.ui.labels import tip
from app.ui.name_button import NameButton
from app.ui.preset_words import shown_description, shown_name

MAX_WIDTH = 180


class PresetButton(NameButton):
    """The preset's name; pressed, it opens the menu."""

    chosen = Signal(object)  # StoredPreset
    manage_requested = Signal()
    values_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(MAX_WIDTH, Qt.TextElideMode.ElideRight, parent)
        self._presets: Sequence[StoredPreset] = ()
        self._current: ChosenPreset | None = None
        self.drop_down.setToolTipsVisible(True)
        self.show_preset(None)

    def show_preset(self, current: ChosenPreset | None) -> None:
        """Name the preset of the next reply."""
        self._current = current
        name = shown_name(current.preset) if current else self.tr("No preset")
        self.setAccessibleName(self.tr("Preset: {name}").format(name=name))
        self.setToolTip(tip(shown_description(current.preset)) if current else "")
        self.set_name(name)

    def set_presets(self, presets: Sequence[StoredPreset]) -> None:
        """What the menu offers."""
        self._presets = presets

    def open_menu(self) -> None:
        """Show the menu as things stand now."""
        self._fill()
        super().open_menu()

    def _fill(self) -> None:
        menu = self.drop_down
        menu.clear()
        current = self._current.preset.name.casefold() if self._current else ""
        for stored in self._presets:
            name = stored.preset.name
            action = menu.addAction(shown_name(stored.preset).replace("&", "&&"), partial(self.chosen.emit, stored))
            action.setToolTip(tip(shown_description(stored.preset)))
            action.setCheckable(True)
            if name.casefold() == current:
                action.setChecked(True)
                action.setIcon(icon("check", self))
        menu.addSeparator()
        if self._current is not None and self._current.preset.free_variables:
            menu.addAction(icon("pencil", self), self.tr("Its values…"), self.values_requested.emit)
        menu.addAction(icon("options", self), self.tr("Edit presets…"), self.manage_requested.emit)
