"""Writes conversations as files: one document, a folder or a zip, one conversation in memory at a time.

Plain Python on the caller's thread.  A file takes its name once it is whole; a folder's files one
after another.
"""

from __future__ import annotations

import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from app import __version__
from app.core.chat.typeset_frames import Drawn, Formula
from app.core.data.exchange import ExportFormat, ExportReport
from app.core.data.exchange_errors import ExportTargetUnfit
from app.core.errors import Cancelled
from app.exchange.pages.html import html_of
from app.exchange.pages.markdown import markdown_of
from app.exchange.pages.pictures import FormulaPictures
from app.exchange.pages.printed import printed_of
from app.exchange.pages.words import title_of
from app.exchange.portable import FORMAT, VERSION, PortableConversation
from app.exchange.writing import Names, written

ZIP_SUFFIX = ".zip"


class Printer(Protocol):
    """Makes a PDF of an HTML file, and the pictures of formulas in it."""

    def draw(self, formula: Formula) -> Drawn | None:
        """The formula as a picture; None if it cannot be drawn."""

    def __call__(self, source: Path, target: Path, title: str) -> None:
        """Write the PDF.

        Raises:
            WorldError: it could not be made.
        """


class Exporter:
    """One export, from the first conversation to the report."""

    def __init__(
        self, printer: Printer, progress: Callable[[int], None], stopped: Callable[[], bool], *, overwrite: bool = False
    ) -> None:
        """`progress` is told how many conversations were written; once `stopped`, the export is given up."""
        self._printer = printer
        self._progress = progress
        self._stopped = stopped
        self._overwrite = overwrite
        self._done = 0

    def run(
        self, conversations: Iterable[PortableConversation], count: int, form: ExportFormat, target: Path
    ) -> ExportReport:
        """Write `count` conversations, which are read one by one.

        A target that is a folder, or names one, gets a file for each, one that ends in `.zip` an
        archive of them; one file takes one conversation, or, as JSON, all.

        Raises:
            ExportTargetUnfit: one file is to hold more than its format can.
            ExportTargetExists: a file is there that may not be overwritten.
            WorldError: it cannot be written.
            Cancelled: it was stopped; files that were whole by then stay.
        """
        given = self._counted(conversations)
        if target.suffix.lower() == ZIP_SUFFIX:
            files = self._write_zip(given, form, target)
        elif target.is_dir() or (count != 1 and not target.suffix):
            return self._write_folder(given, form, target)
        elif form is ExportFormat.JSON:
            files = 1
            with written(target, overwrite=self._overwrite) as partial:
                _write_document(given, partial)
        elif count == 1:
            files = self._write_one(given, form, target)
        else:
            raise ExportTargetUnfit(count=count, format=form.value.capitalize())
        return ExportReport(str(target), self._done, files, target.stat().st_size)

    def _counted(self, conversations: Iterable[PortableConversation]) -> Iterator[PortableConversation]:
        for conversation in conversations:
            if self._stopped():
                raise Cancelled
            yield conversation
            self._done += 1
            self._progress(self._done)

    def _write_one(self, given: Iterator[PortableConversation], form: ExportFormat, target: Path) -> int:
        with written(target, overwrite=self._overwrite) as partial:
            for conversation in given:
                self._write(conversation, form, partial)
        return 1

    def _write_folder(self, given: Iterator[PortableConversation], form: ExportFormat, target: Path) -> ExportReport:
        names = Names(path.name for path in target.iterdir()) if target.is_dir() else Names()
        total = 0
        for conversation in given:
            path = target / names.of(title_of(conversation), form.suffix)
            with written(path, overwrite=False) as partial:
                self._write(conversation, form, partial)
            total += path.stat().st_size
        return ExportReport(str(target), self._done, self._done, total)

    def _write_zip(self, given: Iterator[PortableConversation], form: ExportFormat, target: Path) -> int:
        names = Names()
        with (
            written(target, overwrite=self._overwrite) as partial,
            tempfile.TemporaryDirectory() as folder,
            zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
        ):
            for conversation in given:
                path = Path(folder) / f"conversation{form.suffix}"
                self._write(conversation, form, path)
                archive.write(path, names.of(title_of(conversation), form.suffix))
        return self._done

    def _write(self, conversation: PortableConversation, form: ExportFormat, path: Path) -> None:
        if form is ExportFormat.JSON:
            _write_document([conversation], path)
        elif form is ExportFormat.PDF:
            with tempfile.TemporaryDirectory() as folder:
                source = Path(folder) / "pages.html"
                _write_text(printed_of(conversation, FormulaPictures(self._printer.draw, Path(folder))), source)
                self._printer(source, path, title_of(conversation))
        else:
            _write_text((html_of if form is ExportFormat.HTML else markdown_of)(conversation), path)


def _write_text(pieces: Iterable[str], path: Path) -> None:
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.writelines(pieces)


def _write_document(conversations: Iterable[PortableConversation], path: Path) -> None:
    """Parley's own JSON; see `app.exchange.portable`."""
    head = {"format": FORMAT, "version": VERSION, "program": f"Parley {__version__}", "exported_at": time.time()}
    encoder = msgspec.json.Encoder()
    with path.open("wb", buffering=1 << 20) as file:
        file.write(msgspec.json.encode(head)[:-1] + b',"conversations":[')
        for number, conversation in enumerate(conversations):
            file.write(b",\n" if number else b"\n")
            file.write(encoder.encode(conversation))
        file.write(b"\n]}\n")
