"""What lies over the page while files are dragged over the window: what would become of them.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from app.core.sizes import format_count
from app.ui.dropped import Dropped
from app.ui.elided_label import ElidedLabel
from app.ui.icons import Emblem

_ICON = 40
_MARGIN = 12


class DropHint(QFrame):
    """Covers its parent, and lets everything through to it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "drop")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._emblem = Emblem("attach", _ICON, QPalette.ColorRole.Highlight)
        self._title = QLabel()
        self._title.setProperty("kind", "title")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title.setWordWrap(True)
        self._what = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self._what.setProperty("kind", "muted")
        self._what.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self._emblem, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._title)
        column.addWidget(self._what)
        column.addStretch(3)
        parent.installEventFilter(self)
        self.hide()

    @property
    def told(self) -> str:
        """What would be done."""
        return self._title.text()

    def show_drop(self, what: Dropped) -> None:
        """Say where this would go."""
        if what.model is not None:
            self._say("model", self.tr("Open as a model"), what.model.name)
        elif what.folder is not None:
            self._say("folder", self.tr("Import the model in this folder"), what.folder.name)
        else:
            several = self.tr("{count} files").format(count=format_count(len(what.files)))
            named = what.files[0].name if len(what.files) == 1 else several
            self._say("attach", self.tr("Attach to your next message"), named)
        self._cover()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as what is covered."""
        if event.type() is QEvent.Type.Resize:
            self._cover()
        return False

    def _say(self, icon_name: str, title: str, what: str) -> None:
        self._emblem.show_as(icon_name)
        self._title.setText(title)
        self._what.setText(what)

    def _cover(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN))
