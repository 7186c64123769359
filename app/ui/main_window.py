"""The window's frame: theme, place on the screen, and the colours that are seen first.

It needs so little that it is on the screen before the chat has been imported; `MainView` is put into
it afterwards.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtWidgets import QApplication, QMainWindow

from app.core.program.setting_errors import InvalidOption
from app.ui.theme import COMFORTABLE, COMPACT, Appearance, Density, ThemeSource

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from app.services.preferences import Preferences


class MainWindow(QMainWindow):
    """Parley's window; `closing` is the moment to remember what should be found again."""

    closing = Signal()
    errand_requested = Signal(object)  # what is to be done while no window is open

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._preferences = preferences
        self.theme = ThemeSource(
            application,
            Appearance(str(preferences.get("appearance.theme"))),
            self,
            text_percent=int(preferences.get("appearance.text_size")),
            density=_density(preferences.get("appearance.density")),
        )
        if preferences.get("appearance.reduced_motion"):
            self.theme.set_still(True)
        preferences.changed.connect(self._follow)
        self.setWindowTitle("Parley")
        self.setMinimumSize(480, 480)
        self.resize(1280, 800)
        geometry = str(preferences.get("window.geometry"))
        if geometry:
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode()))

    def _follow(self, key: str, value: object) -> None:
        """Look as the settings say from now on."""
        match key:
            case "appearance.theme":
                self.theme.choose(Appearance(str(value)))
            case "appearance.text_size":
                self.theme.set_text_size(int(str(value)))
            case "appearance.density":
                self.theme.set_density(_density(value))
            case "appearance.reduced_motion":
                self.theme.set_still(bool(value))

    def leave_for(self, errand: object) -> None:
        """Close, so that something can be done that needs everything closed."""
        self.errand_requested.emit(errand)
        self.close()

    def come_forward(self) -> None:
        """Stand in front of the other windows, or ask for attention where the system allows no more."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        QApplication.alert(self)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember where the window stood."""
        with suppress(InvalidOption):
            self._preferences.set("window.geometry", bytes(self.saveGeometry().toBase64().data()).decode())
        self.closing.emit()
        super().closeEvent(event)


def _density(value: object) -> Density:
    return COMPACT if value == "compact" else COMFORTABLE
