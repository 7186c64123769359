"""The dialog “Chat template”: the Jinja source, and beside it what the model sees with it, as it is typed.

Window process, interface thread; a child process reads, compiles and tries the template.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.core.chat.presets import unused_name
from app.core.chat.preview_frames import PromptRendered, ReadTemplate, RenderPrompt
from app.core.engine.templates import MAX_NAME, own_names, template_names, template_path
from app.core.errors import ParleyError
from app.services.prompt_preview import PromptPreview
from app.storage.template_files import delete_template, save_template
from app.ui.fitting_dialog import BoundedDialog
from app.ui.labels import wrapped_label
from app.ui.models.prepare_words import gap_words
from app.ui.presets.preview import PreviewPane
from app.ui.text_dialog import MessageDialog
from app.ui.theme import code_font

_PARAGRAPH = "\u2029"


class TemplateEditor(BoundedDialog):
    """Begins with a template that there is; only what renders can be saved, as one of the user's own."""

    saved = Signal(str)  # its name
    deleted = Signal()

    def __init__(self, preview: PromptPreview, template: str, path: str, parent: QWidget | None = None) -> None:
        """`template` is the name to begin with, empty for that of the GGUF file at `path`, whose tokens are counted."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Chat template"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize_by_text(1120, 720)
        self._path = path
        self._old_name = template if template in own_names() else ""
        self._began_as = ""
        self._sound: str | None = None
        taken = {name.casefold() for name in template_names()}
        self.name = QLineEdit(self._old_name or unused_name(template or self.tr("My template"), taken))
        self.name.setMaxLength(MAX_NAME)
        self.name.setAccessibleName(self.tr("Name"))
        self.text = QPlainTextEdit()
        self.text.setProperty("kind", "field")
        self.text.setFont(code_font(self.font().pointSizeF() - 1))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(self.tr("Jinja source"))
        self.text.setReadOnly(True)  # until there is something to begin with
        self.place = wrapped_label("small")
        self.preview = PreviewPane(preview)
        self.findings = wrapped_label("small")
        self.problem = wrapped_label("bad")
        self.save = QPushButton(self.tr("Save"))
        self.delete = QPushButton(self.tr("Delete"))
        self.delete.setVisible(bool(self._old_name))
        self._lay_out()
        self._connect(preview)
        self._tell_place()
        self._judge()
        preview.read(ReadTemplate(id=0, template=template, path=path))

    @property
    def source(self) -> str:
        """What is written, each character as it is; lone surrogates, which no file can carry, are replaced."""
        raw = self.text.document().toRawText().replace(_PARAGRAPH, "\n")
        return raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def reject(self) -> None:
        """Esc and the frame's button; unsaved changes are not given up unasked."""
        if self.source == self._began_as:
            self._leave()
            return
        heading = self.tr("The changes are not saved.")
        dialog = MessageDialog(self.windowTitle(), heading, self.tr("Go on editing, or give them up?"), self)
        dialog.add_button(self.tr("Give up"), self._leave)
        dialog.add_button(self.tr("Go on"), dialog.reject, default=True)
        dialog.open()

    def _leave(self) -> None:
        super().reject()

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 16)
        whole.setSpacing(12)
        whole.addLayout(self._head())
        whole.addWidget(self._sides(), 1)
        whole.addWidget(self.findings)
        whole.addLayout(self._foot())

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(12)
        label = QLabel(self.tr("Name"))
        label.setBuddy(self.name)
        head.addWidget(label)
        head.addWidget(self.name, 1)
        return head

    def _sides(self) -> QSplitter:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(8)
        column.addWidget(self.text, 1)
        column.addWidget(self.place)
        right = QWidget()
        seen = QVBoxLayout(right)
        seen.setContentsMargins(12, 0, 0, 0)
        seen.addWidget(self.preview)
        split = QSplitter()
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(left)
        split.addWidget(right)
        split.setSizes([620, 450])
        return split

    def _foot(self) -> QHBoxLayout:
        cancel = QPushButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.save.setProperty("kind", "primary")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.delete)
        buttons.addWidget(self.problem, 1)
        for button in (cancel, self.save):
            buttons.addWidget(button)
        for button in (cancel, self.save, self.delete):
            button.setAutoDefault(False)
        return buttons

    def _connect(self, preview: PromptPreview) -> None:
        preview.source_read.connect(self._begin)
        preview.failed.connect(self._on_failed)
        self.text.textChanged.connect(self._on_edited)
        self.text.cursorPositionChanged.connect(self._tell_place)
        self.name.textChanged.connect(self._judge)
        self.preview.answered.connect(self._on_answer)
        self.finished.connect(self.preview.rest)
        self.save.clicked.connect(self._save)
        self.delete.clicked.connect(self._ask_to_delete)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Save), self, self._save)

    def _begin(self, source: str) -> None:
        self.text.setReadOnly(False)
        self.text.setPlainText(source)
        self._began_as = self.source
        self.text.setFocus()

    def _on_failed(self, error: ParleyError) -> None:
        """Say why there is nothing to begin with; what fails later the preview says."""
        if self.text.isReadOnly():
            self.text.setReadOnly(False)
            self._say(error)

    def _on_edited(self) -> None:
        self._sound = None
        self._judge()
        self.preview.show_source(self.source, self._wanted_name, self._path)

    def _on_answer(self, question: RenderPrompt, answer: PromptRendered | ParleyError) -> None:
        if question.source != self.source:
            return
        if isinstance(answer, PromptRendered):
            self._sound = question.source
            gaps = [gap_words(gap) for gap in answer.gaps]
            self.findings.setText("\n".join(gaps) or self.tr("It renders all of the test conversations."))
        else:
            self.findings.setText("")
        self._judge()

    @property
    def _wanted_name(self) -> str:
        return self.name.text().strip()

    def _judge(self) -> None:
        """Say what is wrong with the name, and let only what renders be saved."""
        self.problem.setText("")
        try:
            template_path(self._wanted_name)
        except ParleyError as error:
            self._say(error)
            self.save.setEnabled(False)
            return
        self.save.setEnabled(self._sound is not None)

    def _tell_place(self) -> None:
        self.place.setText(self.tr("Line {line}").format(line=self.text.textCursor().blockNumber() + 1))

    def _save(self) -> None:
        if self._sound is None or not self.save.isEnabled():
            return
        name = self._wanted_name
        try:
            save_template(name, self._sound, old_name=self._old_name)
        except ParleyError as error:
            self._say(error)
            return
        self.saved.emit(name)
        self.accept()

    def _ask_to_delete(self) -> None:
        heading = self.tr("Delete “{name}”?").format(name=self._old_name)
        text = self.tr("Models and presets that use it need another template then.")
        dialog = MessageDialog(self.tr("Delete"), heading, text, self)
        dialog.add_button(self.tr("Keep"), dialog.reject, default=True)
        dialog.add_button(self.tr("Delete"), self._delete)
        dialog.open()

    def _delete(self) -> None:
        try:
            delete_template(self._old_name)
        except ParleyError as error:
            self._say(error)
            return
        self.deleted.emit()
        self.accept()

    def _say(self, error: ParleyError) -> None:
        self.problem.setText(f"{error.sentence} {error.next_step}")
