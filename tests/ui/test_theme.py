from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QStyle, QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from app.core.paths import resources
from app.ui import icons
from app.ui.theme import (
    COMFORTABLE,
    COMPACT,
    DARK,
    LIGHT,
    SMALLEST_BASE_POINTS,
    Appearance,
    Density,
    Fonts,
    Theme,
    ThemeSource,
    palette,
    stylesheet,
)

SURFACES_OF = {
    "text": ("page", "sidebar", "surface", "selection", "code"),
    "muted": ("page", "sidebar", "surface", "selection", "code"),
    "accent": ("page", "sidebar", "surface", "selection"),
    "accent_text": ("accent",),
    "good": ("page", "surface", "selection"),
    "caution": ("page", "surface", "selection"),
    "bad": ("page", "sidebar", "surface", "selection"),
    "code_keyword": ("code",),
    "code_string": ("code",),
    "code_comment": ("code",),
    "code_number": ("code",),
    "code_function": ("code",),
}
PAIRS = [(text, surface) for text, surfaces in SURFACES_OF.items() for surface in surfaces]


def luminance(color: QColor) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [color.redF(), color.greenF(), color.blueF()]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize(("text", "surface"), PAIRS)
def test_text_is_legible_on_its_surface(theme: Theme, text: str, surface: str) -> None:
    assert contrast(theme.color(text), theme.color(surface)) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("kind", ["", "search", "heading", "inline"])
def test_what_an_empty_field_says_is_legible_as_it_is_painted(themed: ThemeSource, theme: Theme, kind: str) -> None:
    themed.choose(Appearance.DARK if theme.dark else Appearance.LIGHT)
    field = QLineEdit()
    field.setProperty("kind", kind)
    field.setPlaceholderText("███")
    field.ensurePolished()
    field.resize(field.sizeHint())
    picture = field.grab().toImage()
    row = [picture.pixelColor(x, picture.height() // 2) for x in range(8, picture.width() - 8)]
    surface = row[-1]
    assert max(contrast(color, surface) for color in row) >= 4.5


def test_every_colour_is_named_in_the_theme_alone() -> None:
    folder = Path(icons.__file__).parent
    named = re.compile(r"""#[0-9a-fA-F]{6}\b|["']#[0-9a-fA-F]{3}\b|GlobalColor\.(?!transparent)""")
    offenders = [
        path.name for path in folder.rglob("*.py") if path.name != "theme.py" and named.search(path.read_text())
    ]
    assert offenders == []


@pytest.mark.parametrize("density", [COMFORTABLE, COMPACT], ids=["comfortable", "compact"])
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_stylesheet_has_no_open_placeholder(theme: Theme, density: Density) -> None:
    assert "$" not in stylesheet(theme, Fonts(10, 11, 9, 16), density)


def test_choosing_an_appearance_changes_the_application(qapp: QApplication, themed: ThemeSource, qtbot: QtBot) -> None:
    with qtbot.waitSignal(themed.changed) as changed:
        themed.choose(Appearance.DARK)
    assert changed.args == [DARK]
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(DARK.page)
    themed.choose(Appearance.LIGHT)
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(LIGHT.page)


def test_text_grows_and_shrinks_with_the_setting(qapp: QApplication, themed: ThemeSource, qtbot: QtBot) -> None:
    usual = themed.fonts.base
    assert usual >= SMALLEST_BASE_POINTS
    with qtbot.waitSignal(themed.changed):
        themed.set_text_size(150)
    assert qapp.font().pointSizeF() == themed.fonts.base == usual * 1.5
    themed.set_text_size(100)
    assert themed.fonts.base == usual


def test_compact_controls_are_lower(qtbot: QtBot, themed: ThemeSource) -> None:
    button = QPushButton("Button")
    qtbot.addWidget(button)
    button.show()
    tall = button.sizeHint().height()
    themed.set_density(COMPACT)
    assert button.sizeHint().height() < tall


def test_nothing_moves_where_that_is_wanted(qapp: QApplication, themed: ThemeSource) -> None:
    themed.set_still(True)
    assert qapp.cursorFlashTime() == 0
    assert not qapp.isEffectEnabled(Qt.UIEffect.UI_FadeTooltip)
    themed.set_still(False)
    assert qapp.cursorFlashTime() > 0


def test_fonts_follow_the_application(qapp: QApplication) -> None:
    font = qapp.font()
    font.setPointSizeF(13)
    assert Fonts.of(font) == Fonts(13, 14, 12, 19)


@pytest.mark.parametrize("path", sorted((resources() / "icons").glob("*.svg")), ids=lambda path: path.stem)
def test_every_icon_is_drawn_in_the_colour_asked_for(qapp: QApplication, path: Path) -> None:
    drawn = icons.pixmap(path.stem, QColor(LIGHT.accent), 2.0).toImage()
    opaque = [drawn.pixelColor(x, y) for x in range(32) for y in range(32) if drawn.pixelColor(x, y).alpha() == 255]
    assert drawn.width() == 32
    assert opaque
    assert all(color.name().upper() == LIGHT.accent for color in opaque)


def test_an_icon_follows_the_palette(qtbot: QtBot, qapp: QApplication, themed: ThemeSource) -> None:
    button = icons.IconButton("plus", "Add")
    qtbot.addWidget(button)
    button.show()
    before = button.icon().cacheKey()
    button.setPalette(palette(DARK))
    assert button.icon().cacheKey() != before
    assert button.accessibleName() == button.toolTip() == "Add"


def test_labels_take_the_colour_of_their_kind(qtbot: QtBot, themed: ThemeSource) -> None:
    label = QLabel("words")
    label.setProperty("kind", "muted")
    qtbot.addWidget(label)
    label.show()
    assert label.palette().color(QPalette.ColorRole.WindowText) == QColor(LIGHT.muted)


def test_icons_grow_with_the_text_beside_them(qtbot: QtBot, themed: ThemeSource) -> None:
    buttons = icons.IconButton("search", "Search"), icons.LabelledButton("plus", "New chat")
    for button in buttons:
        qtbot.addWidget(button)
        button.show()
        assert button.iconSize().width() == icons.SIZE
    themed.set_text_size(200)
    for button in buttons:
        assert button.iconSize().width() >= 1.5 * icons.SIZE
        assert button.icon().actualSize(button.iconSize()) == button.iconSize()
    themed.set_text_size(100)


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_the_words_of_a_combo_box_stand_beside_its_chevron(qtbot: QtBot, direction: Qt.LayoutDirection) -> None:
    box = icons.ComboBox()
    qtbot.addWidget(box)
    box.addItem("Most downloads")
    box.setLayoutDirection(direction)
    box.setStyleSheet(stylesheet(LIGHT, Fonts.of(box.font()), COMFORTABLE, direction))
    box.show()
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field = QStyle.SubControl.SC_ComboBoxEditField
    words = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, box)
    chevron = icons.SIZE + 10
    if direction is Qt.LayoutDirection.RightToLeft:
        assert words.left() >= chevron
    else:
        assert words.right() <= box.width() - chevron


def test_the_choices_of_a_box_are_one_frame_around_rows_of_which_one_is_marked(
    qtbot: QtBot, themed: ThemeSource
) -> None:
    box = icons.ComboBox()
    box.addItems(["Anyone", "You", "Models"])
    qtbot.addWidget(box)
    box.show()
    box.showPopup()
    view = box.view()
    qtbot.waitUntil(view.isVisible)
    row, seen = view.visualRect(box.model().index(0, 0)), view.window().grab().toImage()
    marked = view.viewport().mapTo(view.window(), QPoint(row.right() - 8, row.center().y()))
    assert seen.pixelColor(marked) == themed.theme.color("selection")
    assert seen.pixelColor(seen.width() // 2, seen.height() - 1) == themed.theme.color("border")
    assert row.height() >= view.fontMetrics().height() + 8
    box.hidePopup()


def test_a_choice_that_is_wider_than_its_box_ends_in_dots(qtbot: QtBot, themed: ThemeSource) -> None:
    seen = []
    for text in ("A very long name of a model", "A very l…"):
        box = icons.ComboBox()
        box.addItem(text)
        qtbot.addWidget(box)
        margins = 40
        box.resize(box.fontMetrics().horizontalAdvance("A very l…") + margins + 4, 32)
        seen.append(box.grab().toImage())
    assert seen[0] == seen[1]
