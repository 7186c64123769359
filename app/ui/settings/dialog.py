"""The settings' window: pages at the left, their rows at the right, and a search over all of them.

Window process, interface thread. The pages are made from the settings table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.core.chat.presets import StoredPreset
from app.core.program.setting import Form, Page
from app.core.program.settings import SETTINGS
from app.services.preferences import Preferences
from app.ui.fitting_dialog import BoundedDialog
from app.ui.page_area import PageArea
from app.ui.plain_list import PlainList
from app.ui.preset_words import shown_name
from app.ui.search_field import SearchField
from app.ui.settings.fields import ChoiceField
from app.ui.settings.page import PageView, Row
from app.ui.settings.row import SettingRow
from app.ui.settings.words import page_name


class SettingsDialog(BoundedDialog):
    """Every change counts at once, so that there is nothing to confirm."""

    def __init__(
        self,
        preferences: Preferences,
        others: Mapping[Page, Sequence[Row]],
        parent: QWidget | None = None,
    ) -> None:
        """`others` are the rows that stand below a page's settings."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self.resize_by_text(900, 640)
        self._rows = {key: SettingRow(one, preferences) for key, one in SETTINGS.items() if not one.hidden}
        self.pages = {page: PageView(page, [*self._rows_of(page), *others.get(page, ())]) for page in Page}
        self.search = SearchField(self.tr("Search settings"))
        self.search.textChanged.connect(self._show)
        self.search.installEventFilter(self)
        self.list = PlainList(self.tr("Pages"))
        self.list.addItems([page_name(page) for page in Page])
        self._nothing = QLabel()
        self._nothing.setProperty("kind", "muted")
        self._nothing.setWordWrap(True)
        self._lay_out()
        self.list.currentRowChanged.connect(lambda _: self._choose())
        self.list.setCurrentRow(0)
        preferences.changed.connect(self._on_change)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self._begin_search)

    def row(self, key: str) -> SettingRow:
        """A setting's row."""
        return self._rows[key]

    def set_presets(self, presets: Sequence[StoredPreset]) -> None:
        """The presets that a new chat can begin with."""
        for row in self._rows.values():
            if row.setting.form is Form.PRESET and isinstance(row.field, ChoiceField):
                row.field.set_choices([(one.preset.name, shown_name(one.preset)) for one in presets])

    def show_page(self, page: Page) -> None:
        """Open a page."""
        self.search.clear()
        self.list.setCurrentRow(list(Page).index(page))

    def show_setting(self, key: str) -> None:
        """Open the page of a setting, at the setting."""
        row = self._rows[key]
        assert row.setting.page is not None
        self.show_page(row.setting.page)
        self.area.ensureWidgetVisible(row)
        row.field.widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """From the search field, Esc clears and Down goes to the pages."""
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
            if event.key() == Qt.Key.Key_Down:
                self.list.setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return False

    def _rows_of(self, page: Page) -> list[SettingRow]:
        return [row for row in self._rows.values() if row.setting.page is page]

    def _lay_out(self) -> None:
        side = QWidget()
        side.setProperty("kind", "sidebar")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        side.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        left = QVBoxLayout(side)
        left.setContentsMargins(12, 16, 12, 12)
        left.setSpacing(12)
        left.addWidget(self.search)
        left.addWidget(self.list, 1)
        content = QWidget()
        right = QVBoxLayout(content)
        right.setContentsMargins(32, 24, 24, 8)
        right.setSpacing(0)
        right.addWidget(self._nothing)
        for view in self.pages.values():
            right.addWidget(view)
        right.addStretch(1)
        self.area = PageArea(content)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(side)
        row.addWidget(self.area, 1)

    def _begin_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _choose(self) -> None:
        if self.search.text():
            self.search.clear()
        else:
            self._show()

    def _show(self) -> None:
        words = self.search.text().strip()
        found = 0
        if words:
            self.list.clearSelection()
        elif item := self.list.currentItem():
            item.setSelected(True)
        for place, view in enumerate(self.pages.values()):
            if words:
                found += view.show_matching(words)
            elif place == self.list.currentRow():
                view.show_all()
            else:
                view.hide()
        self._nothing.setText(self.tr("No setting speaks of “{words}”.").format(words=words))
        self._nothing.setVisible(bool(words) and not found)
        self.area.verticalScrollBar().setValue(0)

    def _on_change(self, key: str, value: object) -> None:
        if key in self._rows:
            self._rows[key].show_value(value)
