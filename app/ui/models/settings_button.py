"""The way from a failure of the Hub to the setting that can mend it.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.core.catalog.download_errors import ProxyRefused
from app.core.catalog.hub_errors import HubUntrusted, Offline
from app.core.errors import ParleyError

_KEYS = {Offline: "network.offline", HubUntrusted: "network.ca_file", ProxyRefused: "network.proxy"}


class SettingsButton(QPushButton):
    """Seen only beside a failure that a setting mends; `requested` names the setting."""

    requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(self.tr("Open settings…"))
        self.setAutoDefault(False)
        self._key = ""
        self.clicked.connect(lambda: self.requested.emit(self._key))
        self.hide()

    def helps(self, error: ParleyError) -> bool:
        """Whether a setting mends this."""
        return isinstance(error, tuple(_KEYS))

    def offer(self, error: ParleyError) -> None:
        """Be there if a setting mends this."""
        self._key = next((key for kind, key in _KEYS.items() if isinstance(error, kind)), "")
        self.setVisible(self.helps(error))
