"""What to compare: one message, and the models and presets that are to answer it.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.core.chat.presets import Preset, StoredPreset
from app.core.engine.models import ModelFile
from app.ui.fitting_dialog import BoundedDialog
from app.ui.icons import ComboBox
from app.ui.model_words import described
from app.ui.preset_words import shown_name

MOST = 4
LEAST = 2


class CandidateRow(QWidget):
    """One column of the comparison: a model and a preset."""

    changed = Signal()

    def __init__(
        self, number: int, files: Sequence[ModelFile], presets: Sequence[StoredPreset], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._files = files
        self._presets: list[Preset | None] = [None, *(stored.preset for stored in presets)]
        self.model = ComboBox()
        self.model.setAccessibleName(self.tr("Model {number}").format(number=number))
        self.model.addItems([described(file) for file in files])
        self.preset = ComboBox()
        self.preset.setAccessibleName(self.tr("Preset {number}").format(number=number))
        self.preset.addItem(self.tr("No preset"))
        self.preset.addItems([shown_name(stored.preset) for stored in presets])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.model, 3)
        row.addWidget(self.preset, 2)
        for box in (self.model, self.preset):
            box.currentIndexChanged.connect(lambda _: self.changed.emit())

    @property
    def chosen(self) -> tuple[ModelFile, Preset | None]:
        """What answers in this column."""
        return self._files[self.model.currentIndex()], self._presets[self.preset.currentIndex()]


class CompareSetup(BoundedDialog):
    """`wanted` carries the message and a list of models, each with its preset or None."""

    wanted = Signal(str, list)

    def __init__(
        self,
        files: Sequence[ModelFile],
        presets: Sequence[StoredPreset],
        text: str,
        parent: QWidget | None = None,
    ) -> None:
        """`text` is what the field begins with. There is at least one file."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Compare"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self.setMinimumWidth(560)
        self._files, self._presets = files, presets
        self.message = QPlainTextEdit(text)
        self.message.setProperty("kind", "field")
        self.message.setPlaceholderText(self.tr("One message, for all of them"))
        self.message.setAccessibleName(self.tr("Message"))
        self.message.setTabChangesFocus(True)
        self.message.moveCursor(QTextCursor.MoveOperation.End)
        self.rows: list[CandidateRow] = []
        self._more = QPushButton(self.tr("One more"))
        self._hint = QLabel()
        self.begin = QPushButton(self.tr("Compare"))
        self._lay_out()
        for _ in range(LEAST):
            self._add()
        self.message.textChanged.connect(self._judge)
        self._more.clicked.connect(lambda: self._add().model.setFocus(Qt.FocusReason.OtherFocusReason))
        self.begin.clicked.connect(self._go)
        self._judge()

    def _lay_out(self) -> None:
        intro = QLabel(self.tr("Every reply is kept beside the others, and you choose the one to go on with."))
        intro.setProperty("kind", "muted")
        self._hint.setProperty("kind", "small")
        for label in (intro, self._hint):
            label.setWordWrap(True)
        self._column = QVBoxLayout()
        self._column.setSpacing(8)
        close = QPushButton(self.tr("Cancel"))
        close.clicked.connect(self.reject)
        self.begin.setDefault(True)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._more)
        foot.addWidget(self._hint, 1)
        foot.addWidget(close)
        foot.addWidget(self.begin)
        for button in (self._more, close):
            button.setAutoDefault(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 16)
        whole.setSpacing(12)
        whole.addWidget(intro)
        whole.addWidget(self.message, 1)
        whole.addLayout(self._column)
        whole.addLayout(foot)

    def _add(self) -> CandidateRow:
        """One more row, with what no other has yet if there is such a thing; Tab comes to it after the others."""
        row = CandidateRow(len(self.rows) + 1, self._files, self._presets)
        taken = [(one.model.currentIndex(), one.preset.currentIndex()) for one in self.rows]
        choices = product(range(row.preset.count()), range(row.model.count()))
        preset, model = next(((preset, model) for preset, model in choices if (model, preset) not in taken), (0, 0))
        row.model.setCurrentIndex(model)
        row.preset.setCurrentIndex(preset)
        row.changed.connect(self._judge)
        before = self.rows[-1].preset if self.rows else self.message
        self.rows.append(row)
        self._column.addWidget(row)
        for one, other in pairwise((before, row.model, row.preset, self._more)):
            self.setTabOrder(one, other)
        self._judge()
        return row

    def _judge(self) -> None:
        """Nothing can begin without a message, or with the same candidate twice."""
        chosen = [(file.id, preset.name if preset else "") for file, preset in (row.chosen for row in self.rows)]
        twice = len(set(chosen)) < len(chosen)
        self._hint.setText(self.tr("Two of them are the same.") if twice else "")
        self._more.setEnabled(len(self.rows) < MOST)
        self.begin.setEnabled(not twice and bool(self.message.toPlainText().strip()))

    def _go(self) -> None:
        self.wanted.emit(self.message.toPlainText(), [row.chosen for row in self.rows])
        self.accept()
