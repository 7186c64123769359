"""Models that are prepared in the window: downloaded or local safetensors on their way to GGUF, as values."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.core.checkpoints.repack import RepackReport, StartRepack, TypeChoice
from app.core.engine.loading import LoadOptions
from app.core.errors import Failure


class Original(StrEnum):
    """What happens to a checkpoint's weights once the result is verified."""

    KEEP = "keep"
    DELETE = "delete"
    TRASH = "trash"


class PreparationState(StrEnum):
    """Where a preparation stands."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


class Wishes(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How the user wants a checkpoint prepared, and loaded then; `prompt_template` is the model card's."""

    choice: TypeChoice | None = None
    original: Original = Original.KEEP
    options: LoadOptions = LoadOptions()
    prompt_template: str = ""


class Preparation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of the list of preparations; `report` is there once it is done. Times are Unix seconds."""

    id: int
    name: str
    command: StartRepack
    original: Original
    options: LoadOptions = LoadOptions()
    state: PreparationState = PreparationState.QUEUED
    failure: Failure | None = None
    report: RepackReport | None = None
    ended_at: float = 0.0
