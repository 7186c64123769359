"""The line above the transcript: the conversation's title, the model's button, and the ⋯ menu.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QSizePolicy, QStackedLayout, QToolButton, QWidget

from app.core.data.exchange import ExportFormat
from app.ui.chat.model_menu import ModelButton
from app.ui.elided_label import ElidedLabel
from app.ui.icons import IconButton, icon
from app.ui.labels import tip
from app.ui.presets.button import PresetButton
from app.ui.theme import Appearance

HEIGHT = 52
_LEAST_MODEL_WIDTH = 160
_LEAST_PRESET_WIDTH = 112


class TitleField(QWidget):
    """The title; double-clicked or told so, it becomes a line edit."""

    renamed = Signal(str)
    left = Signal()  # by a key: the focus goes to where it is of use

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = ElidedLabel()
        self._label.setProperty("kind", "heading")
        self._edit = QLineEdit()
        self._edit.setProperty("kind", "heading")
        self._edit.setAccessibleName(self.tr("Title"))
        self._edit.editingFinished.connect(self._finish)
        self._edit.installEventFilter(self)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._label)
        self._stack.addWidget(self._edit)
        self.editable = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_title(self, title: str) -> None:
        """Show a title."""
        self._label.setText(title)
        self._label.setToolTip(tip(title))

    def begin(self) -> None:
        """Let the user change it."""
        if self.editable:
            self._edit.setText(self._label.text())
            self._stack.setCurrentWidget(self._edit)
            self._edit.selectAll()
            self._edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Begin to rename."""
        self.begin()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Esc keeps the title there was."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self._edit.setText(self._label.text())
            self._finish()
            return True
        return False

    def _finish(self) -> None:
        if self._stack.currentWidget() is not self._edit:
            return
        by_key = self._edit.hasFocus()
        self._stack.setCurrentWidget(self._label)
        title = self._edit.text().strip()
        if title and title != self._label.text():
            self.renamed.emit(title)
        if by_key:
            self.left.emit()


class Header(QWidget):
    """Title, model, preset, menu; and the sidebar's button while the sidebar is away."""

    renamed = Signal(str)
    title_left = Signal()  # by Enter or Esc
    sidebar_requested = Signal()
    appearance_chosen = Signal(Appearance)
    copy_requested = Signal()
    compare_requested = Signal()
    shortcuts_requested = Signal()
    about_requested = Signal()
    settings_requested = Signal()
    temporary_requested = Signal(bool)  # begin a temporary chat, or a lasting one
    export_requested = Signal(ExportFormat)  # of the shown conversation
    export_all_requested = Signal()
    import_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._appearance = Appearance.SYSTEM
        self._help_keys: Callable[[], str] = str
        self._title = TitleField()
        self._title.renamed.connect(self.renamed)
        self._title.left.connect(self.title_left)
        self.model = ModelButton()
        self.preset = PresetButton()
        self._tag = QLabel(self.tr("Temporary"))
        self._tag.setProperty("kind", "tag")
        self._tag.setToolTip(self.tr("Nothing of this chat is written to disk. It is gone once you leave it."))
        self.temporary = IconButton("temporary", self.tr("Temporary chat"))
        self.temporary.setCheckable(True)
        self.temporary.clicked.connect(self.temporary_requested)
        self._sidebar = IconButton("sidebar", self.tr("Show the sidebar"))
        self._sidebar.clicked.connect(self.sidebar_requested)
        self.more = IconButton("dots", self.tr("More"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill)
        self.more.setMenu(self._menu)
        row = self._row = QHBoxLayout(self)
        row.setSpacing(8)
        row.addWidget(self._sidebar)
        row.addWidget(self._title, 1)
        row.addWidget(self._tag, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.temporary)
        row.addWidget(self.model)
        row.addWidget(self.preset)
        row.addWidget(self.more)
        self.set_sidebar_away(False)
        self.set_title("", stored=False)
        self.set_temporary(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width between the title and the model's name."""
        super().resizeEvent(event)
        width = event.size().width()
        self.model.set_room(max(_LEAST_MODEL_WIDTH, width * 2 // 5))
        self.preset.set_room(max(_LEAST_PRESET_WIDTH, width // 5))

    def set_title(self, title: str, *, stored: bool) -> None:
        """Show a conversation's title; only a stored one can be renamed."""
        self._title.set_title(title or self.tr("New chat"))
        self._title.editable = stored

    def set_temporary(self, temporary: bool) -> None:
        """Mark a chat that leaves no trace."""
        self._tag.setVisible(temporary)
        self.temporary.setChecked(temporary)

    def set_appearance(self, appearance: Appearance) -> None:
        """What the menu marks as chosen."""
        self._appearance = appearance

    def set_help_keys(self, keys: Callable[[], str]) -> None:
        """Where the menu learns which keys list the shortcuts; the user may have changed them."""
        self._help_keys = keys

    def set_sidebar_away(self, away: bool) -> None:
        """Offer the sidebar while it is hidden."""
        self._sidebar.setVisible(away)
        self._row.setContentsMargins(12 if away else 24, 4, 16, 5)

    def _fill(self) -> None:
        menu = self._menu
        menu.clear()
        rename = menu.addAction(icon("pencil", self), self.tr("Rename"), self._title.begin)
        copy = menu.addAction(icon("copy", self), self.tr("Copy conversation"), self.copy_requested.emit)
        export = menu.addMenu(icon("export", self), self.tr("Export"))
        for form, name in self._formats().items():
            export.addAction(name, partial(self.export_requested.emit, form))
        for action in (rename, copy, export.menuAction()):
            action.setEnabled(self._title.editable)
        export.menuAction().setEnabled(self._title.editable and not self.temporary.isChecked())
        menu.addAction(self.tr("Compare models…"), self.compare_requested.emit)
        menu.addSeparator()
        menu.addAction(self.tr("Export all chats…"), self.export_all_requested.emit)
        menu.addAction(self.tr("Import chats…"), self.import_requested.emit)
        menu.addSeparator()
        self._add_appearances()
        menu.addSeparator()
        menu.addAction(self.tr("Settings…"), self.settings_requested.emit)
        menu.addAction(f"{self.tr('Keyboard shortcuts')}\t{self._help_keys()}", self.shortcuts_requested.emit)
        menu.addAction(self.tr("About Parley"), self.about_requested.emit)

    def _formats(self) -> dict[ExportFormat, str]:
        return {
            ExportFormat.MARKDOWN: self.tr("Markdown…"),
            ExportFormat.HTML: self.tr("Web page (HTML)…"),
            ExportFormat.PDF: self.tr("PDF…"),
            ExportFormat.JSON: self.tr("JSON, with everything…"),
        }

    def _add_appearances(self) -> None:
        names = {
            Appearance.SYSTEM: self.tr("Like the system"),
            Appearance.LIGHT: self.tr("Light"),
            Appearance.DARK: self.tr("Dark"),
        }
        for appearance, name in names.items():
            action = self._menu.addAction(name, partial(self.appearance_chosen.emit, appearance))
            action.setCheckable(True)
            action.setChecked(appearance is self._appearance)
            if appearance is self._appearance:
                action.setIcon(icon("check", self))
