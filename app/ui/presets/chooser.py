"""Brings the header's preset button, the user's presets and the shown conversation together.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.core.chat.presets import ChosenPreset, StoredPreset
from app.services.chat_session import ChatSession
from app.services.presets import PresetLibrary
from app.ui.preset_words import shown_name
from app.ui.presets.button import PresetButton


class PresetChooser(QObject):
    """What the button chooses counts from the next reply on; a new chat begins with the default."""

    told = Signal(str)

    def __init__(self, button: PresetButton, session: ChatSession, library: PresetLibrary, window: QWidget) -> None:
        super().__init__(window)
        self._button = button
        self._session = session
        self._library = library
        self._window = window
        button.chosen.connect(lambda stored: self.choose(stored))
        button.values_requested.connect(self._ask_again)
        session.preset_changed.connect(button.show_preset)
        session.values_needed.connect(self._ask_and_send)
        library.changed.connect(self._on_presets)

    def choose(self, stored: StoredPreset, then: Callable[[], object] | None = None) -> None:
        """Answer with a preset from the next reply on, once its questions are answered; then go on."""

        def use(chosen: ChosenPreset) -> None:
            if then is None:
                self._use(chosen)
            else:
                self._session.use_preset(chosen)
                then()

        chosen = ChosenPreset(preset=stored.preset)
        if chosen.missing:
            self._ask(chosen, use)
        else:
            use(chosen)

    def _use(self, chosen: ChosenPreset) -> None:
        self._session.use_preset(chosen)
        if self._session.conversation is not None:
            self.told.emit(self.tr("“{name}” from the next reply on").format(name=shown_name(chosen.preset)))

    def _ask_again(self) -> None:
        if self._session.preset is not None:
            self._ask(self._session.preset, self._use)

    def _ask_and_send(self, chosen: ChosenPreset, text: str) -> None:
        def go_on(answered: ChosenPreset) -> None:
            self._session.use_preset(answered)
            self._session.send(text)

        self._ask(chosen, go_on)

    def _ask(self, chosen: ChosenPreset, then: Callable[[ChosenPreset], None]) -> None:
        from app.ui.presets.values import ValuesDialog

        dialog = ValuesDialog(chosen, self._window)
        dialog.answered.connect(then)
        dialog.open()

    def _on_presets(self, presets: list[StoredPreset]) -> None:
        self._button.set_presets(presets)
        if self._session.conversation is not None:
            return
        # A chat that has not begun follows its preset's changes; without one it takes the default.
        current = self._session.preset
        same = next((one for one in presets if current and one.preset.name == current.preset.name), None)
        if current is None or same is None:
            self._session.use_preset(self._library.chosen_for(None))
        elif same.preset != current.preset:
            self._session.use_preset(msgspec.structs.replace(current, preset=same.preset, system=None))
