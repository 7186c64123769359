"""What the presets' window asks before it does something.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.ui.file_dialogs import ask_file, ask_target
from app.ui.text_dialog import MessageDialog


def ask_delete(window: QWidget, name: str, heir: str, delete: Callable[[], None]) -> None:
    """Whether a preset may go; `heir` is what new chats begin with then, if they begin with this one."""
    heading, text = _tr("Delete “{name}”?").format(name=name), _tr("Chats that use it keep what they have.")
    if heir:
        text = f"{text} {_tr('New chats begin with “{name}” then.').format(name=heir)}"
    dialog = MessageDialog(_tr("Delete"), heading, text, window)
    dialog.add_button(_tr("Keep"), dialog.reject, default=True)
    dialog.add_button(_tr("Delete"), delete)
    dialog.open()


def ask_unsaved(window: QWidget, give_up: Callable[[], None], save: Callable[[], None]) -> None:
    """What is to become of unsaved changes."""
    heading = _tr("Some changes are not saved.")
    dialog = MessageDialog(_tr("Presets"), heading, _tr("Save them, or give them up?"), window)
    dialog.add_button(_tr("Give up"), give_up)
    dialog.add_button(_tr("Save"), save, default=True)
    dialog.open()


def ask_import(window: QWidget, take: Callable[[Path], None]) -> None:
    """Which file to read."""
    ask_file(window, _tr("Import presets"), take, filters="TOML (*.toml);;(*)")


def ask_export(window: QWidget, name: str, write: Callable[[Path], None]) -> None:
    """Which file to write."""
    file = f"{name.replace('/', '-')}.toml"
    ask_target(window, _tr("Export presets"), file, ["TOML (*.toml)"], lambda chosen, _form: write(chosen))


def _tr(text: str) -> str:
    return QCoreApplication.translate("PresetQuestions", text)
