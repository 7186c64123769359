"""The one stylesheet of the application, for the theme's tokens, font sizes and paddings.

Window process, interface thread. Widgets are told apart by the dynamic property `kind`.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

from PySide6.QtCore import Qt

SCROLL_BAR_WIDTH = 12
STEP_BUTTON_WIDTH = 28

_SHEET = Template("""
* { outline: none; }
QToolTip { background: $surface; color: $text; border: 1px solid $border; padding: 4px 6px; }

QWidget[kind="page"], QDialog { background: $page; }
QWidget[kind="sidebar"] { background: $sidebar; }
QWidget[kind="header"] { background: $page; border: none; border-bottom: 1px solid $border; }
QFrame[kind="card"] { background: $surface; border: 1px solid $border; border-radius: 12px; }
QFrame[kind="card"][focused="true"] { border-color: $accent; }
QFrame[kind="card"][temporary="true"] { border-style: dashed; border-color: $muted; }
QFrame[kind="card"][temporary="true"][focused="true"] { border-color: $accent; }
QFrame[kind="chip"] { background: $page; border: 1px solid $border; border-radius: 6px; }
QFrame[kind="chip"]:focus { border-color: $accent; }
QFrame[kind="column"] { background: $page; border: 1px solid $border; border-radius: 12px; }
QTextEdit[kind="differences"] { background: transparent; border: none; font-size: ${body_points}pt; }
QWidget[kind="clear"] { background: transparent; }
QLabel[kind="key"] { border: 1px solid $border; border-radius: 6px; padding: 1px 6px; background: $surface; }
QLabel[kind="tag"] { color: $muted; border: 1px solid $border; border-radius: 6px; padding: 2px 8px;
    font-size: ${small_points}pt; }
QFrame[kind="drop"] { background: $page; border: 2px dashed $accent; border-radius: 12px; }
QFrame[kind="notice"] { background: $surface; border: 1px solid $bad; border-radius: 12px; }
QFrame[kind="strip"] { background: $surface; border: 1px solid $border; border-radius: 12px; }

QLabel { background: transparent; }
QLabel[kind="title"] { font-size: ${title_points}pt; font-weight: 600; }
QLabel[kind="heading"], QLineEdit[kind="heading"] { font-size: ${body_points}pt; font-weight: 600; }
QLabel[kind="body"] { font-size: ${body_points}pt; }
QFrame[kind="toast"] { background: $text; border-radius: 6px; }
QLabel[kind="toast"] { background: transparent; color: $page; }
QPushButton[kind="toast"] { background: transparent; border: 1px solid transparent; color: $page; font-weight: 600;
    text-decoration: underline; padding: 0 4px; }
QPushButton[kind="toast"]:focus { border-color: $page; }
QLabel[kind="muted"] { color: $muted; }
QLabel[kind="small"] { color: $muted; font-size: ${small_points}pt; }
QLabel[kind="good"] { color: $good; font-size: ${small_points}pt; }
QLabel[kind="bad"] { color: $bad; font-size: ${small_points}pt; }

QPushButton { background: $surface; color: $text; border: 1px solid $border; border-radius: 6px;
    padding: $button_room; min-height: 1em; }
QPushButton:hover { background: $selection; }
QPushButton:pressed { background: $border; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $muted; background: $page; }
QPushButton:default, QPushButton[kind="primary"] { background: $accent; color: $accent_text; border-color: $accent; }
QPushButton:default:disabled, QPushButton[kind="primary"]:disabled { color: $muted; background: $page;
    border-color: $border; }
QPushButton:default:hover, QPushButton[kind="primary"]:hover { background: $accent; border-color: $text; }
QPushButton:default:focus, QPushButton[kind="primary"]:focus { border-color: $text; }
QPushButton[kind="wide"] { text-align: left; padding: $wide_room; }
QPushButton[kind="entry"] { text-align: left; background: transparent; border-color: transparent;
    padding: $wide_room; }
QPushButton[kind="entry"]:hover { background: $selection; }
QPushButton[kind="entry"]:focus { border-color: $accent; }
QPushButton[kind="menu"] { text-align: left; padding-$start: 12px; padding-$end: 34px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QPushButton[kind="quiet"] { background: transparent; border-color: transparent; color: $text; padding: 5px 10px; }
QPushButton[kind="quiet"]:hover { background: $selection; }
QPushButton[kind="quiet"]:focus { border-color: $accent; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 6px; }
QToolButton:hover, QToolButton:pressed, QToolButton:open { background: $selection; }
QToolButton:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; width: 0; }
QToolButton[kind="send"] { background: $accent; border-radius: 16px; padding: 0; }
QToolButton[kind="send"]:hover, QToolButton[kind="send"]:focus { border: 1px solid $text; }
QToolButton[kind="send"]:disabled { background: $selection; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox { background: $surface; color: $text;
    placeholder-text-color: $muted; border: 1px solid $border;
    border-radius: 6px; padding: $field_room; min-height: 1.12em; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus { border-color: $accent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled { color: $muted; background: $page; }
QLineEdit[kind="heading"] { padding: 2px 6px; }
QLineEdit[kind="inline"] { padding: 2px 8px; }
QLineEdit[kind="search"] { background: $sidebar; padding-$start: 2px; }
QSpinBox, QDoubleSpinBox { max-height: 1.12em; }
QAbstractSpinBox QLineEdit { background: transparent; border: none; padding: 0 8px; min-height: 0; }
QAbstractSpinBox::up-button { subcontrol-position: top right; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { subcontrol-origin: border; width: ${step_button}px;
    border: none; background: transparent; }
QAbstractSpinBox::up-arrow, QAbstractSpinBox::down-arrow { image: none; width: 0; height: 0; }
QComboBox { padding-$end: 30px; combobox-popup: 0; }
QComboBox::drop-down { border: none; width: 0; }
QComboBox QAbstractItemView { background: $surface; color: $text; border: 1px solid $border; padding: 4px;
    selection-background-color: $selection; selection-color: $text; }
QComboBox QAbstractItemView::item { padding: 4px 8px; border-radius: 4px; }
QComboBox QAbstractItemView::item:selected { background: $selection; color: $text; }

QPlainTextEdit[kind="message"] { background: transparent; border: none; font-size: ${body_points}pt; }
QPlainTextEdit[kind="field"] { background: $surface; border: 1px solid $border; border-radius: 6px; padding: 4px 6px; }
QPlainTextEdit[kind="field"]:focus { border-color: $accent; }
QPlainTextEdit[kind="record"] { background: $surface; border: 1px solid $border; border-radius: 6px; padding: 8px; }
QListView[kind="conversations"] { background: transparent; border: none; }
QTableView[kind="variants"] { background: transparent; border: none; selection-background-color: transparent; }
QListWidget[kind="pages"], QListWidget[kind="plain"] { background: transparent; border: none; }
QListWidget[kind="pages"]::item { padding: $wide_room; border-radius: 6px; color: $text; }
QListWidget[kind="pages"]::item:hover { background: $selection; }
QListWidget[kind="pages"]::item:selected { background: $selection; color: $text; }
QListWidget[kind="pages"]::item:focus { border: 1px solid $accent; }
QListWidget[kind="rows"], QTreeWidget[kind="rows"] { background: $surface; border: 1px solid $border;
    border-radius: 6px; padding: 4px; }
QListWidget[kind="rows"]:focus, QTreeWidget[kind="rows"]:focus { border-color: $accent; }
QTreeWidget[kind="rows"]::item { padding: 5px 8px; color: $text; }
QTreeWidget[kind="rows"]::item:selected { background: $selection; }
QTreeWidget[kind="rows"]::item:disabled { color: $muted; }
QListWidget[kind="rows"]::item { padding: 4px 8px; border-radius: 4px; color: $text; }
QListWidget[kind="rows"]::item:selected { background: $selection; color: $text; }
QFrame[kind="line"] { background: $border; border: none; }
QScrollArea[kind="plain"] { background: transparent; border: none; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: transparent; color: $muted; border: none; padding: 4px 8px;
    font-size: ${small_points}pt; }
QHeaderView::section:hover { color: $text; }

QCheckBox::indicator:unchecked { width: 12px; height: 12px; background: $surface; border: 1px solid $muted;
    border-radius: 2px; }
QCheckBox::indicator:unchecked:focus { border-color: $accent; }

QSlider::groove:horizontal { background: $selection; height: 6px; border-radius: 3px; }
QSlider::$filled-page:horizontal { background: $accent; border-radius: 3px; }
QSlider::$filled-page:horizontal:disabled { background: $border; }
QSlider::handle:horizontal { background: $surface; border: 2px solid $accent; width: 12px; margin: -5px 0;
    border-radius: 8px; }
QSlider::handle:horizontal:focus { background: $accent; }
QSlider::handle:horizontal:disabled { border-color: $border; }

QMenu { background: $surface; color: $text; border: 1px solid $border; padding: 6px; }
QMenu::item { padding: $menu_item_room; border-radius: 6px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $muted; }
QMenu::icon { padding-$start: 8px; }
QMenu::indicator { width: 0; height: 0; }
QMenu::separator { height: 1px; background: $border; margin: 6px 4px; }

QProgressBar { background: $selection; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }

QSplitter::handle { background: $border; }
QScrollBar:vertical { background: transparent; width: ${scroll_bar}px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: ${scroll_bar}px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 3px; margin: 3px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def filled_sheet(tokens: Mapping[str, object], direction: Qt.LayoutDirection) -> str:
    """The sheet with these tokens, for lines that begin at this side."""
    is_mirrored = direction is Qt.LayoutDirection.RightToLeft
    start, end = ("right", "left") if is_mirrored else ("left", "right")
    filled = "add" if is_mirrored else "sub"  # Qt has them always left and right of a slider's handle
    sizes = {"scroll_bar": SCROLL_BAR_WIDTH, "step_button": STEP_BUTTON_WIDTH}
    return _SHEET.substitute(tokens, **sizes, start=start, end=end, filled=filled)
