"""The colours and fonts of the window, light and dark: the only place that names a colour.

Window process, interface thread. Widgets style themselves through the application's palette and
stylesheet, both made here and in `stylesheet.py`; those that paint by themselves read the palette:
Window is the page, Base a surface, AlternateBase the sidebar, Midlight the selection, Mid the
border, PlaceholderText muted text, Highlight the accent.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from app.ui.stylesheet import filled_sheet

SMALLEST_BASE_POINTS = 10.0
_CURSOR_FLASH_MS = 1000
_EFFECTS = (
    Qt.UIEffect.UI_AnimateMenu,
    Qt.UIEffect.UI_FadeMenu,
    Qt.UIEffect.UI_AnimateCombo,
    Qt.UIEffect.UI_AnimateTooltip,
    Qt.UIEffect.UI_FadeTooltip,
)


@dataclass(frozen=True)
class Theme:
    """Named colours as `#RRGGBB`."""

    name: str
    dark: bool
    page: str
    sidebar: str
    surface: str
    selection: str
    border: str
    text: str
    muted: str
    accent: str
    accent_text: str
    good: str
    caution: str
    bad: str
    code: str
    code_keyword: str
    code_string: str
    code_comment: str
    code_number: str
    code_function: str

    def color(self, token: str) -> QColor:
        """The token as a colour to paint with."""
        return QColor(getattr(self, token))


LIGHT = Theme(
    name="light",
    dark=False,
    page="#FBFAF8",
    sidebar="#F3F1ED",
    surface="#FFFFFF",
    selection="#ECE8E1",
    border="#E4E0D9",
    text="#1F1D1A",
    muted="#6B6761",
    accent="#3868AB",
    accent_text="#FFFFFF",
    good="#2B754A",
    caution="#915C11",
    bad="#B3382C",
    code="#F3F1ED",
    code_keyword="#8B3FA0",
    code_string="#2B7348",
    code_comment="#6B6761",
    code_number="#945A0C",
    code_function="#2F62A8",
)

DARK = Theme(
    name="dark",
    dark=True,
    page="#1B1A19",
    sidebar="#151413",
    surface="#232220",
    selection="#2E2B28",
    border="#37342F",
    text="#ECE8E1",
    muted="#A19B91",
    accent="#7FA8E0",
    accent_text="#10151D",
    good="#6CC08B",
    caution="#DDB05A",
    bad="#E27D72",
    code="#151413",
    code_keyword="#C792DC",
    code_string="#7FC79A",
    code_comment="#8F897F",
    code_number="#DDB05A",
    code_function="#8DB4EA",
)


class Appearance(StrEnum):
    """What the user chose: the values of the setting `appearance.theme`."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True)
class Fonts:
    """Sizes in points: `base` for controls, `body` for what is read, `small` for side remarks."""

    base: float
    body: float
    small: float
    title: float

    @staticmethod
    def of(system: QFont) -> Fonts:
        """Derive all sizes from the application's font."""
        base = system.pointSizeF()
        return Fonts(base, base + 1, base - 1, base + 6)


@dataclass(frozen=True)
class Density:
    """The room around the words of controls, as a stylesheet's paddings."""

    button: str
    wide: str
    field: str
    menu_item: str


COMFORTABLE = Density(button="7px 14px", wide="9px 12px", field="6px 10px", menu_item="7px 24px 7px 12px")
COMPACT = Density(button="3px 12px", wide="5px 10px", field="3px 8px", menu_item="4px 20px 4px 10px")


def code_font(points: float) -> QFont:
    """The system's monospace font."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(points)
    return font


def palette(theme: Theme) -> QPalette:
    """The theme as Qt's roles."""
    role = QPalette.ColorRole
    made = QPalette(theme.color("surface"), theme.color("page"))
    tokens = {
        role.Window: "page",
        role.WindowText: "text",
        role.Base: "surface",
        role.AlternateBase: "sidebar",
        role.Text: "text",
        role.Button: "surface",
        role.ButtonText: "text",
        role.BrightText: "bad",
        role.PlaceholderText: "muted",
        role.Light: "surface",
        role.Midlight: "selection",
        role.Mid: "border",
        role.Dark: "border",
        role.Shadow: "border",
        role.Highlight: "accent",
        role.HighlightedText: "accent_text",
        role.Accent: "accent",
        role.Link: "accent",
        role.LinkVisited: "accent",
        role.ToolTipBase: "surface",
        role.ToolTipText: "text",
    }
    for known, token in tokens.items():
        made.setColor(known, theme.color(token))
    for faint in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, faint, theme.color("muted"))
    return made


def stylesheet(
    theme: Theme, fonts: Fonts, density: Density, direction: Qt.LayoutDirection = Qt.LayoutDirection.LeftToRight
) -> str:
    """The theme as Qt's stylesheet, for lines that begin at this side."""
    points = {f"{name}_points": f"{size:g}" for name, size in asdict(fonts).items()}
    rooms = {f"{name}_room": room for name, room in asdict(density).items()}
    return filled_sheet({**asdict(theme), **points, **rooms}, direction)


class ThemeSource(QObject):
    """Gives the application its theme, and follows the system's while the user leaves it to it."""

    changed = Signal(object)

    def __init__(
        self,
        application: QApplication,
        appearance: Appearance,
        parent: QObject | None = None,
        *,
        text_percent: int = 100,
        density: Density = COMFORTABLE,
    ) -> None:
        """`text_percent` is the size of all text, of the system's."""
        super().__init__(parent)
        self._application = application
        self._appearance = appearance
        system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        self._system_points = max(system.pointSizeF(), SMALLEST_BASE_POINTS)
        self._text_percent = text_percent
        self._density = density
        self._theme: Theme | None = None
        application.setStyle("Fusion")
        self._set_fonts()
        application.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.choose(appearance)

    @property
    def theme(self) -> Theme:
        """The theme on screen now."""
        return self._theme or LIGHT

    @property
    def fonts(self) -> Fonts:
        """The sizes in use."""
        return self._fonts

    @property
    def appearance(self) -> Appearance:
        """What the user chose."""
        return self._appearance

    def choose(self, appearance: Appearance) -> None:
        """Use the system's theme, or always the light or the dark one."""
        self._appearance = appearance
        scheme = {
            Appearance.SYSTEM: Qt.ColorScheme.Unknown,
            Appearance.LIGHT: Qt.ColorScheme.Light,
            Appearance.DARK: Qt.ColorScheme.Dark,
        }[appearance]
        self._application.styleHints().setColorScheme(scheme)
        self._apply(scheme)

    def set_text_size(self, percent: int) -> None:
        """Make all text larger or smaller than the system's."""
        if percent != self._text_percent:
            self._text_percent = percent
            self._set_fonts()
            self._dress(self.theme)

    def set_density(self, density: Density) -> None:
        """Give controls more room or less."""
        if density != self._density:
            self._density = density
            self._dress(self.theme)

    def set_still(self, still: bool) -> None:
        """Let nothing blink, slide or fade."""
        QApplication.setCursorFlashTime(0 if still else _CURSOR_FLASH_MS)
        for effect in _EFFECTS:
            QApplication.setEffectEnabled(effect, not still)

    def _set_fonts(self) -> None:
        font = self._application.font()
        font.setPointSizeF(self._system_points * self._text_percent / 100)
        self._application.setFont(font)
        self._fonts = Fonts.of(font)

    def _follow_system(self) -> None:
        if self._appearance is Appearance.SYSTEM:
            self._apply(Qt.ColorScheme.Unknown)

    def _apply(self, scheme: Qt.ColorScheme) -> None:
        if scheme is Qt.ColorScheme.Unknown:
            scheme = self._application.styleHints().colorScheme()
        theme = DARK if scheme is Qt.ColorScheme.Dark else LIGHT
        if theme is not self._theme:
            self._theme = theme
            self._application.setPalette(palette(theme))
            self._dress(theme)

    def _dress(self, theme: Theme) -> None:
        direction = self._application.layoutDirection()
        self._application.setStyleSheet(stylesheet(theme, self._fonts, self._density, direction))
        self.changed.emit(theme)
