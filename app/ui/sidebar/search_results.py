"""What a search has found: title, snippet with the hit marked, and when and by which model it was written.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QDateTime,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPalette, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.core.chat.search import Hit, Marked
from app.core.engine.messages import Role
from app.ui.labels import tip
from app.ui.sidebar.painting import INSET, leading, small

Index = QModelIndex | QPersistentModelIndex

HIT = Qt.ItemDataRole.UserRole
_SNIPPET_LINES = 2
_BEFORE = 18
_SHOWN = 48
_PAD = 8


class HitModel(QAbstractListModel):
    """One row for each hit, the best first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hits: Sequence[Hit] = ()

    def set_hits(self, hits: Sequence[Hit]) -> None:
        """Show these."""
        self.beginResetModel()
        self._hits = hits
        self.endResetModel()

    def hit(self, index: Index) -> Hit | None:
        """What stands at a place."""
        return self._hits[index.row()] if index.isValid() and index.row() < len(self._hits) else None

    def rowCount(self, parent: Index | None = None) -> int:
        """All hits."""
        return 0 if parent is not None and parent.isValid() else len(self._hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The title, the hit itself, or all of it in words."""
        hit = self.hit(index)
        if hit is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return hit.title.text
            case Qt.ItemDataRole.AccessibleTextRole:
                return "\n".join(filter(None, (hit.title.text, hit.snippet.text, self.foot(hit))))
            case Qt.ItemDataRole.ToolTipRole:
                return tip(hit.title.text)
            case _ if role == HIT:
                return hit
        return None

    def foot(self, hit: Hit) -> str:
        """The date, and who wrote it."""
        day = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(hit.at)).date(), QLocale.FormatType.ShortFormat)
        who = hit.model or (self.tr("You") if hit.role is Role.USER else "")
        return f"{day} · {who}" if who else day


class HitDelegate(QStyledItemDelegate):
    """Draws a hit over some lines."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """A line for the title, two for the snippet, one for the rest."""
        hit = index.data(HIT)
        lines = 1 + (_SNIPPET_LINES if hit.snippet.text else 0)
        return QSize(0, lines * option.fontMetrics.height() + QFontMetrics(small(option.font)).height() + 2 * _PAD + 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw it from the palette."""
        hit, palette, model = index.data(HIT), option.palette, index.model()
        assert isinstance(hit, Hit) and isinstance(model, HitModel)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_box(painter, option)
        line = option.fontMetrics.height()
        where = option.rect.adjusted(INSET, _PAD + 1, -INSET, 0)
        strong = QFont(option.font)
        strong.setWeight(QFont.Weight.DemiBold)
        text, muted = QPalette.ColorRole.Text, QPalette.ColorRole.PlaceholderText
        title = _fitting(hit.title, QFontMetrics(strong), where.width())
        painter.setPen(palette.color(text))
        _draw(painter, where, title, strong, option, 1)
        where.translate(0, line)
        if hit.snippet.text:
            painter.setPen(palette.color(muted))
            _draw(painter, where, near_mark(hit.snippet), option.font, option, _SNIPPET_LINES)
            where.translate(0, _SNIPPET_LINES * line)
        remark = small(option.font)
        painter.setFont(remark)
        painter.setPen(palette.color(muted))
        where.setHeight(QFontMetrics(remark).height())
        foot = QFontMetrics(remark).elidedText(model.foot(hit), Qt.TextElideMode.ElideRight, where.width())
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, foot)
        painter.restore()

    def _paint_box(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        box, state, flag = option.rect.adjusted(0, 1, 0, -1), option.state, QStyle.StateFlag
        if state & (flag.State_Selected | flag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(option.palette.color(QPalette.ColorRole.Midlight))
            painter.drawRoundedRect(box, 6, 6)
        if state & flag.State_HasFocus:
            painter.setPen(option.palette.color(QPalette.ColorRole.Highlight))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


class HitView(QListView):
    """Enter or a click goes there; Up goes from the first hit back to the words."""

    hit_chosen = Signal(object)  # Hit
    left_upwards = Signal()

    def __init__(self, model: HitModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hits = model
        self.setModel(model)
        self.setItemDelegate(HitDelegate(self))
        self.setProperty("kind", "conversations")
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.clicked.connect(self._choose)

    def enter(self) -> bool:
        """Take the focus, at the hit where one was or the first one; false when there is none."""
        current = self.currentIndex() if self.currentIndex().isValid() else self._hits.index(0)
        if not current.isValid():
            return False
        self.setCurrentIndex(current)
        self.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go there with Enter or Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentIndex())
        elif event.key() == Qt.Key.Key_Up and self.currentIndex().row() == 0:
            self.left_upwards.emit()
        else:
            super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        hit = self._hits.hit(index)
        if hit is not None:
            self.hit_chosen.emit(hit)


def near_mark(snippet: Marked) -> Marked:
    """The snippet from shortly before its first hit on, so that few lines show it."""
    if not snippet.marks or snippet.marks[0][0] <= 2 * _BEFORE:
        return snippet
    start = max(0, min(snippet.marks[0][0] - _BEFORE, len(snippet.text) - _SHOWN))
    gap = snippet.text.find(" ", start, snippet.marks[0][0])
    start = gap + 1 if gap >= 0 else start
    marks = tuple((first - start + 1, last - start + 1) for first, last in snippet.marks)
    return Marked(f"…{snippet.text[start:]}", marks)


def _fitting(marked: Marked, metrics: QFontMetrics, width: int) -> Marked:
    """One line of it that is no wider."""
    text = metrics.elidedText(marked.text, Qt.TextElideMode.ElideRight, width)
    length = len(text) if text == marked.text else len(text) - 1
    return Marked(text, tuple((first, min(last, length)) for first, last in marked.marks if first < length))


def _draw(
    painter: QPainter, where: QRect, marked: Marked, font: QFont, option: QStyleOptionViewItem, lines: int
) -> None:
    """Lay a text out in a few lines, its hits in bold and in the accent's colour."""
    mark = QTextCharFormat()
    mark.setFontWeight(QFont.Weight.Bold)
    mark.setForeground(option.palette.color(QPalette.ColorRole.Highlight))
    ranges: list[QTextLayout.FormatRange] = []
    for first, last in marked.marks:
        one = QTextLayout.FormatRange()
        one.start, one.length = _units(marked.text, first), _units(marked.text[first:last], last - first)
        one.format = mark
        ranges.append(one)
    layout = QTextLayout(marked.text, font)
    settings = QTextOption(leading(option))
    settings.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    settings.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(settings)
    layout.setFormats(ranges)
    layout.beginLayout()
    for number in range(lines):
        row = layout.createLine()
        if not row.isValid():
            break
        row.setLineWidth(where.width())
        row.setPosition(QPointF(0, number * option.fontMetrics.height()))
    layout.endLayout()
    layout.draw(painter, QPointF(where.topLeft()))


def _units(text: str, end: int) -> int:
    """How many UTF-16 units the first characters are: Qt counts those."""
    return len(text[:end].encode("utf-16-le", "surrogatepass")) // 2
