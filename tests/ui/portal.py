"""A stand-in for the desktop's notification portal, and a program that tells it of something.

python -m tests.ui.portal serve | notify; `serve` prints the calls it gets, `notify` whether they failed.
"""

from __future__ import annotations

import json
import signal
import sys

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusVirtualObject
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.notifications import PortalNotifier


class Portal(QDBusVirtualObject):
    def introspect(self, path: str) -> str:
        return ""

    def handleMessage(self, message: QDBusMessage, connection: QDBusConnection) -> bool:
        print(json.dumps([message.interface(), message.member(), message.signature()]), flush=True)
        connection.send(message.createReply([]))
        return True


def serve() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    application = QCoreApplication([])
    bus, portal = QDBusConnection.sessionBus(), Portal()
    assert bus.registerVirtualObject("/org/freedesktop/portal/desktop", portal)
    assert bus.registerService("org.freedesktop.portal.Desktop")
    print("ready", flush=True)
    application.exec()


def notify() -> None:
    application = QApplication([])
    window = QWidget()
    failures: list[str] = []

    def fail() -> None:
        failures.append("failed")
        application.quit()

    PortalNotifier(window).notify("Parley", "tiny is downloaded and verified.", fail)
    QTimer.singleShot(2000, application.quit)
    application.exec()
    print(json.dumps(failures), flush=True)


if __name__ == "__main__":
    serve() if sys.argv[1] == "serve" else notify()
