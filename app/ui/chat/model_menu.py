"""The header's model button and its menu: which model talks, and which others there are.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.core.engine.models import ModelFile
from app.core.remote.servers import Server
from app.core.sizes import format_bytes
from app.ui.icons import icon
from app.ui.labels import tip
from app.ui.model_words import described
from app.ui.name_button import NameButton

MAX_WIDTH = 320


class ModelButton(NameButton):
    """The model's name and quantization; pressed, it opens the menu."""

    find_requested = Signal()
    open_requested = Signal()
    library_requested = Signal()
    chosen = Signal(object)
    unload_requested = Signal()
    options_requested = Signal()
    servers_requested = Signal()
    about_to_show = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(MAX_WIDTH, Qt.TextElideMode.ElideMiddle, parent)
        self._files: Sequence[ModelFile] = ()
        self._servers: Sequence[Server] = ()
        self._guide: ModelFile | None = None
        self._missing: frozenset[str] = frozenset()
        self._current: ModelFile | None = None
        self._menu = self.drop_down
        self._menu.setToolTipsVisible(True)
        self.show_model(None)

    def show_model(self, file: ModelFile | None) -> None:
        """Name the model that talks, or invite to choose one."""
        self._current = file
        name = described(file) if file else self.tr("Choose a model")
        self.setAccessibleName(self.tr("Model: {name}").format(name=name) if file else name)
        self.setToolTip(tip(file.identity.path) if file else "")
        self.set_name(name)

    def set_files(self, files: Sequence[ModelFile]) -> None:
        """The known files, most recently used first."""
        self._files = files

    def set_servers(self, servers: Sequence[Server]) -> None:
        """The servers that run models elsewhere."""
        self._servers = servers
        if self._menu.isVisible():
            self._fill()

    def set_guide(self, guide: ModelFile | None) -> None:
        """The model in the box, which is always there to be asked."""
        self._guide = guide

    def set_missing(self, missing: frozenset[str]) -> None:
        """Paths that are gone."""
        self._missing = missing
        if self._menu.isVisible():
            self._fill()

    def open_menu(self) -> None:
        """Show the menu as things stand now."""
        self.about_to_show.emit()
        self._fill()
        super().open_menu()

    def _fill(self) -> None:
        menu = self._menu
        menu.clear()
        menu.addAction(icon("search", self), self.tr("Find a model…"), self.find_requested.emit)
        menu.addAction(icon("folder", self), self.tr("Open a GGUF file…"), self.open_requested.emit)
        menu.addSeparator()
        for file in self._files:
            self._add_file(file)
        if self._files:
            menu.addSeparator()
        for server in self._servers:
            self._add_server(server)
        if self._servers:
            menu.addSeparator()
        if self._guide is not None:
            self._add_guide(self._guide)
            menu.addSeparator()
        menu.addAction(icon("model", self), self.tr("Models on this machine…"), self.library_requested.emit)
        menu.addAction(icon("server", self), self.tr("Servers…"), self.servers_requested.emit)
        options = menu.addAction(icon("options", self), self.tr("Load options…"), self.options_requested.emit)
        unload = menu.addAction(icon("eject", self), self.tr("Unload"), self.unload_requested.emit)
        unload.setEnabled(self._current is not None)
        options.setEnabled(self._current is not None and self._current.id != 0)

    def _add_server(self, server: Server) -> None:
        """A server's models, in a menu of their own."""
        current = self._current.identity if self._current is not None else None
        is_current = current is not None and current.server == server.name
        text = self.tr("On {server}").format(server=server.name).replace("&", "&&")
        if not server.offered:
            self._menu.addAction(icon("server", self), f"{text}…", self.servers_requested.emit)
            return
        models = self._menu.addMenu(icon("check" if is_current else "server", self), text)
        models.setToolTipsVisible(True)
        for name in server.offered:
            is_chosen = is_current and current is not None and current.name == name
            mark, file = icon("check" if is_chosen else "model", self), ModelFile.on(server, name)
            action = models.addAction(mark, name.replace("&", "&&"), partial(self.chosen.emit, file))
            action.setToolTip(tip(server.base_url))

    def _add_guide(self, guide: ModelFile) -> None:
        is_current = self._current is not None and self._current.identity.built_in
        action = self._menu.addAction(icon("check" if is_current else "chat", self), described(guide))
        action.triggered.connect(lambda: self.chosen.emit(guide))
        action.setToolTip(self.tr("Answers questions about Parley and quantized models"))

    def _add_file(self, file: ModelFile) -> None:
        is_current = self._current is not None and file.id == self._current.id
        is_missing = file.identity.path in self._missing
        remark = self.tr("missing") if is_missing else format_bytes(file.identity.bytes)
        alike = [other for other in self._files if described(other) == described(file)]
        folder = [Path(file.identity.path).parent.name] if len(alike) > 1 else []
        text = " · ".join([described(file), *folder, remark]).replace("&", "&&")
        mark = icon("check" if is_current else "model", self)
        action = self._menu.addAction(mark, text, lambda: self.chosen.emit(file))
        action.setToolTip(tip(file.identity.path))
        action.setEnabled(not is_missing)
