"""Shows a folder in the system's own program for files.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget

from app.ui.text_dialog import MessageDialog


def reveal(folder: str, parent: QWidget) -> None:
    """Open a folder; where the system has nothing that does, say which one it is."""
    if QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
        return
    dialog = MessageDialog(_tr("Folder"), _tr("This system has no program that opens folders."), folder, parent)
    dialog.add_button(_tr("Copy"), lambda: QGuiApplication.clipboard().setText(folder))
    dialog.add_button(_tr("Close"), dialog.accept, default=True)
    dialog.open()


def _tr(text: str) -> str:
    return QCoreApplication.translate("Reveal", text)
