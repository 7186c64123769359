"""What an empty conversation with the Guide shows: who it is, what to ask it, and the way to a real model.

Window process, interface thread.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.chat.panel import Panel

QUESTIONS = ("Which file should I take with 8 GB?", "What does Q4_K_M mean?", "How do I find and download a model?")
"""In English, the only language the Guide speaks."""

_WIDTH = 380


class GuidePanel(Panel):
    """`asked` carries the question that was chosen."""

    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("chat", "", parent=parent, width=_WIDTH)
        self.title.setText(self.tr("Ask the Guide"))
        self.text.setText(
            self.tr(
                "A tiny model that knows Parley and quantized models. For all else, find one that fits this machine."
            )
        )
        for number, question in enumerate(QUESTIONS):
            button = QPushButton(question)
            button.setProperty("kind", "wide")
            button.clicked.connect(partial(self.asked.emit, question))
            self.column.insertWidget(3 + number, button)
        self.machine = self.add_line()
