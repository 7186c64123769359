"""Asks before a conversation goes to another machine for the first time.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.core.remote.servers import Server
from app.ui.fitting_dialog import FittingDialog
from app.ui.labels import wrapped_label


class ConsentDialog(FittingDialog):
    """Says where the text would go; accepted, it goes there."""

    def __init__(self, server: Server, model: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Send to another machine?"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(440)
        heading = wrapped_label("heading", self.tr("This chat will leave your machine"))
        said = wrapped_label(
            "muted",
            self.tr(
                "{model} runs on “{server}” at {host}. The whole chat is sent there with each message. "
                "Who runs that server can read it."
            ).format(model=model, server=server.name, host=server.host),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(12)
        column.addWidget(heading)
        column.addWidget(said)
        if not server.origin.startswith("https:"):
            column.addWidget(wrapped_label("bad", self.tr("The way there is not encrypted.")))
        self.remember = QCheckBox(self.tr("Do not ask again for “{server}”").format(server=server.name))
        column.addWidget(self.remember)
        column.addSpacing(8)
        self.send = QPushButton(self.tr("Send"))
        self.send.clicked.connect(self.accept)
        self.keep = QPushButton(self.tr("Do not send"))
        self.keep.setDefault(True)
        self.keep.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.keep)
        buttons.addWidget(self.send)
        column.addLayout(buttons)
        self.keep.setFocus(Qt.FocusReason.OtherFocusReason)
