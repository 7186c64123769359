"""What is said of preparing a checkpoint: what will happen to its weights, and what happened; pure.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QCoreApplication

from app.core.catalog.hub import Prepared
from app.core.checkpoints.preparing import Preparation
from app.core.checkpoints.repack import (
    Conversation,
    Making,
    Note,
    NoteKind,
    RepackActivity,
    RepackReport,
    TemplateGap,
    TemplateSource,
)
from app.core.sizes import format_bytes, format_count

_STAYS = (NoteKind.COPIED, NoteKind.HALVED)


def will_happen(prepared: Prepared) -> str:
    """What becomes of the weights, in a sentence for each kind; what merely stays goes without saying."""
    telling = [note for note in prepared.notes if note.kind not in _STAYS] or prepared.notes
    return " ".join(note_words(note) for note in telling)


def note_words(note: Note) -> str:
    """One fact, without the number of matrices that it is about."""
    texts = {
        NoteKind.EXACT: _tr("{source} are kept exactly, as {type}."),
        NoteKind.SCALES_ROUNDED: _tr("{source} is kept as {type}; only scales are rounded, to 16 bits."),
        NoteKind.OFFSETS_ROUNDED: _tr("{source} are kept as {type}; only offsets are rounded, to 16 bits."),
        NoteKind.ORDER_UNDONE: _tr("Of some the act-order is undone without loss, so they stay {type}."),
        NoteKind.ORDER_WIDENED: _tr("{source} with act-order are stored at 8 bits ({type}), {growth} larger."),
        NoteKind.LEVELS_ROUNDED: _tr("The levels of {source} are stored at 8 bits ({type}), {growth} larger."),
        NoteKind.RANGE_WIDENED: _tr("{source} are decoded and stored as {type}."),
        NoteKind.QUANTIZED: _tr("{source} is quantized to {type}."),
        NoteKind.NARROWED: _tr("{source} is rounded to {type}."),
        NoteKind.HALVED: _tr("{source} is kept as {type}; only values below 0.00001 are rounded."),
        NoteKind.NOT_IN_BLOCKS: _tr("{source} whose width is no multiple of 32 is stored as {type}."),
        NoteKind.COPIED: _tr("{source} is kept exactly, as {type}."),
        NoteKind.TOKENS_DROPPED: _tr("{count} tokens without a row in the embedding are left out."),
        NoteKind.PARTS_LEFT_OUT: _tr("The parts for other media than text are left out."),
        NoteKind.DYNAMIC_ROPE: _tr("The model card asks for dynamic rope scaling; set it in the load options."),
    }
    return texts[note.kind].format(**note.values)


def activity(now: RepackActivity) -> str:
    """What is being done."""
    return {
        RepackActivity.PLANNING: _tr("Reading the checkpoint"),
        RepackActivity.WRITING: _tr("Preparing"),
        RepackActivity.HASHING: _tr("Hashing the original"),
        RepackActivity.VERIFYING: _tr("Verifying"),
    }[now]


def report_text(preparation: Preparation) -> str:
    """All that is known of how a model was made, for a dialog."""
    report = preparation.report
    if report is None:
        return ""
    command = preparation.command
    parts = [
        (_tr("Model"), [report.path]),
        (_tr("Made of"), [f"{report.method} · {report.architecture}"]),
        (_tr("Size"), [_sizes(report)]),
        (_tr("Without loss"), [_tr("yes") if report.lossless else _tr("no")]),
        (_tr("Tensors"), [f"{name}: {format_count(number)}" for name, number in report.tensors.items()]),
        (_tr("What happened"), [_counted(note) for note in report.notes]),
        (_tr("Prompt template"), [_template(report), *map(gap_words, report.template_gaps)]),
        (_tr("From"), _provenance(command.provenance.repo, command.provenance.commit) or [command.folder]),
        (_tr("Original"), [*report.sources]),
    ]
    return _sections(parts)


def making_text(making: Making) -> str:
    """What a model's own file says of how it was made, for a dialog; its notes are as they were written."""
    return _sections(
        [
            (_tr("Made of"), [making.method]),
            (_tr("Without loss"), [_tr("yes") if making.lossless else _tr("no")]),
            (_tr("What happened"), making.notes),
            (_tr("From"), _provenance(making.repo, making.commit)),
            (_tr("Original"), making.files),
        ]
    )


def gap_words(gap: TemplateGap) -> str:
    """What a template cannot do."""
    text = {
        Conversation.WITHOUT_SYSTEM: _tr("It cannot render a chat without a system message"),
        Conversation.TWO_TURNS: _tr("It cannot render two turns with a system message"),
        Conversation.TRAILING_ASSISTANT: _tr("It cannot continue a reply that was begun"),
        Conversation.TOOLS: _tr("It shows the model no tools"),
        Conversation.EMPTY: _tr("It cannot render an empty message"),
        Conversation.SPECIAL_TOKENS: _tr("It changes text that looks like a special token"),
    }[gap.conversation]
    return f"{text} ({gap.reason})." if gap.reason else f"{text}."


def _sections(parts: Iterable[tuple[str, Sequence[str]]]) -> str:
    return "\n\n".join("\n".join([title, *(f"  {line}" for line in lines)]) for title, lines in parts if lines)


def _counted(note: Note) -> str:
    count = note.values.get("count")
    return f"{note_words(note)} ({format_count(int(count))})" if count else note_words(note)


def _sizes(report: RepackReport) -> str:
    return _tr("{size} from {original}").format(
        size=format_bytes(report.bytes), original=format_bytes(report.source_bytes)
    )


def _template(report: RepackReport) -> str:
    return {
        TemplateSource.OWN: _tr("The model's own."),
        TemplateSource.CARD: _tr("The one that the model card describes; the load options offer others."),
        TemplateSource.NONE: _tr("Neither the model nor its card has one; the load options offer some."),
    }[report.template]


def _provenance(repo: str, commit: str) -> list[str]:
    return [_tr("{repo} at {commit}").format(repo=repo, commit=commit)] if repo else []


def _tr(text: str) -> str:
    return QCoreApplication.translate("Prepare", text)
