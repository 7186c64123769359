"""The dialog “Servers”: which other machines run models, whether they answer, and with which models.

Window process, interface thread.
"""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.core.errors import ParleyError
from app.core.remote.servers import KeyPlace, Server
from app.services.servers import ServerList
from app.ui.fitting_dialog import BoundedDialog
from app.ui.labels import plain_label
from app.ui.server_form import ServerForm

_SHOWN_MODELS = 6


class ServerCard(QFrame):
    """One server, and what became of the last question to it."""

    def __init__(self, server: Server, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.server = server
        self.setProperty("kind", "card")
        self._remark = QLabel()
        self._remark.setWordWrap(True)
        self._remark.setTextFormat(Qt.TextFormat.PlainText)
        self.test = self._button(self.tr("Test"))
        self.change = self._button(self.tr("Change…"))
        self.remove = self._button(self.tr("Remove"))
        heads = QVBoxLayout()
        heads.setSpacing(2)
        heads.addWidget(plain_label("heading", server.name))
        heads.addWidget(plain_label("small", server.base_url))
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addLayout(heads, 1)
        for button in (self.test, self.change, self.remove):
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 10, 10)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self._remark)
        if server.offered:
            self._say("small", self._listed(server.models))
        else:
            self._say("small", self.tr("Not asked yet."))

    def show_asking(self) -> None:
        """An answer is awaited."""
        self.test.setEnabled(False)
        self._say("small", self.tr("Asking…"))

    def show_known(self, models: tuple[str, ...], seconds: float) -> None:
        """It answered."""
        self.test.setEnabled(True)
        words = self.tr("It answered in {milliseconds} ms.").format(milliseconds=round(seconds * 1000))
        self._say("good", f"{words} {self._listed(models)}")

    def show_error(self, error: ParleyError) -> None:
        """It did not answer, or not well."""
        self.test.setEnabled(True)
        self._say("bad", str(error))

    def _listed(self, listed: tuple[str, ...]) -> str:
        models = msgspec.structs.replace(self.server, models=listed).offered
        if not models:
            return self.tr("It lists no models; their names can be entered under “Change…”.")
        names = ", ".join(models[:_SHOWN_MODELS])
        more = len(models) - _SHOWN_MODELS
        if more > 0:
            return self.tr("Models: {names}, and {more} more").format(names=names, more=more)
        return self.tr("Models: {names}").format(names=names)

    def _say(self, kind: str, text: str) -> None:
        self._remark.setProperty("kind", kind)
        self._remark.setText(text)
        self._remark.style().unpolish(self._remark)
        self._remark.style().polish(self._remark)

    def _button(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("kind", "quiet")
        button.setAutoDefault(False)
        button.setAccessibleName(f"{text}: {self.server.name}")
        return button


class ServersDialog(BoundedDialog):
    """A card for each server; what is added is asked for its models at once."""

    def __init__(self, servers: ServerList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._servers = servers
        self.cards: dict[str, ServerCard] = {}
        self.form: ServerForm | None = None
        self.setWindowTitle(self.tr("Servers"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(620, 420)
        self._none = plain_label("muted", self.tr("There are none yet."))
        self._problem = plain_label("bad")
        self._problem.setWordWrap(True)
        self._problem.hide()
        self.add = QPushButton(self.tr("Add a server…"))
        self._lay_out()
        servers.changed.connect(self._show)
        servers.known.connect(self._on_known)
        servers.key_known.connect(self._on_key)
        servers.failed.connect(self._on_failed)
        servers.problem.connect(self._show_problem)
        servers.refresh()
        self._show()

    def edit(self, server: Server | None) -> None:
        """Open the form for a server, or for a new one."""
        form = self.form = ServerForm(server, self)
        form.entered.connect(lambda entered, key: self._save(server, entered, key))
        form.finished.connect(self._forget_form)
        if server is not None:
            form.key_removed.connect(lambda: self._servers.keep_key(server, ""))
            self._servers.find_key(server)
        form.open()

    def ask(self, server: Server) -> None:
        """Ask a server whether it answers, and with which models."""
        self.cards[server.name].show_asking()
        self._servers.ask(server)

    def _save(self, before: Server | None, entered: Server, key: str) -> None:
        try:
            if before is None:
                self._servers.add(entered)
            else:
                trusted = before.is_trusted and before.origin == entered.origin
                kept = msgspec.structs.replace(entered, models=before.models, is_trusted=trusted)
                self._servers.replace(before.name, kept)
                if before.key_account != entered.key_account:
                    self._servers.keep_key(before, "")
        except ParleyError as error:
            if self.form is not None:
                self.form.show_error(error)
            return
        if key:
            self._servers.keep_key(entered, key)
        if self.form is not None:
            self.form.accept()
        self.ask(entered)

    def _remove(self, server: Server) -> None:
        try:
            self._servers.remove(server)
        except ParleyError as error:
            self._show_problem(error)

    def _show(self) -> None:
        for card in self.cards.values():
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = {}
        for place, server in enumerate(self._servers.servers):
            self.cards[server.name] = card = ServerCard(server)
            card.test.clicked.connect(lambda _=False, server=server: self.ask(server))
            card.change.clicked.connect(lambda _=False, server=server: self.edit(server))
            card.remove.clicked.connect(lambda _=False, server=server: self._remove(server))
            self._column.insertWidget(place, card)
        self._none.setVisible(not self.cards)

    def _on_known(self, name: str, models: tuple[str, ...], seconds: float) -> None:
        if name in self.cards:
            self.cards[name].show_known(models, seconds)

    def _on_failed(self, name: str, error: ParleyError) -> None:
        if name in self.cards:
            self.cards[name].show_error(error)

    def _on_key(self, name: str, place: KeyPlace, has_keyring: bool) -> None:
        if self.form is not None:
            self.form.show_key(place, has_keyring=has_keyring)

    def _show_problem(self, error: ParleyError) -> None:
        self._problem.setText(str(error))
        self._problem.show()

    def _forget_form(self) -> None:
        self.form = None

    def _lay_out(self) -> None:
        intro = QLabel(
            self.tr(
                "Models can also run on other machines. Choose one in the model's menu; Parley asks before the "
                "first message of a chat leaves this machine."
            )
        )
        intro.setProperty("kind", "muted")
        intro.setWordWrap(True)
        inside = QWidget()
        inside.setProperty("kind", "clear")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setProperty("kind", "plain")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inside)
        self.add.setAutoDefault(False)
        self.add.clicked.connect(lambda: self.edit(None))
        close = QPushButton(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(self.add)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        for widget in (intro, self._none):
            column.addWidget(widget)
        column.addWidget(scroll, 1)
        column.addWidget(self._problem)
        column.addLayout(buttons)
