"""A message's details: all that is needed to get the same reply again, what it cost, and the prompt the model saw.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.chat.again import seen_messages, template_of
from app.core.chat.conversations import StoredMessage
from app.core.chat.preview_frames import PromptRendered, RenderPrompt
from app.core.engine.messages import FinishReason, MessageState, ReplyRecord, Timings, Usage
from app.core.errors import ParleyError
from app.core.sizes import format_bytes, format_count, format_decimal, format_rate
from app.services.chat_tools import ChatTools
from app.services.token_counter import TokenCount
from app.ui.fitting_dialog import BoundedDialog
from app.ui.theme import code_font

Line = tuple[str, object]


class DetailsDialog(BoundedDialog):
    """The record on top; below it the prompt of a reply, rendered anew as its record says. Both can be copied."""

    def __init__(
        self, message: StoredMessage, path: Sequence[StoredMessage], tools: ChatTools, parent: QWidget | None = None
    ) -> None:
        """`path` leads to what the message answers."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_tr("Details"))
        self.resize(720, 640)
        self._preview = tools.preview
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(24, 20, 24, 16)
        self._column.setSpacing(8)
        self._record = describe(message)
        self.record = self._text(_tr("How this reply came to be") if message.record else _tr("Message"), self._record)
        self.prompt: QPlainTextEdit | None = None
        self._is_open = True
        self.finished.connect(self._end)
        record = message.record
        if record is not None and not record.model.server:
            self.prompt = self._text(_tr("The prompt, as the model saw it"), "…")
            self._ask(path, record)
        self._add_close()
        tools.counter.count(message.text, self._take_count)

    def _text(self, title: str, text: str) -> QPlainTextEdit:
        heading = QLabel(title)
        heading.setProperty("kind", "heading")
        field = QPlainTextEdit(text)
        field.setProperty("kind", "record")
        field.setReadOnly(True)
        field.setFont(code_font(self.font().pointSizeF()))
        field.setAccessibleName(title)
        copy = QPushButton(_tr("Copy"))
        copy.setAutoDefault(False)
        copy.setAccessibleName(_tr("Copy: {title}").format(title=title))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(field.toPlainText()))
        head = QHBoxLayout()
        head.addWidget(heading, 1)
        head.addWidget(copy)
        self._column.addLayout(head)
        self._column.addWidget(field, 1)
        return field

    def _add_close(self) -> None:
        close = QPushButton(_tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        self._column.addLayout(foot)

    def _ask(self, path: Sequence[StoredMessage], record: ReplyRecord) -> None:
        self._preview.rendered.connect(self._show_prompt)
        self._preview.failed.connect(self._show_failure)
        try:
            template = template_of(record)
        except ParleyError as error:
            self._show_failure(error)
            return
        self._preview.ask(
            RenderPrompt(
                id=0,
                messages=seen_messages(path, record),
                template=template,
                template_variables=record.template_variables,
                path=record.model.path,
            )
        )

    def _end(self) -> None:
        self._is_open = False
        if self.prompt is not None:
            self._preview.rest()

    def _take_count(self, found: TokenCount) -> None:
        if not self._is_open:
            return
        tokens = format_count(found.tokens)
        name = _tr("Costs in the context")
        text = _tr("{tokens} tokens") if found.is_exact else _tr("about {tokens} tokens")
        self.record.setPlainText(f"{self._record}\n\n{name}  {text.format(tokens=tokens)}")

    def _show_prompt(self, found: PromptRendered) -> None:
        if self.prompt is not None:
            self.prompt.setPlainText(found.text)

    def _show_failure(self, error: ParleyError) -> None:
        if self.prompt is not None:
            self.prompt.setPlainText(f"{error.sentence} {error.next_step}".strip())


def describe(message: StoredMessage) -> str:
    """The record as lines of `name  value`, in groups; long values and failures in full."""
    groups = [list(_message_lines(message))]
    record = message.record
    if record is not None:
        groups += [list(_model_lines(record)), list(_choice_lines(record)), list(_cost_lines(record))]
    lines = [line for group in groups for line in (*group, ("", ""))]
    width = max(len(name) for name, _ in lines) + 2
    text = "\n".join(f"{name:<{width}}{value}".rstrip() for name, value in lines).rstrip()
    if record is not None and record.failure is not None:
        error = record.failure.error()
        text += f"\n\n{error}\n{error.detail}".rstrip()
    return text


def _message_lines(message: StoredMessage) -> Iterator[Line]:
    written = datetime.fromtimestamp(message.created_at).astimezone()
    yield _tr("Written"), written.strftime("%Y-%m-%d %H:%M:%S %z")
    yield _tr("State"), _state(message.state)


def _model_lines(record: ReplyRecord) -> Iterator[Line]:
    model = record.model
    yield _tr("Model"), model.name
    if model.server:
        yield _tr("Server"), model.server
        yield _tr("Address"), model.path
        yield _tr("Engine"), f"{record.engine} {record.engine_version}".strip()
        return
    yield _tr("Quantization"), model.quantization or _tr("unknown")
    yield _tr("Architecture"), model.architecture or _tr("unknown")
    yield _tr("File"), model.path
    yield _tr("Size"), f"{format_bytes(model.bytes)} ({format_count(model.bytes)} B)"
    yield "SHA-256", model.sha256 or _tr("not computed yet")
    yield _tr("Engine"), f"{record.engine} {record.engine_version}".strip()


def _choice_lines(record: ReplyRecord) -> Iterator[Line]:
    yield _tr("Preset"), record.preset or _tr("none")
    yield _tr("Template"), record.template or _tr("the model's own")
    yield _tr("Seed"), record.seed
    for name, value in msgspec.to_builtins(record.sampling).items():
        if name != "seed":
            yield _tr("Sampling") + f" · {name}", value
    for name, value in msgspec.to_builtins(record.options).items():
        yield _tr("Load") + f" · {name}", value
    if record.left_out:
        yield _tr("Not taken by the server"), ", ".join(record.left_out)
    if record.context_limit is not None:
        yield _tr("Reads at most"), f"{format_count(record.context_limit)} {_tr('tokens')}"
    for name, value in record.template_variables.items():
        yield _tr("Template") + f" · {name}", value
    if record.system is not None:
        yield _tr("System prompt"), " ".join(record.system.split())
    if record.view_start:
        yield _tr("Messages left out"), record.view_start - len(record.kept)


def _cost_lines(record: ReplyRecord) -> Iterator[Line]:
    if record.finish_reason is not None:
        yield _tr("Ended by"), _ending(record.finish_reason)
    if record.usage is not None:
        yield from _usage_lines(record.usage)
    if record.timings is not None:
        yield from _timing_lines(record.timings)


def _usage_lines(usage: Usage) -> Iterator[Line]:
    yield _tr("Prompt tokens"), format_count(usage.prompt_tokens)
    yield _tr("of these reused"), format_count(usage.reused_tokens)
    yield _tr("Reply tokens"), format_count(usage.completion_tokens)


def _timing_lines(timings: Timings) -> Iterator[Line]:
    yield _tr("First token after"), _seconds(timings.first_token_seconds)
    yield _tr("Prompt"), _took(timings.prompt_seconds, timings.prompt_rate)
    yield _tr("Reply"), _took(timings.decode_seconds, timings.decode_rate)
    if timings.reasoning_seconds:
        yield _tr("Thought for"), _seconds(timings.reasoning_seconds)


def _took(seconds: float, rate: float) -> str:
    return f"{_seconds(seconds)}, {format_rate(rate)} tok/s"


def _seconds(seconds: float) -> str:
    return f"{format_decimal(seconds, 2)} s"


def _state(state: MessageState) -> str:
    return {
        MessageState.COMPLETE: _tr("complete"),
        MessageState.STREAMING: _tr("being written"),
        MessageState.STOPPED: _tr("stopped"),
        MessageState.INTERRUPTED: _tr("interrupted"),
        MessageState.FAILED: _tr("failed"),
    }[state]


def _ending(reason: FinishReason) -> str:
    return {
        FinishReason.STOP: _tr("the model itself"),
        FinishReason.LENGTH: _tr("the token limit"),
        FinishReason.CONTEXT: _tr("the end of the context"),
        FinishReason.CANCELLED: _tr("you"),
    }[reason]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Details", text)
