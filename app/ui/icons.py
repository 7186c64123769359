"""The line icons in resources/icons, tinted with the palette so that they follow the theme.

Window process, interface thread. The SVGs draw with `currentColor`, which is replaced before
rendering: QtSvg is called directly, so no icon-engine plugin has to be shipped.
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPalette, QPixmap, QPixmapCache, QShowEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QComboBox,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from app.core.paths import resources
from app.ui.labels import tip
from app.ui.wheel import only_in_focus

SIZE = 16
_OF_LINE = 0.85  # of a line's height, which makes `SIZE` of text at its usual size
_DIRECTED = frozenset({"back", "continue", "sidebar"})
"""Those that point along the line of reading, or to its beginning."""
_TINT_CHANGES = (QEvent.Type.PaletteChange, QEvent.Type.DevicePixelRatioChange, QEvent.Type.FontChange)
_WINDOW_ICON_SIZES = (16, 32, 48, 128)
_STROKE = b'stroke-width="1.4"'


def pixmap(name: str, color: QColor, scale: float = 1.0, size: int = SIZE, *, mirrored: bool = False) -> QPixmap:
    """One icon, `size` logical pixels wide, for a screen of the given scale; drawn only once."""
    key, found = f"{name} {color.name()} {scale:g} {size} {mirrored}", QPixmap()
    if not QPixmapCache.find(key, found):
        found = _drawn(name, color, scale, size, mirrored=mirrored)
        QPixmapCache.insert(key, found)
    return found


def _drawn(name: str, color: QColor, scale: float, size: int, *, mirrored: bool) -> QPixmap:
    source = (resources() / "icons" / f"{name}.svg").read_bytes()
    if size > SIZE:
        # A line grows less than its drawing, or a large icon would look bold.
        source = source.replace(_STROKE, b'stroke-width="%.2f"' % (1.4 * (SIZE / size) ** 0.5))
    renderer = QSvgRenderer(QByteArray(source.replace(b"currentColor", color.name().encode())))
    drawn = QPixmap(QSize(size, size) * scale)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    if mirrored:
        painter.translate(drawn.width(), 0)
        painter.scale(-1, 1)
    renderer.render(painter, QRectF(drawn.rect()))
    painter.end()
    drawn.setDevicePixelRatio(scale)
    return drawn


def size_beside(widget: QWidget) -> int:
    """As large as an icon is to be in a widget: it grows with the text, and is never smaller than it was drawn."""
    return max(SIZE, round(widget.fontMetrics().height() * _OF_LINE))


def icon(
    name: str, widget: QWidget, role: QPalette.ColorRole = QPalette.ColorRole.ButtonText, size: int = SIZE
) -> QIcon:
    """An icon in a role's colour, muted where it is disabled, sharp on the screen, along the line of reading."""
    palette, scale, active = widget.palette(), widget.devicePixelRatioF(), QPalette.ColorGroup.Active
    mirrored = name in _DIRECTED and widget.isRightToLeft()
    made = QIcon(pixmap(name, palette.color(active, role), scale, size, mirrored=mirrored))
    muted = palette.color(active, QPalette.ColorRole.PlaceholderText)
    made.addPixmap(pixmap(name, muted, scale, size, mirrored=mirrored), QIcon.Mode.Disabled)
    return made


def application_icon() -> QIcon:
    """Parley's own icon, in the sizes that window managers ask for."""
    renderer = QSvgRenderer(str(resources() / "application" / "parley.svg"))
    made = QIcon()
    for size in _WINDOW_ICON_SIZES:
        drawn = QPixmap(size, size)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        renderer.render(painter, QRectF(drawn.rect()))
        painter.end()
        made.addPixmap(drawn)
    return made


class Emblem(QWidget):
    """An icon that stands by itself."""

    def __init__(self, name: str, size: int, role: QPalette.ColorRole, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._role = role
        self.setFixedSize(size, size)

    def show_as(self, name: str) -> None:
        """Show another icon."""
        self._name = name
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it in the palette's colour of now."""
        painter = QPainter(self)
        color = self.palette().color(self._role)
        painter.drawPixmap(0, 0, pixmap(self._name, color, self.devicePixelRatioF(), self.width()))
        painter.end()


class IconButton(QToolButton):
    """A button that shows an icon alone; its name is the tooltip and what a screen reader says."""

    def __init__(
        self,
        icon_name: str,
        name: str,
        parent: QWidget | None = None,
        role: QPalette.ColorRole = QPalette.ColorRole.ButtonText,
    ) -> None:
        super().__init__(parent)
        self._icon_name = ""
        self._role = role
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.show_as(icon_name, name)

    def show_as(self, icon_name: str, name: str) -> None:
        """Become another button."""
        if icon_name == self._icon_name:
            return
        self._icon_name = icon_name
        self.setAccessibleName(name)
        self.setToolTip(tip(name))
        self._tint()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw the icon, which nobody needs before."""
        super().showEvent(event)
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the screen."""
        super().changeEvent(event)
        if event.type() in _TINT_CHANGES:
            self._tint()

    def _tint(self) -> None:
        size = size_beside(self)
        self.setIconSize(QSize(size, size))
        if self.isVisible():
            self.setIcon(icon(self._icon_name, self, self._role, size))


class LabelledButton(QPushButton):
    """A push button with an icon before its text."""

    def __init__(self, icon_name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._icon_name = icon_name
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the screen."""
        super().changeEvent(event)
        if event.type() in _TINT_CHANGES:
            self._tint()

    def _tint(self) -> None:
        size = size_beside(self)
        self.setIconSize(QSize(size, size))
        self.setIcon(icon(self._icon_name, self, size=size))


class MenuButton(QPushButton):
    """A push button that opens a menu and says so with a chevron at its end.

    The menu is not `setMenu`'s: Qt pads the text of such a button in a way a stylesheet cannot mend.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("kind", "menu")
        self.drop_down = QMenu(self)
        self.clicked.connect(self.open_menu)

    def open_menu(self) -> None:
        """Show the menu below the button, its end at the button's end."""
        self.drop_down.ensurePolished()
        below = self.mapToGlobal(self.rect().bottomLeft())
        if self.isLeftToRight():
            below.setX(below.x() + self.width() - self.drop_down.sizeHint().width())
        self.drop_down.popup(below + QPoint(0, 4))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button, then the chevron."""
        super().paintEvent(event)
        _draw_chevron(self)


_POPUP_ROOM = 12
_WIDEST_POPUP = 480


class ComboBox(QComboBox):
    """A combo box with the same chevron."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(QStyledItemDelegate(self))  # the usual one has no ear for the style sheet
        only_in_focus(self)

    def showPopup(self) -> None:
        """Open the choices, which may be wider than the box."""
        view = self.view()
        view.setMinimumWidth(min(view.sizeHintForColumn(0) + _POPUP_ROOM, _WIDEST_POPUP))
        super().showPopup()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box, as much of the choice as there is room for, and the chevron."""
        painter, option, control = QStylePainter(self), QStyleOptionComboBox(), QStyle.ComplexControl.CC_ComboBox
        self.initStyleOption(option)
        painter.drawComplexControl(control, option)
        room = self.style().subControlRect(control, option, QStyle.SubControl.SC_ComboBoxEditField, self).width()
        option.currentText = option.fontMetrics.elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()
        _draw_chevron(self)


def _draw_chevron(widget: QWidget) -> None:
    color = widget.palette().color(QPalette.ColorRole.PlaceholderText)
    painter = QPainter(widget)
    left = widget.width() - SIZE - 10 if widget.isLeftToRight() else 10
    painter.drawPixmap(left, (widget.height() - SIZE) // 2, pixmap("chevron", color, widget.devicePixelRatioF()))
    painter.end()
