"""What the window does with models on this machine: files are opened and chosen, and told how to be loaded.

Window process, interface thread. The dialogs are imported when they are first needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QDir, QObject, QStandardPaths

from app.core.engine.loading import LoadOptions
from app.core.engine.models import ModelFile
from app.core.engine.templates import template_names
from app.core.paths import is_folder
from app.services.engine_host import EngineHost
from app.services.file_presence import FilePresence
from app.services.machine_probe import MachineProbe
from app.services.model_library import ModelLibrary
from app.services.prompt_preview import PromptPreview
from app.ui.chat.chat_page import ChatPage
from app.ui.file_dialogs import ask_file

if TYPE_CHECKING:
    from app.ui.model_options import ModelOptionsDialog


class ModelChoice(QObject):
    """Wires the list of known files and the engine with the page."""

    def __init__(
        self, page: ChatPage, engine: EngineHost, library: ModelLibrary, probe: MachineProbe, preview: PromptPreview
    ) -> None:
        super().__init__(page)
        self._preview = preview
        self._page = page
        self._engine = engine
        self._library = library
        self._presence = FilePresence(self)
        button = page.header.model
        button.open_requested.connect(self.choose_file)
        button.chosen.connect(self._open_known)
        button.unload_requested.connect(engine.unload)
        button.options_requested.connect(self._show_options)
        button.about_to_show.connect(lambda: self._presence.check(file.identity.path for file in page.choices.files))
        self._presence.checked.connect(button.set_missing)
        page.open_model_requested.connect(self.choose_file)
        page.sending.longer_context_requested.connect(self._load_longer)
        library.changed.connect(self._show_files)
        library.problem.connect(page.problems.show_file)
        probe.found.connect(page.start.set_machine)
        if probe.machine is not None:
            page.start.set_machine(probe.machine)

    def choose_file(self) -> None:
        """Let the user choose a model's file."""
        current = self._engine.file
        beside = [Path(current.identity.path).parent] if current is not None and current.id else []
        downloads = QStandardPaths.standardLocations(QStandardPaths.StandardLocation.DownloadLocation)
        folder = next((str(one) for one in [*beside, *map(Path, downloads)] if is_folder(one)), QDir.homePath())
        names = self.tr("Models in GGUF format (*.gguf *.GGUF);;All files (*)")
        ask_file(self._page, self.tr("Open a GGUF file"), self._library.open, filters=names, start=folder)

    def shutdown(self) -> None:
        """Before the window closes: look for no file any more."""
        self._presence.shutdown()

    def _show_files(self, files: list[ModelFile]) -> None:
        self._page.choices.files = files
        self._page.header.model.set_files(files)

    def _open_known(self, file: ModelFile) -> None:
        if file.server is not None or file.identity.built_in:
            self._engine.load(file)
        else:
            self._library.open(Path(file.identity.path))

    def _load_longer(self, tokens: int) -> None:
        file = self._engine.file
        if file is not None:
            options = msgspec.structs.replace(file.options, context_length=tokens)
            self._library.set_options(file, options, file.template)

    def _show_options(self) -> None:
        from app.ui.model_options import ModelOptionsDialog
        from app.ui.presets.preview import PreviewPane

        file = self._engine.file
        if file is None:
            return

        def load(options: LoadOptions, template: str) -> None:
            self._library.set_options(file, options, template)

        dialog = ModelOptionsDialog(file, template_names(), self._engine.model, self._page)
        dialog.accepted_options.connect(load)
        if file.server is None and not file.identity.built_in:
            dialog.add_preview(PreviewPane(self._preview))
            dialog.edit_requested.connect(lambda name: self._edit_template(dialog, name, file.identity.path))
        dialog.open()

    def _edit_template(self, options: ModelOptionsDialog, name: str, path: str) -> None:
        from app.ui.template_editor import TemplateEditor

        editor = TemplateEditor(self._preview, name, path, options)
        editor.saved.connect(lambda chosen: options.show_templates(template_names(), chosen))
        editor.deleted.connect(lambda: options.show_templates(template_names(), ""))
        editor.finished.connect(options.show_preview)
        editor.open()
