"""Under the table: what the chosen variant takes of this machine, at a context length and KV type of choice.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPalette, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QSizePolicy, QSlider, QVBoxLayout, QWidget

from app.core.catalog.hub import Variant
from app.core.engine.loading import DEFAULT_CONTEXT, KvType, LoadOptions
from app.core.prediction.fit import Fit, Hardware
from app.core.sizes import format_bytes
from app.ui.icons import ComboBox
from app.ui.labels import tip
from app.ui.models import words
from app.ui.models.fit_bar import DeviceLoad, FitBar, Legend, device_loads
from app.ui.models.variant_paint import verdict_color
from app.ui.theme import Theme

_LEAST_CONTEXT = 512
_UNKNOWN_CONTEXT = 32_768
_MARGIN, _GAP = 16, 12


class DeviceLine(QWidget):
    """A device's name, how full it is, and its bar."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._variant = self._where = ""
        self._name = QLabel()
        self._name.setTextFormat(Qt.TextFormat.RichText)
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._use = QLabel()
        self._use.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = FitBar(theme)
        heads = QHBoxLayout()
        heads.setSpacing(_GAP)
        heads.addWidget(self._name, 1)
        heads.addWidget(self._use)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(heads)
        column.addWidget(self.bar)

    def show_load(self, variant: str, load: DeviceLoad, fit: Fit, theme: Theme, *, is_only: bool) -> None:
        """Show one device; the first one names the variant."""
        where = self.tr("in {device}") if load.is_memory else self.tr("on the {device}")
        self._variant, self._where = variant, where.format(device=load.name)
        self._name.setToolTip(tip(f"{variant} {self._where}".strip()))
        is_long = is_only and fit.verdict.fits
        text = self.tr("{used} of {total} in use while it runs") if is_long else self.tr("{used} of {total}")
        self._use.setText(text.format(used=format_bytes(load.used), total=format_bytes(load.total)))
        self._color(verdict_color(theme, fit))
        self._fit_name()
        self.bar.show_load(load, theme)

    @property
    def shown_name(self) -> str:
        """What can be read of the variant's name, and where it runs."""
        return self._name.text()

    @property
    def whole_width(self) -> int:
        """What it takes to read all that it says."""
        name = self._bold_metrics().horizontalAdvance(self._variant)
        where = self._name.fontMetrics().horizontalAdvance(f" {self._where}")
        return name + where + _GAP + self._use.sizeHint().width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much of the name as there is room for now."""
        super().resizeEvent(event)
        self._fit_name()

    def _fit_name(self) -> None:
        """Of a long name the middle is left out; the device is told whole."""
        room = self.width() - self._use.sizeHint().width() - _GAP
        room -= self._name.fontMetrics().horizontalAdvance(f" {self._where}")
        name = self._bold_metrics().elidedText(self._variant, Qt.TextElideMode.ElideMiddle, max(room, 0))
        bold = f"<b>{_escaped(name)}</b> " if name else ""
        self._name.setText(bold + _escaped(self._where))

    def _bold_metrics(self) -> QFontMetrics:
        font = self._name.font()
        font.setBold(True)
        return QFontMetrics(font)

    def _color(self, color: QColor) -> None:
        """Write the use in a colour; a palette, even the same one, has all of the label made anew."""
        colors = self._use.palette()
        if colors.color(QPalette.ColorRole.WindowText) != color:
            colors.setColor(QPalette.ColorRole.WindowText, color)
            self._use.setPalette(colors)


class FitPanel(QFrame):
    """Emits what the user chooses; shows what it is given."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._theme = theme
        self._steps = _steps(_UNKNOWN_CONTEXT)
        self._wanted = DEFAULT_CONTEXT
        self._lines: list[DeviceLine] = []
        self._devices = QHBoxLayout()
        self._devices.setSpacing(16)
        self._legend = Legend(theme)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(self.tr("Context length"))
        self.slider.setPageStep(2)
        self._tokens = QLabel()
        self._tokens.setTextFormat(Qt.TextFormat.PlainText)
        self.kv_type = ComboBox()
        self.kv_type.setAccessibleName(self.tr("KV cache"))
        for kind, name in (
            (KvType.F16, self.tr("KV in F16")),
            (KvType.Q8_0, self.tr("KV in Q8_0")),
            (KvType.Q4_0, self.tr("KV in Q4_0")),
        ):
            self.kv_type.addItem(name, str(kind.value))
        self.kv_type.setToolTip(self.tr("How the conversation is kept: Q8_0 takes half the memory, Q4_0 a quarter."))
        self._source = _small_label()
        self._facts = QHBoxLayout()
        self._reason = QLabel()
        self._reason.setProperty("kind", "muted")
        self._reason.setWordWrap(True)
        self._reason.setTextFormat(Qt.TextFormat.PlainText)
        self._reason.setMinimumHeight(self._reason.fontMetrics().lineSpacing() * 2)
        self._reason.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        self._lay_out()
        self.slider.valueChanged.connect(self._on_slider)
        self.kv_type.currentIndexChanged.connect(self.changed)
        self.set_longest(0)

    @property
    def context_length(self) -> int:
        """What the slider says, in tokens."""
        return self._steps[self.slider.value()]

    @property
    def options(self) -> LoadOptions:
        """What is chosen, as the model would be loaded."""
        kind = KvType(self.kv_type.currentData())
        return LoadOptions(context_length=self.context_length, kv_type_k=kind, kv_type_v=kind)

    @property
    def source(self) -> str:
        """How the need was told, in words."""
        return self._source.text()

    @property
    def reason(self) -> str:
        """The verdict in words."""
        return self._reason.text()

    def set_longest(self, trained: int) -> None:
        """The context that the model was trained for, in tokens; 0 where unknown. The choice is kept if it can be."""
        self._steps = _steps(trained or _UNKNOWN_CONTEXT)
        value = max((n for n, step in enumerate(self._steps) if step <= self._wanted), default=0)
        self.slider.blockSignals(True)
        self.slider.setRange(0, len(self._steps) - 1)
        self.slider.setValue(value)
        self.slider.blockSignals(False)
        self._show_tokens()

    def show_fit(self, variant: Variant, fit: Fit, hardware: Hardware, reason: str) -> None:
        """Explain how a variant fits."""
        loads = device_loads(fit, hardware)
        while len(self._lines) < len(loads):
            self._lines.append(DeviceLine(self._theme))
            self._devices.addWidget(self._lines[-1], 1)
        for number, line in enumerate(self._lines):
            line.setVisible(number < len(loads))
            if number < len(loads):
                line.show_load("" if number else variant.name, loads[number], fit, self._theme, is_only=len(loads) == 1)
        self._legend.show_loads(loads)
        self._source.setText(words.need_source(fit))
        self._source.setToolTip(words.need_source_in_full(fit))
        self._reason.setText(reason)
        self._reason.setToolTip(tip(reason))  # where the window is too low for all of it
        self._arrange()

    def set_theme(self, theme: Theme) -> None:
        """Draw with another theme; the next `show_fit` uses it."""
        self._theme = theme
        self._legend.set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let nothing be cut off."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Where the need comes from stands beside the legend, or below it where there is no room for any of its texts.

        What it says changes as the slider moves; where it stands does not. The devices stand side by side, or below
        each other where anything they say would be cut off.
        """
        said = self._source.fontMetrics()
        widest = max(said.horizontalAdvance(text) for text in words.need_sources())
        room = self.contentsRect().width() - 2 * _MARGIN
        self._facts.setDirection(_direction(self._legend.sizeHint().width() + _GAP + widest <= room))
        lines = [line for line in self._lines if line.isVisibleTo(self)]
        each = (room + self._devices.spacing()) // max(len(lines), 1) - self._devices.spacing()
        self._devices.setDirection(_direction(all(line.whole_width <= each for line in lines)))

    def _lay_out(self) -> None:
        name = QLabel(self.tr("Context"))
        name.setProperty("kind", "muted")
        choice = QHBoxLayout()
        choice.setSpacing(12)
        choice.addWidget(name)
        choice.addWidget(self.slider, 1)
        choice.addWidget(self._tokens)
        choice.addWidget(self.kv_type)
        widest = words.context(131_072)
        self._tokens.setMinimumWidth(self._tokens.fontMetrics().horizontalAdvance(widest) + 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, 14, _MARGIN, 12)
        column.setSpacing(10)
        column.addLayout(self._devices)
        self._facts.setSpacing(_GAP)
        self._facts.addWidget(self._legend, 1)
        self._facts.addWidget(self._source)
        column.addLayout(self._facts)
        column.addLayout(choice)
        column.addWidget(self._reason)

    def _on_slider(self) -> None:
        self._wanted = self.context_length
        self._show_tokens()
        self.changed.emit()

    def _show_tokens(self) -> None:
        self._tokens.setText(words.context(self.context_length))


def _direction(fits: bool) -> QBoxLayout.Direction:
    return QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom


def _small_label() -> QLabel:
    label = QLabel()
    label.setProperty("kind", "small")
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _steps(longest: int) -> tuple[int, ...]:
    """Powers of two and the middles between them, up to the longest."""
    steps = []
    power = _LEAST_CONTEXT
    while power < longest:
        steps += [step for step in (power, power * 3 // 2) if step < longest]
        power *= 2
    return (*steps, longest)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
