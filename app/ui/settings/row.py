"""One setting on its page: what it is, its field, and what is wrong with what was typed.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from app.core.errors import ParleyError
from app.core.program.setting import Form, Setting
from app.core.program.setting_errors import InvalidOption
from app.services.preferences import Preferences
from app.ui.icons import IconButton
from app.ui.labels import wrapped_label
from app.ui.settings.fields import Field, make_field
from app.ui.settings.words import explained, said, speaks_of
from app.ui.shortcuts import native


class SettingRow(QWidget):
    """Every change counts at once; what cannot be is refused with the reason below."""

    def __init__(self, setting: Setting, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setting = setting
        self._preferences = preferences
        self.field: Field = make_field(setting)
        self._title = wrapped_label("body", said(setting.title))
        self._help = wrapped_label("small", explained(setting))
        self._help.setVisible(bool(explained(setting)))
        self.problem = wrapped_label("bad")
        self.problem.hide()
        self.reset = IconButton("retry", self.tr("Back to the default: {title}").format(title=said(setting.title)))
        self.reset.clicked.connect(self._reset)
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        self._lay_out()
        self._title.setBuddy(self.field.widget)
        self.field.widget.setAccessibleDescription(explained(setting))
        self.field.edited.connect(self._change)
        self.show_value(preferences.get(setting.key))

    def show_value(self, value: object) -> None:
        """Show the value in force."""
        self.problem.hide()
        self.field.show_value(value)
        self.reset.setVisible(value != self.setting.default)

    def matches(self, words: str) -> bool:
        """Whether it is what someone searches for."""
        one = self.setting
        choices = [said(text) for _, text in one.choices]
        keys = [native(str(self._preferences.get(one.key)))] if one.form is Form.KEYS else []
        return speaks_of(words, one.key, said(one.title), said(one.help), *choices, *keys)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 10, 0, 10)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        middle = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
        height = 2 if self._help.text() else 1
        grid.addWidget(self._title, 0, 0)
        grid.addWidget(self._help, 1, 0)
        grid.addWidget(self.reset, 0, 1, height, 1, middle)
        if self.field.is_wide:
            grid.addWidget(self.field.widget, 2, 0, 1, 3)
        else:
            grid.addWidget(self.field.widget, 0, 2, height, 1, middle)
        grid.addWidget(self.problem, 3, 0, 1, 3)
        grid.setColumnStretch(0, 1)

    def _change(self, value: object) -> None:
        try:
            self._preferences.set(self.setting.key, value)
        except ParleyError as error:
            if not self.field.keeps_refused:
                self.field.show_value(self._preferences.get(self.setting.key))
            self._refuse(error)
        else:
            self.show_value(self._preferences.get(self.setting.key))

    def _reset(self) -> None:
        try:
            self._preferences.reset(self.setting.key)
        except ParleyError as error:
            self._refuse(error)
        else:
            self.field.widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def _refuse(self, error: ParleyError) -> None:
        if isinstance(error, InvalidOption):
            values = {**error.values, "option": said(self.setting.title)}
            error = InvalidOption(error.detail, **values)
        self.problem.setText(f"{error.sentence} {error.next_step}")
        self.problem.show()
