"""A bar that explains itself: what a model takes of a device beside what other programs hold.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.core.prediction.fit import DeviceKind, Fit, Hardware, Placement
from app.core.sizes import format_bytes
from app.ui.models import words
from app.ui.theme import Theme

HEIGHT = 18
_RADIUS = 4
_BETWEEN = 12


@dataclass(frozen=True)
class Part:
    """A stretch of the bar in bytes; `shade` is how much of the accent it has, 0 for other programs."""

    bytes: int
    shade: float


@dataclass(frozen=True)
class DeviceLoad:
    """One device while the model runs; sizes in bytes."""

    name: str
    total: int
    weights: int
    kv: int
    compute: int
    others: int
    is_memory: bool = False

    @property
    def used(self) -> int:
        """All that is taken."""
        return self.weights + self.kv + self.compute + self.others

    @property
    def parts(self) -> tuple[Part, ...]:
        """From the left."""
        return Part(self.weights, 1.0), Part(self.kv, 0.62), Part(self.compute, 0.34), Part(self.others, 0.0)


def device_loads(fit: Fit, hardware: Hardware) -> list[DeviceLoad]:
    """The devices that hold a part of the model worth showing, GPUs first; unified memory is one device."""
    devices = (hardware.memory, *hardware.gpus)
    unified = bool(hardware.gpus) and hardware.gpus[0].kind is DeviceKind.UNIFIED
    loads = []
    for number, need in enumerate(fit.needs):
        device = devices[number]
        needs = fit.needs if unified else (need,)
        if need.total and not (number == 0 and fit.verdict.placement is Placement.ALL_ON_GPU and not unified):
            loads.append(
                DeviceLoad(
                    name=words.device_name(hardware, device.name),
                    total=device.total,
                    weights=sum(each.weights for each in needs),
                    kv=sum(each.kv for each in needs),
                    compute=sum(each.compute + each.overhead for each in needs),
                    others=max(device.total - device.free, 0),
                    is_memory=number == 0,
                )
            )
        if unified:
            break
    return sorted(loads, key=lambda load: load.is_memory)


class FitBar(QWidget):
    """One device as a bar; what is too much stands beyond its end, hatched."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._load = DeviceLoad("", 1, 0, 0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(200, HEIGHT)

    def show_load(self, load: DeviceLoad, theme: Theme) -> None:
        """Show a device; what is shown already is not painted again."""
        if load == self._load and theme is self._theme:
            return
        self._load, self._theme = load, theme
        self.setAccessibleName(
            self.tr("{name}: {used} of {total} in use").format(
                name=load.name, used=format_bytes(load.used), total=format_bytes(load.total)
            )
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the parts, then what is too much."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(box, _RADIUS, _RADIUS)
        painter.setClipPath(shape)
        painter.fillRect(box, self._theme.color("selection"))
        scale = box.width() / max(self._load.total, self._load.used, 1)
        for left, part in _placed(self._load.parts):
            stretch = QRectF(left * scale, 0, part.bytes * scale, box.height())
            painter.fillRect(stretch, part_color(self._theme, part.shade))
            if part.bytes * scale > 2:
                painter.fillRect(QRectF(stretch.right() - 0.5, 0, 1, box.height()), self._theme.color("surface"))
        if self._load.used > self._load.total:
            self._paint_excess(painter, box, self._load.total * scale)
        painter.end()

    def _paint_excess(self, painter: QPainter, box: QRectF, limit: float) -> None:
        beyond = QRectF(limit, 0, box.width() - limit, box.height())
        painter.fillRect(beyond, self._theme.color("surface"))
        painter.fillRect(beyond, QBrush(self._theme.color("bad"), Qt.BrushStyle.BDiagPattern))
        painter.setPen(QPen(self._theme.color("bad"), 2))
        painter.drawLine(beyond.topLeft(), beyond.bottomLeft())


class Legend(QWidget):
    """What the bar's colours mean, with sizes over all devices that are shown."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels = [_Entry(theme, shade) for shade in (1.0, 0.62, 0.34, 0.0)]
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(_BETWEEN)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(len(self._labels), 1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two rows where one has no room."""
        super().resizeEvent(event)
        self._arrange()

    def set_theme(self, theme: Theme) -> None:
        """Draw with another theme."""
        for label in self._labels:
            label.set_theme(theme)

    def show_loads(self, loads: list[DeviceLoad]) -> None:
        """Name the parts."""
        names = (self.tr("weights"), self.tr("KV cache"), self.tr("compute"), self.tr("other programs"))
        for number, (label, name) in enumerate(zip(self._labels, names, strict=True)):
            label.text.setText(f"{name} {format_bytes(sum(load.parts[number].bytes for load in loads))}")
        self._arrange()

    def _arrange(self) -> None:
        count = len(self._labels)
        wide = sum(label.sizeHint().width() for label in self._labels) + _BETWEEN * count
        columns = count if wide <= self.width() else count // 2
        if columns != self._columns:
            self._columns = columns
            for number, label in enumerate(self._labels):
                self._grid.addWidget(label, number // columns, number % columns)


class _Entry(QWidget):
    def __init__(self, theme: Theme, shade: float) -> None:
        super().__init__()
        self._shade = shade
        self._mark = QLabel()
        self._mark.setFixedSize(9, 9)
        self._mark.setAutoFillBackground(True)
        self.text = QLabel()
        self.text.setProperty("kind", "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._mark)
        row.addWidget(self.text)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Draw with another theme."""
        self._mark.setStyleSheet(f"background: {part_color(theme, self._shade).name()};")


def part_color(theme: Theme, shade: float) -> QColor:
    """The accent mixed with the surface; for other programs, the border's colour."""
    if not shade:
        return theme.color("border").darker(108) if not theme.dark else theme.color("border").lighter(130)
    accent, ground = theme.color("accent"), theme.color("surface")
    mixed = (
        round(one * shade + other * (1 - shade))
        for one, other in zip(accent.getRgb()[:3], ground.getRgb()[:3], strict=True)  # type: ignore[index]
    )
    return QColor(*mixed)


def _placed(parts: tuple[Part, ...]) -> Iterator[tuple[int, Part]]:
    left = 0
    for part in parts:
        yield left, part
        left += part.bytes
