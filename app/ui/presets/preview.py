"""What the model sees of a preset or a template: the prompt as it is made, and how many tokens that takes.

Window process, interface thread; a child process renders.
"""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from app.core.chat.presets import Preset, filled, known_values
from app.core.chat.preview_frames import PromptRendered, RenderPrompt
from app.core.engine.messages import Message, Role
from app.core.errors import ParleyError
from app.core.sizes import format_count
from app.services.prompt_preview import PromptPreview
from app.ui.labels import wrapped_label
from app.ui.theme import code_font

_PAUSE_MS = 200


class PreviewPane(QWidget):
    """Asks a moment after the last change, so that typing is never waited for."""

    answered = Signal(object, object)  # RenderPrompt, and PromptRendered or the ParleyError

    def __init__(self, preview: PromptPreview, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preview = preview
        self._question: RenderPrompt | None = None
        self._asked: RenderPrompt | None = None
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        heading = wrapped_label("heading", self.tr("What the model sees"))
        self.text = QPlainTextEdit()
        self.text.setProperty("kind", "record")
        self.text.setReadOnly(True)
        self.text.setFont(code_font(self.font().pointSizeF() - 1))
        self.text.setAccessibleName(self.tr("What the model sees"))
        self.state = wrapped_label("small")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(heading)
        column.addWidget(self.text, 1)
        column.addWidget(self.state)
        preview.rendered.connect(self._show)
        preview.failed.connect(self._fail)

    def show_preset(self, preset: Preset, user: str, model: str) -> None:
        """Render a conversation that begins with this preset."""
        values = known_values(user, model or self.tr("the model"), datetime.now())
        system = filled(preset.system, values)
        sample = (Message(Role.USER, self.tr("Hello!")),)
        self._question = RenderPrompt(
            id=0,
            messages=(Message(Role.SYSTEM, system), *sample) if system.strip() else sample,
            template=preset.template,
            template_variables=preset.template_variables,
        )
        self._pause.start()

    def show_template(self, template: str, path: str) -> None:
        """Render three turns with a template, or with the own one of the file at `path` where none is named."""
        self._question = RenderPrompt(id=0, messages=self._turns(), template=template, path=path)
        self._pause.start()

    def show_source(self, source: str, name: str, path: str) -> None:
        """Render the same with a template that is being edited, for the model whose file is at `path`."""
        self._question = RenderPrompt(id=0, messages=self._turns(), template=name, path=path, source=source)
        self._pause.start()

    def rest(self) -> None:
        """Nobody looks any more."""
        self._pause.stop()
        self._asked = None
        self._preview.rest()

    def _turns(self) -> tuple[Message, ...]:
        greeting = self.tr("Hello!")
        return tuple(Message(role, greeting) for role in (Role.USER, Role.ASSISTANT, Role.USER))

    def _ask(self) -> None:
        if self._question is not None:
            self._asked = self._question
            self._preview.ask(self._question)

    def _show(self, rendered: PromptRendered) -> None:
        if self._asked is None:
            return
        place = self.text.verticalScrollBar().value()
        self.text.setPlainText(rendered.text)
        self.text.verticalScrollBar().setValue(place)
        template = self.tr("Template: {name}.").format(name=rendered.template)
        if rendered.tokens is None:
            count = self.tr("Load the model to have its tokens counted.")
        else:
            count = self.tr("{count} tokens.").format(count=format_count(rendered.tokens))
        self.state.setText(f"{count} {template}")
        self.answered.emit(self._asked, rendered)

    def _fail(self, error: ParleyError) -> None:
        if self._asked is None:
            return
        self.text.setPlainText("")
        is_edited = self._asked.source is not None
        self.state.setText(error.sentence if is_edited else f"{error.sentence} {error.next_step}")
        self.answered.emit(self._asked, error)
