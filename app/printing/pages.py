"""HTML laid out on the pages of a PDF; on the print child's main thread, which alone uses Qt there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMarginsF, QRectF, QSizeF, Qt
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
from app.printing.formulas import FormulaPainter

_POINTS_PER_INCH = 72
_MARGIN_MM = 18.0
_FOOT_POINTS = 22.0
_BODY_POINTS = 10.5
_MILLIMETRES = QPageLayout.Unit.Millimeter


def needed_application() -> QCoreApplication:
    """Qt's application, of which a process has one, and without which there are no fonts; to be kept."""
    if sys.platform.startswith("linux"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return QGuiApplication.instance() or QGuiApplication(["parley"])


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
        return _paint(painter, writer, _document(html, painter, source.parent), title)
    finally:
        painter.end()


def _document(html: str, painter: QPainter, folder: Path) -> QTextDocument:
    document = QTextDocument()
    document.documentLayout().setPaintDevice(painter.device())
    font = QFont()
    font.setFamilies(["Noto Sans", "Segoe UI", "Helvetica Neue", "DejaVu Sans"])
    font.setPointSizeF(_BODY_POINTS)
    document.setDefaultFont(font)
    document.setDocumentMargin(0)
    document.setHtml(html)
    FormulaPainter(document, folder)
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
