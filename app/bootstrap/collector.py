"""When Python looks for cycles of objects that nothing uses any more.

Window process, interface thread. Such a search holds the window up. One among what was made lately takes two
milliseconds at most, and Python begins it by itself. One among everything takes up to 50 ms while a conversation
of 5,000 messages is shown, nearly always for nothing, so it waits until the user has gone to another program.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

_REST_MS = 5000
# Searches among what was made lately before Python looks at everything by itself: many hours of use, and then
# there may be so much to give back that it is worth a pause.
_MOST_YOUNG = 1000


class Collector(QObject):
    """Looks through everything while the window is not in use and `is_busy` denies that anything is being done."""

    def __init__(
        self, application: QGuiApplication, is_busy: Callable[[], bool], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._is_busy = is_busy
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._look)
        application.applicationStateChanged.connect(self._on_state)

    def start(self) -> None:
        """Look no more at what was made until now, which lives as long as the window; let Python look at the rest."""
        gc.freeze()
        gc.set_threshold(*gc.get_threshold()[:2], _MOST_YOUNG)
        gc.enable()

    def _on_state(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive:
            self._rest.stop()
        else:
            self._rest.start()

    def _look(self) -> None:
        if self._is_busy():
            self._rest.start()
        else:
            gc.collect()
