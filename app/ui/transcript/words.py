"""The transcript's own words, in the user's language.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def words(text: str) -> str:
    """Text for the user, in the user's language."""
    return QCoreApplication.translate("Transcript", text)
