"""Frees a model's memory when nobody has used it for a while; runs on the window's thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from app.services.engine_host import EngineHost, EngineState
from app.services.preferences import Preferences

KEY = "models.idle_unload"
_MINUTE_MS = 60_000


class IdleUnload(QObject):
    """The model stays chosen, so that the next message loads it again."""

    def __init__(
        self, engine: EngineHost, preferences: Preferences, is_busy: Callable[[], bool], parent: QObject | None = None
    ) -> None:
        """`is_busy` tells whether a reply is being written."""
        super().__init__(parent)
        self._engine = engine
        self._preferences = preferences
        self._is_busy = is_busy
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._unload)
        engine.state_changed.connect(lambda _: self.used())
        engine.reply_event.connect(lambda _: self.used())
        preferences.changed.connect(lambda key, _: self.used() if key == KEY else None)

    def used(self) -> None:
        """Begin to wait anew."""
        minutes = int(self._preferences.get(KEY))
        if minutes and self._engine.state is EngineState.READY:
            self._timer.start(minutes * _MINUTE_MS)
        else:
            self._timer.stop()

    def _unload(self) -> None:
        if self._is_busy():
            self.used()
        elif self._engine.file is not None:
            self._engine.choose(self._engine.file)
