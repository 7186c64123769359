"""A repack as a child runs it: what the command and the folder tell of it, the work itself, and the template tried."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from app.catalog.fetch.journal import read_pins
from app.catalog.find.card import parse_card
from app.catalog.gguf.header import read_header
from app.core.checkpoints.repack import Conversation, Provenance, RepackProgress, RepackReport, StartRepack, TemplateGap
from app.core.checkpoints.repack_errors import RepackElsewhere
from app.core.engine.prompt_errors import TemplateFailed
from app.core.engine.prompt_template import chat_template_of
from app.core.engine.templates import OWN_TEMPLATE
from app.engines.template_check import check_template
from app.engines.templates import ChatTemplate
from app.repack.part import lock_of
from app.repack.repack import Errand, Tools, repack
from app.repack.supply import ON_DISK, Supply

_CARD = "README.md"


def repacked(
    command: StartRepack,
    tell: Callable[[RepackProgress], None],
    stopped: Callable[[], bool],
    supply: Supply = ON_DISK,
    *,
    again: bool = False,
) -> RepackReport:
    """Run a repack to its end, then try the template; arguments and errors are those of `repack` and its `Errand`."""
    folder = Path(command.folder)
    errand = Errand(
        folder=folder,
        target=command.result,
        name=command.title,
        choice=command.choice,
        provenance=_provenance(folder, command.provenance),
        template=_template(folder, command.prompt_template),
        again=again,
    )
    report = repack(errand, tell, stopped, TOOLS, supply=supply)
    return msgspec.structs.replace(report, template_gaps=_gaps(errand.target))


@contextlib.contextmanager
def alone(target: Path) -> Iterator[None]:
    """While this process makes a file, no other one may.

    Raises:
        RepackElsewhere: another one does.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(lock_of(target))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RepackElsewhere(file=target.name) from None
    try:
        yield
    finally:
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)


def _quantized(weights: NDArray[np.float32], ggml_type: int) -> NDArray[np.uint8]:
    """llama.cpp's libraries are loaded for those types alone that need them."""
    from app.engines.llama.quantizer import quantized

    return quantized(weights, ggml_type)


TOOLS = Tools(_quantized, lambda path: read_header(path).tensors)
"""The program's own."""


def _provenance(folder: Path, told: Provenance) -> Provenance:
    """What was told, and what the download's journals know of the files."""
    known = dict(told.sha256)
    for path in sorted(folder.glob("*")):
        pins = read_pins(path) if path.is_file() else None
        if pins is not None and pins.completed and path.stat().st_size == pins.bytes:
            known |= {path.name: pins.sha256} if pins.sha256 else {}
            if not told.repo:
                told = msgspec.structs.replace(told, repo=pins.repo, commit=pins.commit)
    return msgspec.structs.replace(told, sha256=known)


def _template(folder: Path, told: str) -> str:
    """The chat template that the model's card describes, empty if it describes none."""
    stated = ""
    with contextlib.suppress(OSError):
        stated = parse_card((folder / _CARD).read_bytes()).value("prompt_template")
    return chat_template_of(stated or told) or ""


def _gaps(path: Path) -> tuple[TemplateGap, ...]:
    source = read_header(path, tensors=False).chat_template
    if source is None:
        return ()
    try:
        return check_template(ChatTemplate(OWN_TEMPLATE, source))
    except TemplateFailed as error:
        return tuple(TemplateGap(conversation, str(error.values["reason"])) for conversation in Conversation)
