"""Replies side by side: as they are written, with their differences marked, and which one the chat goes on with.

Window process, interface thread. Whatever becomes of the dialog, the replies are in the conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.core.chat.conversations import StoredMessage
from app.core.chat.word_diff import WordDiff
from app.core.errors import ParleyError
from app.core.prediction.together import Together
from app.core.sizes import format_bytes, format_count
from app.services.compare import Begun, Comparison, Progress
from app.services.reply_run import ChatState
from app.ui.compare.column import ReplyColumn
from app.ui.fitting_dialog import BoundedDialog
from app.ui.theme import Theme
from app.ui.transcript.rows.lines import is_cut_off
from app.ui.transcript.typesetting import Typeset


class CompareDialog(BoundedDialog):
    """Shows a comparison; `old` is a reply that is there already and stands on the left.

    `left` follows once, with the id of the reply to go on with, or None, and whether the new ones are to go.
    """

    left = Signal(object, bool)

    def __init__(
        self,
        comparison: Comparison,
        names: Sequence[str],
        asked: str,
        theme: Theme,
        typeset: Typeset,
        parent: QWidget | None = None,
        *,
        old: StoredMessage | None = None,
        exactly: bool = False,
    ) -> None:
        """`names` are of the columns, left to right; `exactly` says that the same text is expected."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Run again exactly") if exactly else self.tr("Compare"))
        self.setModal(True)
        self.resize(1080, 680)
        self.comparison = comparison
        self._old = old
        self._exactly = exactly
        self._is_open = True
        self._columns: dict[int, ReplyColumn] = {}
        self.columns = [ReplyColumn(name, theme, typeset) for name in names]
        self._asked = QLabel(" ".join(asked.split())[:400])
        self._told = QLabel()
        self._result = QLabel()
        self.differences = QCheckBox(self.tr("Mark the differences"))
        self._stop = QPushButton(self.tr("Stop"))
        self._discard = QPushButton(self.tr("Discard the new reply"))
        self._close = QPushButton(self.tr("Keep both") if old is not None else self.tr("Close"))
        self._lay_out()
        self._connect()
        if old is not None:
            self._take_old(old)

    @property
    def told(self) -> str:
        """What is said above the columns."""
        return self._told.text()

    @property
    def outcome(self) -> str:
        """What has come out."""
        return self._result.text()

    def _lay_out(self) -> None:
        for label, kind in ((self._asked, "body"), (self._told, "small"), (self._result, "small")):
            label.setProperty("kind", kind)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        for column in self.columns:
            row.addWidget(column, 1)
        inner = QWidget()
        inner.setProperty("kind", "clear")
        inner.setLayout(row)
        area = QScrollArea()
        area.setProperty("kind", "plain")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(inner)
        column_box = QVBoxLayout(self)
        column_box.setContentsMargins(24, 20, 24, 16)
        column_box.setSpacing(8)
        column_box.addWidget(self._asked)
        column_box.addWidget(self._told)
        column_box.addWidget(area, 1)
        column_box.addWidget(self._result)
        column_box.addLayout(self._foot())
        self._result.hide()

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.differences)
        foot.addStretch(1)
        for button in (self._stop, self._discard, self._close):
            button.setAutoDefault(False)
            foot.addWidget(button)
        self._close.setDefault(True)
        self.differences.setVisible(len(self.columns) == 2)
        self.differences.setEnabled(False)
        self._discard.setVisible(self._old is not None)
        self._discard.setEnabled(False)
        return foot

    def _connect(self) -> None:
        comparison = self.comparison
        comparison.progressed.connect(self._on_progress)
        comparison.planned.connect(self._on_planned)
        comparison.begun.connect(self._on_begun)
        comparison.text_added.connect(self._on_text)
        comparison.state_changed.connect(self._on_state)
        comparison.reply_finished.connect(self._on_finished)
        comparison.refused.connect(self._on_refused)
        comparison.problem.connect(self._on_problem)
        self._stop.clicked.connect(comparison.stop)
        self.differences.toggled.connect(self._show_differences)
        self._discard.clicked.connect(partial(self._leave, None, discard=True))
        self._close.clicked.connect(self.reject)
        for column in self.columns:
            column.chosen.connect(partial(self._choose, column))

    def set_theme(self, theme: Theme) -> None:
        """Draw with another theme."""
        for column in self.columns:
            column.set_theme(theme)
        if self.differences.isChecked():
            self._show_differences(True)

    def reject(self) -> None:
        """Leave; what was written is kept."""
        self._leave(None)

    def _choose(self, column: ReplyColumn) -> None:
        if column.reply is not None:
            self._leave(column.reply.id)

    def _leave(self, chosen: int | None, *, discard: bool = False) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self.left.emit(chosen, discard)
        self.done(QDialog.DialogCode.Accepted)

    def _take_old(self, old: StoredMessage) -> None:
        self.columns[0].begin(old)
        self.columns[0].finish(old)
        self.columns[0].say(self.tr("As it was written"))

    def _on_progress(self, progress: Progress) -> None:
        texts = {
            Progress.CHECKING: self.tr("Loading the model and checking that its file is the same…"),
            Progress.PLANNING: self.tr("Finding out whether they fit into memory together…"),
        }
        if progress in texts:
            self._told.setText(texts[progress])
        elif progress is Progress.ANSWERING and self._old is not None:
            self._told.setText(
                self.tr("The file, the options, the template, the sampling and the seed are the same.")
                if self._exactly
                else self.tr("The same message, answered anew.")
            )
        self._stop.setVisible(progress is not Progress.ENDED)

    def _on_planned(self, found: Together) -> None:
        if not found.need:
            text = self.tr("One after the other: how much memory they need together is not known.")
        elif found.fits:
            text = self.tr("All at once: together they need {need} of the {room} there are.")
        else:
            text = self.tr("One after the other: together they would need {need}, and there are {room}.")
        self._told.setText(text.format(need=format_bytes(found.need), room=format_bytes(found.room)))

    def _on_begun(self, begun: Begun) -> None:
        free = self.columns[1:] if self._old is not None else self.columns
        for column, reply in zip(free, begun.replies, strict=True):
            self._columns[reply.id] = column
            column.begin(reply)

    def _on_text(self, reply_id: int, text: str, reasoning: str) -> None:
        self._columns[reply_id].transcript.append_text(reply_id, text, reasoning)

    def _on_state(self, reply_id: int, state: ChatState) -> None:
        self._columns[reply_id].show_state(state)

    def _on_finished(self, reply: StoredMessage) -> None:
        self._columns[reply.id].finish(reply)
        if all(column.reply is not None and column.reply.id in self._known for column in self.columns):
            self._conclude()

    @property
    def _known(self) -> set[int]:
        old = {self._old.id} if self._old is not None else set()
        return old | set(self.comparison.replies)

    def _conclude(self) -> None:
        self._discard.setEnabled(self._old is not None)
        replies = [column.reply for column in self.columns if column.reply is not None]
        if len(replies) == 2:
            self.differences.setEnabled(True)
            self._tell_result(*replies)

    def _tell_result(self, first: StoredMessage, second: StoredMessage) -> None:
        if first.text == second.text:
            self._say(self.tr("The same text came out."), "good")
            return
        if self._exactly and is_cut_off(first) and second.text.startswith(first.text):
            self._say(self.tr("The same text came out, as far as the first one goes."), "good")
            return
        text = self.tr("Another text came out.") if self._exactly else self.tr("The texts differ.")
        tokens = [one.record.usage.prompt_tokens if one.record and one.record.usage else 0 for one in (first, second)]
        if self._exactly and tokens[0] != tokens[1]:
            told = self.tr("The prompt was another one: {before} tokens then, {now} now.")
            text += " " + told.format(before=format_count(tokens[0]), now=format_count(tokens[1]))
        self._say(text, "muted")
        # The columns show the last words first.
        QTimer.singleShot(0, self, lambda: self.differences.setChecked(True))

    def _say(self, text: str, kind: str) -> None:
        self._result.setProperty("kind", kind)
        self._result.style().polish(self._result)
        self._result.setText(text)
        self._result.show()

    def _show_differences(self, shown: bool) -> None:
        first, second = self.columns
        if not shown or first.reply is None or second.reply is None:
            for column in self.columns:
                column.show_plain()
            return
        self.comparison.differ(first.reply.text, second.reply.text, self._mark)

    def _mark(self, found: WordDiff) -> None:
        if self._is_open and self.differences.isChecked():
            self.columns[0].mark(found.left, is_new=False)
            self.columns[1].mark(found.right, is_new=True)

    def _on_problem(self, error: ParleyError) -> None:
        self._say(error.sentence, "bad")

    def _on_refused(self, error: ParleyError) -> None:
        self._told.setText("")
        for column in self.columns[1 if self._old is not None else 0 :]:
            column.say(self.tr("Not begun"))
        self._close.setText(self.tr("Close"))
        self._discard.hide()
        self._say(f"{error.sentence} {error.next_step}".strip(), "bad")
