"""The print child: lays out HTML on the pages of a PDF with Qt's rich text. Needs no display.

Its main thread alone uses Qt; there is no event loop.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QFont,
    QGuiApplication,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextDocument,
)

from app.core.data.exchange_errors import PrintFailed
from app.core.data.exchange_frames import PagesPrinted, PrintPages
from app.core.errors import ProtocolBroken
from app.core.protocol import Command, Event

_POINTS_PER_INCH = 72
_MARGIN_MM = 18.0
_FOOT_POINTS = 22.0
_BODY_POINTS = 10.5
_MILLIMETRES = QPageLayout.Unit.Millimeter


class _Job(Protocol):
    @property
    def command(self) -> Command: ...


class PrintServer:
    """Runs `PrintPages`."""

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._send = send
        if sys.platform.startswith("linux"):
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
        self._application = QGuiApplication.instance() or QGuiApplication(["parley"])

    def run(self, job: _Job) -> None:
        """Run one command; see `Server`."""
        match job.command:
            case PrintPages(id=number, source=source, target=target, title=title):
                self._send(PagesPrinted(id=number, pages=print_pages(Path(source), Path(target), title)))
            case other:
                raise ProtocolBroken(f"not a command for a printer: {other!r}")

    def idle(self) -> float | None:
        """There is no background work."""
        return None


def print_pages(source: Path, target: Path, title: str) -> int:
    """Write the PDF of an HTML file; its number of pages. Text stays text, so that it can be searched and copied.

    Raises:
        PrintFailed: a file cannot be read or written.
    """
    try:
        html = source.read_text(encoding="utf-8")
    except OSError as error:
        raise PrintFailed(str(error), reason=(error.strerror or str(error)).lower()) from None
    writer = QPdfWriter(str(target))
    writer.setTitle(title)
    writer.setCreator("Parley")
    writer.setResolution(_POINTS_PER_INCH * 10)
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    writer.setPageLayout(
        QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, margins, _MILLIMETRES)
    )
    painter = QPainter()
    if not painter.begin(writer):
        raise PrintFailed(reason="the file cannot be written")
    try:
        return _paint(painter, writer, _document(html, painter), title)
    finally:
        painter.end()


def _document(html: str, painter: QPainter) -> QTextDocument:
    document = QTextDocument()
    document.documentLayout().setPaintDevice(painter.device())
    font = QFont()
    font.setFamilies(["Noto Sans", "Segoe UI", "Helvetica Neue", "DejaVu Sans"])
    font.setPointSizeF(_BODY_POINTS)
    document.setDefaultFont(font)
    document.setDocumentMargin(0)
    document.setHtml(html)
    return document


def _paint(painter: QPainter, writer: QPdfWriter, document: QTextDocument, title: str) -> int:
    """Draw page after page, each with the title and its number at the foot."""
    foot = _FOOT_POINTS * writer.resolution() / _POINTS_PER_INCH
    page = QSizeF(writer.width(), writer.height() - foot)
    document.setPageSize(page)
    count = document.pageCount()
    for number in range(count):
        if number:
            writer.newPage()
        painter.save()
        painter.translate(0, -number * page.height())
        context = QAbstractTextDocumentLayout.PaintContext()
        context.clip = QRectF(0, number * page.height(), page.width(), page.height())
        painter.setClipRect(context.clip)
        document.documentLayout().draw(painter, context)
        painter.restore()
        _paint_foot(painter, QRectF(0, page.height(), page.width(), foot), title, f"{number + 1} / {count}")
    return count


def _paint_foot(painter: QPainter, place: QRectF, title: str, number: str) -> None:
    font = QFont(painter.font())
    font.setPointSizeF(8.0)
    painter.setFont(font)
    room = place.width() * 0.8
    shown = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(room))
    painter.drawText(place, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, shown)
    painter.drawText(place, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight, number)
