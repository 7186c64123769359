"""The way of the user's token from a dialog to the hub's child, which keeps it.

Window process, interface thread. The token is in the dialog's field and in one frame to the child, and
nowhere else.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.core.catalog.hub import TokenPlace
from app.core.errors import ParleyError
from app.services.hub_service import HubService, Question
from app.ui.models.access import TokenDialog


class TokenEntry(QObject):
    """Asks for a token over a window; `changed` says that there is another one now, or none any more."""

    changed = Signal()

    def __init__(self, hub: HubService, window: QWidget) -> None:
        super().__init__(window)
        self._hub = hub
        self._window = window
        self._dialog: TokenDialog | None = None
        self._is_sent = False
        hub.token_known.connect(self._on_known)
        hub.failed.connect(self._on_failed)

    def ask(self) -> None:
        """Open the dialog; where a token is already is asked meanwhile."""
        dialog = self._dialog = TokenDialog(self._window)
        self._is_sent = False
        dialog.entered.connect(self._keep)
        dialog.removed.connect(lambda: self._keep(""))
        dialog.finished.connect(self._forget)
        self._hub.ask_token()
        dialog.open()

    def _keep(self, token: str) -> None:
        self._is_sent = True
        self._hub.keep_token(token)

    def _on_known(self, place: TokenPlace, has_keyring: bool) -> None:
        if self._dialog is None:
            return
        if self._is_sent:
            self._dialog.accept()
            self.changed.emit()
        else:
            self._dialog.show_place(place, has_keyring=has_keyring)

    def _on_failed(self, question: Question, error: ParleyError) -> None:
        if question is Question.TOKEN and self._dialog is not None:
            self._is_sent = False
            self._dialog.show_error(error)

    def _forget(self) -> None:
        self._dialog = None
