"""The presets' window: the list, the fields of the chosen one, and what the model will see of it.

Window process, interface thread.
"""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.core.chat.presets import Preset, StoredPreset, unused_name
from app.core.errors import ParleyError
from app.services.engine_host import EngineHost
from app.services.preferences import Preferences
from app.services.presets import PresetLibrary
from app.services.prompt_preview import PromptPreview
from app.ui.fitting_dialog import BoundedDialog
from app.ui.labels import wrapped_label
from app.ui.page_area import PageArea
from app.ui.preset_words import shown_name
from app.ui.presets import questions
from app.ui.presets.form import PresetForm
from app.ui.presets.list_pane import PresetListPane
from app.ui.presets.preview import PreviewPane

_NEW = 0


class PresetEditor(BoundedDialog):
    """Unsaved changes stay with their preset until they are saved or given up, whichever one is shown."""

    def __init__(
        self,
        library: PresetLibrary,
        preview: PromptPreview,
        engine: EngineHost,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Presets"))
        self.resize_by_text(1180, 740)
        self._library = library
        self._engine = engine
        self._preferences = preferences
        self._drafts: dict[int, Preset] = {}
        self._shown = _NEW
        self._is_leaving = False
        self.pane = PresetListPane()
        self.form = PresetForm()
        self.preview = PreviewPane(preview)
        self.remark = wrapped_label("small")
        self.save = QPushButton(self.tr("Save"))
        self.save.setProperty("kind", "primary")
        self.revert = QPushButton(self.tr("Revert"))
        for button in (self.save, self.revert):
            button.setAutoDefault(False)
        self._lay_out()
        self._connect()
        self._on_presets(library.presets)

    def begin(self, name: str) -> None:
        """Go to a preset."""
        found = next((one for one in self._library.presets if one.preset.name.casefold() == name.casefold()), None)
        if found is not None:
            self.pane.choose(found.id)
            self._show(found.id)
        else:
            self._render()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what the model sees of the preset that the window opens with."""
        super().showEvent(event)
        self._render()

    def reject(self) -> None:
        """Esc and the frame's button; what is to become of unsaved changes is asked first."""
        if self._drafts:
            self._ask_to_close()
            return
        self.preview.rest()
        super().reject()

    def _lay_out(self) -> None:
        self.pane.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.remark, 1)
        buttons.addWidget(self.revert)
        buttons.addWidget(self.save)
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 12, 0)
        inner.addWidget(self.form)
        self._area = PageArea(page)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(24, 20, 12, 16)
        column.setSpacing(12)
        column.addWidget(self._area, 1)
        column.addLayout(buttons)
        right = QWidget()
        seen = QVBoxLayout(right)
        seen.setContentsMargins(12, 20, 24, 16)
        seen.addWidget(self.preview)
        split = QSplitter()
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(middle)
        split.addWidget(right)
        split.setSizes([600, 348])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.pane)
        row.addWidget(split, 1)

    def _connect(self) -> None:
        pane, library = self.pane, self._library
        pane.chosen.connect(self._show)
        pane.new_requested.connect(self._begin_new)
        pane.duplicate_requested.connect(library.duplicate)
        pane.delete_requested.connect(self._delete)
        pane.default_requested.connect(self._make_default)
        pane.arranged.connect(library.arrange)
        pane.import_requested.connect(self._choose_import)
        pane.export_requested.connect(self._choose_export)
        pane.restore_requested.connect(library.restore_builtins)
        self.form.edited.connect(self._on_edited)
        self.save.clicked.connect(self._save)
        self.revert.clicked.connect(self._revert)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Save), self, self._save)
        library.changed.connect(self._on_presets)
        library.saved.connect(self._on_saved)
        library.imported.connect(self._on_imported)
        library.exported.connect(lambda path: self._tell(self.tr("Exported to {name}").format(name=path.name)))
        library.problem.connect(self._on_problem)
        self._engine.state_changed.connect(lambda _: self._render())

    def _stored(self, preset_id: int) -> StoredPreset | None:
        return next((one for one in self._library.presets if one.id == preset_id), None)

    def _show(self, preset_id: int) -> None:
        preset = self._now(preset_id)
        if preset is None:
            return
        if preset_id != self._shown:
            self._area.verticalScrollBar().setValue(0)
        if preset_id == self._shown and self.form.preset() == preset:
            self.form.settle(preset)
        else:
            self.form.show_preset(preset)
        self._shown = preset_id
        self._judge()
        self._render()

    def _now(self, preset_id: int) -> Preset | None:
        """A preset with its unsaved changes; None where it is gone."""
        stored = self._stored(preset_id)
        return self._drafts.get(preset_id) or (stored.preset if stored else None)

    def _on_edited(self) -> None:
        stored, preset = self._stored(self._shown), self.form.preset()
        if stored is not None and stored.preset == preset:
            self._drafts.pop(self._shown, None)
        else:
            self._drafts[self._shown] = preset
        self._judge()
        self._list()
        self._render()

    def _judge(self) -> None:
        """Let be saved what can be, and say what is wrong with what cannot."""
        draft = self._drafts.get(self._shown)
        fault = _fault(draft) if draft is not None else None
        if fault is not None:
            self._say(fault)
        else:
            self._tell("")
        self.save.setEnabled(draft is not None and fault is None)
        self.revert.setEnabled(draft is not None)

    def _list(self) -> None:
        default = self._library.default
        self.pane.show_presets(self._library.presets, default.preset.name if default else "", self._drafts)

    def _render(self) -> None:
        preset = self._now(self._shown)
        if preset is not None and self.isVisible():
            model = self._engine.file.identity.name if self._engine.file else ""
            self.preview.show_preset(preset, str(self._preferences.get("chat.user_name")), model)

    def _save(self) -> None:
        draft = self._drafts.get(self._shown)
        if draft is not None and self.save.isEnabled():
            self._library.save(draft, self._shown)

    def _revert(self) -> None:
        self._drafts.pop(self._shown, None)
        self._list()
        self._show(self._shown)

    def _begin_new(self) -> None:
        taken = {one.preset.name.casefold() for one in self._library.presets}
        self._library.save(Preset(name=unused_name(self.tr("New preset"), taken)))

    def _delete(self, preset_id: int) -> None:
        stored = self._stored(preset_id)
        if stored is None:
            return

        def delete() -> None:
            self._drafts.pop(preset_id, None)
            self._library.delete(preset_id)

        heir = self._library.heir(preset_id)
        questions.ask_delete(self, shown_name(stored.preset), shown_name(heir.preset) if heir else "", delete)

    def _make_default(self, preset_id: int) -> None:
        stored = self._stored(preset_id)
        if stored is not None:
            self._library.make_default(stored)

    def _choose_import(self) -> None:
        questions.ask_import(self, self._library.import_file)

    def _choose_export(self, everything: bool) -> None:
        stored = self._stored(self.pane.current)
        if everything or stored is None:
            presets, name = [one.preset for one in self._library.presets], "presets"
        else:
            presets, name = [stored.preset], stored.preset.name
        questions.ask_export(self, name, lambda file: self._library.export_file(file, presets))

    def _ask_to_close(self) -> None:
        def give_up() -> None:
            self._drafts.clear()
            self._list()
            self._show(self._shown)
            self.reject()

        def save_all() -> None:
            if faulty := next((number for number, draft in self._drafts.items() if _fault(draft)), None):
                self.pane.choose(faulty)
                self._show(faulty)
                return
            self._is_leaving = True
            for preset_id, draft in list(self._drafts.items()):
                self._library.save(draft, preset_id)

        questions.ask_unsaved(self, give_up, save_all)

    def _on_presets(self, presets: list[StoredPreset]) -> None:
        there = {one.id for one in presets}
        self._drafts = {number: draft for number, draft in self._drafts.items() if number in there}
        self._list()
        stored = self._stored(self.pane.current)
        if stored is None or stored.id in self._drafts:
            return
        if stored.id != self._shown or stored.preset != self.form.shown:
            self._show(stored.id)

    def _on_saved(self, stored: StoredPreset) -> None:
        is_new = stored.id not in self.pane.order
        if self._drafts.get(stored.id) == stored.preset:  # else it was changed further while it was being saved
            del self._drafts[stored.id]
        self._list()
        if is_new:
            self.pane.choose(stored.id)
            self._show(stored.id)
            self.form.name.setFocus(Qt.FocusReason.OtherFocusReason)
            self.form.name.selectAll()
        elif stored.id == self._shown:
            self._show(stored.id)
        if self._is_leaving and not self._drafts:
            self._is_leaving = False
            self.reject()

    def _on_imported(self, added: list[StoredPreset]) -> None:
        if added:
            self._list()
            self.pane.choose(added[0].id)
            self._show(added[0].id)
        else:
            self._tell(self.tr("These presets are here already."))

    def _on_problem(self, error: ParleyError) -> None:
        self._is_leaving = False
        if self.isVisible():
            self._say(error)

    def _say(self, error: ParleyError) -> None:
        self._tell(f"{error.sentence} {error.next_step}", "bad")

    def _tell(self, text: str, kind: str = "small") -> None:
        self.remark.setProperty("kind", kind)
        self.remark.style().polish(self.remark)
        self.remark.setText(text)


def _fault(draft: Preset) -> ParleyError | None:
    """Why it cannot be saved as it is."""
    try:
        Preset.checked(msgspec.to_builtins(draft))
    except ParleyError as error:
        return error
    return None
