"""Tells the user of something that ended while the window was not looked at.

Window process, interface thread. On Linux the desktop's notification portal is asked over D-Bus; elsewhere,
and where there is none, an icon in the system tray speaks, as long as the desktop has a tray.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from app.ui.icons import pixmap

if TYPE_CHECKING:
    from PySide6.QtDBus import QDBusPendingCallWatcher

_PORTAL = "org.freedesktop.portal.Desktop"
_PORTAL_PATH = "/org/freedesktop/portal/desktop"
_PORTAL_INTERFACE = "org.freedesktop.portal.Notification"
_SHOWN_MS = 10_000
_TRAY_ICON_PIXELS = 32


class Notifier(Protocol):
    """A way to show a short message outside of the window."""

    def notify(self, title: str, text: str, failed: Callable[[], None]) -> None:
        """Show it; `failed` is called, now or later, if that cannot be."""


class PortalNotifier(QObject):
    """The portal's `AddNotification`; a later message takes the place of the one before."""

    def notify(self, title: str, text: str, failed: Callable[[], None]) -> None:
        """See `Notifier`."""
        from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher

        bus = QDBusConnection.sessionBus()
        if not bus.isConnected():
            failed()
            return
        message = QDBusMessage.createMethodCall(_PORTAL, _PORTAL_PATH, _PORTAL_INTERFACE, "AddNotification")
        message.setArguments(["parley", {"title": title, "body": text}])
        watcher = QDBusPendingCallWatcher(bus.asyncCall(message), self)

        def end(call: QDBusPendingCallWatcher) -> None:
            call.deleteLater()
            if call.isError():
                failed()

        watcher.finished.connect(end)


class TrayNotifier(QObject):
    """A message of an icon in the system tray, which is there only as long as the message."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._tray: QSystemTrayIcon | None = None

    def notify(self, title: str, text: str, failed: Callable[[], None]) -> None:
        """See `Notifier`."""
        if not QSystemTrayIcon.isSystemTrayAvailable() or not QSystemTrayIcon.supportsMessages():
            failed()
            return
        if self._tray is None:
            color = self._window.palette().color(QPalette.ColorRole.Accent)
            self._tray = QSystemTrayIcon(QIcon(pixmap("chat", color, 1.0, _TRAY_ICON_PIXELS)), self)
            self._tray.messageClicked.connect(self._window.activateWindow)
        self._tray.show()
        self._tray.showMessage(title, text, self._tray.icon(), _SHOWN_MS)
        QTimer.singleShot(_SHOWN_MS, self._tray, self._tray.hide)


class Attention(QObject):
    """Asks for the user's attention, unless the window has it; the first way that works is taken."""

    def __init__(self, window: QWidget, notifiers: tuple[Notifier, ...]) -> None:
        super().__init__(window)
        self._window = window
        self._notifiers = notifiers

    def ask(self, title: str, text: str) -> None:
        """Mark the window in the task bar, and show a message."""
        if not self._window.window().isActiveWindow():
            QApplication.alert(self._window.window())
            self._try(self._notifiers, title, text)

    def _try(self, notifiers: tuple[Notifier, ...], title: str, text: str) -> None:
        if notifiers:
            notifiers[0].notify(title, text, lambda: self._try(notifiers[1:], title, text))


def desktop_notifiers(window: QWidget) -> tuple[Notifier, ...]:
    """The ways this system may have, the best one first."""
    tray = TrayNotifier(window)
    return (PortalNotifier(window), tray) if sys.platform == "linux" else (tray,)
