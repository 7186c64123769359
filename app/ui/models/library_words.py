"""What the library says of a model: what it is, what it lacks, what is being done with it and what came of that; pure.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from app.core.catalog.downloads import FileChecked
from app.core.catalog.library import LibraryModel, Owner
from app.core.engine.models import ModelFile
from app.core.sizes import format_bytes
from app.services.library_work import Work
from app.ui.models import words

_WORST_FIRST = (False, None, True)


def total(whole: int, size: int, lacking: int) -> str:
    """How many models there are; `lacking` are those that are gone, or lack a part."""
    one, several = _tr("One model, {total}"), _tr("{count} models, {total}")
    there = (one if whole == 1 else several).format(count=whole, total=format_bytes(size))
    missing = _tr("{count} missing or incomplete").format(count=lacking)
    return " · ".join([*([there] if whole else []), *([missing] if lacking else [])])


def remark(model: LibraryModel, known: ModelFile | None, place: str = "") -> str:
    """The line below a model's name; `known` is what is remembered of it, `place` its path where that is to be told."""
    program = words.owner_name(model.owner)
    owner = "" if model.owner is Owner.USER else _tr("from {program}").format(program=program)
    files = _tr("{count} files").format(count=len(model.paths)) if len(model.paths) > 1 else ""
    kind = f"{words.format_name(model.format)} {model.quantization}".strip()
    return " · ".join(filter(None, (kind, format_bytes(model.bytes), files, owner, place, last_used(known))))


def last_used(known: ModelFile | None) -> str:
    """When a model was last used, if it ever was."""
    if known is None or not known.last_used_at:
        return ""
    return _tr("last used {day}").format(day=_day(known.last_used_at))


def incomplete(missing: Sequence[str]) -> str:
    """What a model of several files lacks."""
    if len(missing) == 1:
        return _tr("incomplete: {file} is missing").format(file=Path(missing[0]).name)
    return _tr("incomplete: {count} of its files are missing").format(count=len(missing))


def arriving() -> str:
    """What is said of a model whose download is not over."""
    return _tr("not all of it has been downloaded yet")


def gone(path: str) -> str:
    """Where a model's file was."""
    return _tr("missing: {path}").format(path=path)


def at_work(work: Work, done: int, total: int) -> str:
    """What is being done with a model."""
    texts = {
        Work.VERIFYING: _tr("Verifying, {percent} %"),
        Work.REPAIRING: _tr("Repairing, {percent} %"),
        Work.MOVING: _tr("Moving, {percent} %"),
    }
    return texts[work].format(percent=100 * done // max(total, 1))


def verdict(checks: Sequence[FileChecked], *, repairable: bool) -> tuple[str, str]:
    """What a check found, and its kind, of a model's files; the worst one counts."""
    worst = min(checks, key=lambda check: _WORST_FIRST.index(check.sound))
    day = _day(worst.since)
    if worst.sound is False:
        return _damage(worst, repairable=repairable), "bad"
    if worst.sound is None and worst.since:
        return _tr("Another file than on {day}; its checksum is noted now.").format(day=day), "small"
    if worst.sound is None:
        return _tr("No checksum was known; it is noted now, for later checks."), "small"
    if worst.since:
        return _tr("Verified: it is what it was on {day}.").format(day=day), "good"
    return _tr("Verified: it is what it must be."), "good"


def _damage(check: FileChecked, *, repairable: bool) -> str:
    if check.broken:
        size = format_bytes(sum(length for _, length in check.broken))
        return _tr("Damaged. Repair fetches {size} of it again.").format(size=size)
    if repairable:
        return _tr("Damaged. Repair fetches what is broken.")
    return _tr("Damaged. Parley does not know where it came from: download it again, as a whole.")


def _day(seconds: float) -> str:
    date = QDateTime.fromSecsSinceEpoch(round(seconds)).date()
    return QLocale().toString(date, QLocale.FormatType.ShortFormat)


def _tr(text: str) -> str:
    return QCoreApplication.translate("LibraryDialog", text)
