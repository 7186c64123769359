"""What the presets' window asks before it does something.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.ui.text_dialog import MessageDialog


def ask_delete(window: QWidget, name: str, delete: Callable[[], None]) -> None:
    """Whether a preset may go."""
    heading = _tr("Delete “{name}”?").format(name=name)
    dialog = MessageDialog(_tr("Delete"), heading, _tr("Chats that use it keep what they have."), window)
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
    dialog = QFileDialog(window, _tr("Import presets"), "", "TOML (*.toml);;(*)")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda chosen: take(Path(chosen)))
    dialog.open()


def ask_export(window: QWidget, name: str, write: Callable[[Path], None]) -> None:
    """Which file to write."""
    dialog = QFileDialog(window, _tr("Export presets"), f"{name.replace('/', '-')}.toml", "TOML (*.toml)")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("toml")
    dialog.fileSelected.connect(lambda chosen: write(Path(chosen)))
    dialog.open()


def _tr(text: str) -> str:
    return QCoreApplication.translate("PresetQuestions", text)
