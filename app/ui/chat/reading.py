"""The conversation with the bar to find words in it; saving code, printing, larger and smaller text.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPagedPaintDevice
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.core.errors import ParleyError
from app.services.text_file import write_text
from app.ui.chat.find_bar import FindBar
from app.ui.file_dialogs import ask_target
from app.ui.stylesheet import SCROLL_BAR_WIDTH
from app.ui.theme import Theme
from app.ui.transcript.style import COLUMN, MARGIN
from app.ui.transcript.typesetting import Typeset
from app.ui.transcript.widget.find import Finder
from app.ui.transcript.widget.view import TranscriptView

if TYPE_CHECKING:
    from app.core.chat.conversations import StoredMessage
    from app.ui.transcript.printing import PrintJob


class ReadingPane(QWidget):
    """`said` is a short word of what was done; `problem` carries an error."""

    said = Signal(str)
    problem = Signal(ParleyError)

    def __init__(self, theme: Theme, typeset: Typeset, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._typeset = typeset
        self.find_bar = FindBar()
        self.transcript = TranscriptView(theme, typeset)
        self.finder = Finder(self.transcript)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        bar = QHBoxLayout()
        bar.setContentsMargins(MARGIN, 8, MARGIN, 0)
        self.find_bar.setMaximumWidth(COLUMN)
        bar.addStretch()
        bar.addWidget(self.find_bar, 1000)
        bar.addStretch()
        bar.addSpacing(SCROLL_BAR_WIDTH)
        column.addLayout(bar)
        column.addWidget(self.transcript, 1)
        self._connect()

    def _connect(self) -> None:
        self.find_bar.wanted.connect(self.finder.look_for)
        self.find_bar.step_wanted.connect(self.finder.step)
        self.find_bar.closed.connect(self._end_finding)
        self.finder.changed.connect(self._show_count)
        self.transcript.shown.connect(self._find_again)
        self.transcript.clipboard.copied.connect(lambda: self.said.emit(self.tr("Copied")))
        self.transcript.save_requested.connect(self._ask_where_to_save)

    def acts(self) -> dict[str, Callable[[], object]]:
        """What can be done with the conversation as it is read, by the names of its shortcuts."""
        return {
            "find": self.open_find,
            "find_next": lambda: self.finder.step(1),
            "find_previous": lambda: self.finder.step(-1),
            "zoom_in": lambda: self.zoom(1),
            "zoom_out": lambda: self.zoom(-1),
            "zoom_reset": lambda: self.zoom(0),
            "print": self.print,
        }

    def open_find(self) -> None:
        """Open the bar, with what is selected, if that is short."""
        chosen = self.transcript.selected_phrase
        self.find_bar.open(chosen if len(chosen) <= 100 and "\n" not in chosen else "")

    def _show_count(self, current: int, count: int) -> None:
        self.find_bar.show_count(current, count, is_final=not self.finder.is_looking)

    def _end_finding(self) -> None:
        self.finder.look_for("")
        self.transcript.setFocus(Qt.FocusReason.OtherFocusReason)

    def _find_again(self) -> None:
        if self.find_bar.isVisible():
            self.find_bar.ask()

    def zoom(self, steps: int) -> None:
        """Make the text larger or smaller; 0 makes it as large as the application's."""
        if steps:
            self.transcript.zoom_by(steps)
        else:
            self.transcript.set_zoom(1.0)
        self.said.emit(self.tr("{percent} %").format(percent=round(self.transcript.zoom * 100)))

    def _ask_where_to_save(self, code: str, suffix: str) -> None:
        ask_target(self, self.tr("Save the code"), f"code{suffix}", (), lambda target, _form: self.save(code, target))

    def save(self, code: str, target: Path) -> None:
        """Write code into a file."""
        try:
            write_text(target, f"{code}\n")
        except ParleyError as error:
            self.problem.emit(error)
        else:
            self.said.emit(self.tr("Saved"))

    def print(self) -> None:
        """Print the conversation; the system's dialog asks where to, a PDF file included."""
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        messages = [item.message for item in self.transcript.document.items]
        dialog.accepted.connect(lambda: self.print_on(printer, messages))
        dialog.setWindowModality(Qt.WindowModality.WindowModal)
        dialog.show()

    def print_on(self, device: QPagedPaintDevice, messages: list[StoredMessage]) -> PrintJob:
        """Lay messages out for paper and paint them, while the window lives on."""
        from app.ui.transcript.printing import PrintJob

        job = PrintJob(messages, device, self._typeset, self)
        job.finished.connect(lambda _: self.said.emit(self.tr("Printed")))
        job.finished.connect(job.deleteLater)
        return job
