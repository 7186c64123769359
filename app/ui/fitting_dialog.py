"""A dialog that is never too low for its words.

Window process, interface thread. Qt makes a dialog as high as its wrapped labels need at the width that it would like,
and once: where it comes out narrower, or has more to say later, words would be cut off.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QDialog

_DECISIVE = (QEvent.Type.Show, QEvent.Type.Resize, QEvent.Type.LayoutRequest)


class FittingDialog(QDialog):
    """At least as high as its layout needs at its width, as far as the screen has room."""

    def event(self, event: QEvent) -> bool:
        """Look again whenever the words or the width may have changed."""
        heeded = super().event(event)
        if event.type() in _DECISIVE:
            self._fit()
        return heeded

    def _fit(self) -> None:
        layout = self.layout()
        if layout is None or not self.isVisible():
            return
        height = layout.totalMinimumHeightForWidth(self.width())
        if not layout.hasHeightForWidth():
            height = layout.totalMinimumSize().height()
        self.setMinimumHeight(min(height, self.screen().availableGeometry().height()))
