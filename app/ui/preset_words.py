"""What presets are called in the window: those that ship with Parley, in the user's language.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.core.chat.presets import Preset


def shown_name(preset: Preset) -> str:
    """Its name; the user's own stay as they are."""
    return QCoreApplication.translate("Presets", preset.name)


def shown_description(preset: Preset) -> str:
    """What it is for."""
    return QCoreApplication.translate("Presets", preset.description) if preset.description else ""
