"""A reply's full record: all that is needed to get the same reply again, and what it cost.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.core.conversations import StoredMessage
from app.core.messages import ReplyRecord, Timings, Usage
from app.core.sizes import format_bytes, format_count
from app.ui.text_dialog import TextDialog

Line = tuple[str, object]


def show_details(message: StoredMessage, parent: QWidget) -> TextDialog:
    """Open the dialog for one message."""
    intro = _tr("How this reply came to be.") if message.record else ""
    dialog = TextDialog(_tr("Details"), intro, describe(message), parent)
    dialog.open()
    return dialog


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
    yield _tr("State"), message.state.value


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
        yield _tr("Ended by"), record.finish_reason.value
    if record.usage is not None:
        yield from _usage_lines(record.usage)
    if record.timings is not None:
        yield from _timing_lines(record.timings)


def _usage_lines(usage: Usage) -> Iterator[Line]:
    yield _tr("Prompt tokens"), format_count(usage.prompt_tokens)
    yield _tr("of these reused"), format_count(usage.reused_tokens)
    yield _tr("Reply tokens"), format_count(usage.completion_tokens)


def _timing_lines(timings: Timings) -> Iterator[Line]:
    yield _tr("First token after"), f"{timings.first_token_seconds:.2f} s"
    yield _tr("Prompt"), f"{timings.prompt_seconds:.2f} s, {timings.prompt_rate:.1f} tok/s"
    yield _tr("Reply"), f"{timings.decode_seconds:.2f} s, {timings.decode_rate:.1f} tok/s"
    if timings.reasoning_seconds:
        yield _tr("Thought for"), f"{timings.reasoning_seconds:.1f} s"


def _tr(text: str) -> str:
    return QCoreApplication.translate("Details", text)
