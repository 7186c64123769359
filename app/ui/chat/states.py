"""What stands in the transcript's place while there is nothing to read: each state of the model, drawn.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QStackedWidget, QWidget

from app.core.engine.model_errors import OutOfMemory
from app.core.engine.models import ModelFile
from app.core.errors import ParleyError
from app.core.prediction.probe_frames import Machine
from app.core.remote.rpc import is_this_machine
from app.core.sizes import format_bytes
from app.ui.chat.guide_panel import GuidePanel
from app.ui.chat.panel import Panel, set_primary
from app.ui.model_words import described

_WIDTH = 460
PERMILLE = 1000


class StartView(QStackedWidget):
    """No model, loading, failed, or ready: what an empty conversation shows."""

    find_requested = Signal()
    open_requested = Signal()
    choose_requested = Signal()
    cancel_requested = Signal()
    retry_requested = Signal()
    details_requested = Signal()
    asked = Signal(str)  # a question for the Guide

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._no_model = self._make_no_model()
        self._loading = self._make_loading()
        self._failed = self._make_failed()
        self._guide = self._make_guide()
        self._ready = Panel("chat", self.tr("What shall we talk about?"))
        self._temporary = Panel("temporary", self.tr("Temporary chat"))
        for panel in (self._no_model, self._loading, self._failed, self._guide, self._ready, self._temporary):
            self.addWidget(panel)

    def show_no_model(self) -> None:
        """Invite to choose one."""
        self.setCurrentWidget(self._no_model)

    def show_loading(self, model: str) -> None:
        """A model is being read into memory."""
        self._loading.title.setText(self.tr("Loading {model}").format(model=model))
        self.setCurrentWidget(self._loading)

    def show_failed(self, error: ParleyError) -> None:
        """The model did not load."""
        self._failed.title.setText(error.sentence)
        self._failed.text.setText(error.next_step)
        is_too_large = isinstance(error, OutOfMemory)
        self._fitting.setVisible(is_too_large)
        set_primary(self._again, not is_too_large)
        self._details.setVisible(bool(error.detail))
        self.setCurrentWidget(self._failed)

    def show_guide(self) -> None:
        """No model was chosen yet: the one in the box answers questions."""
        self.setCurrentWidget(self._guide)

    def show_ready(self, file: ModelFile) -> None:
        """A model waits for the first message."""
        text = self.tr("{model} is ready. It runs on this machine; nothing leaves it.")
        self._ready.text.setText(self._leaving(file) or text.format(model=described(file)))
        self.setCurrentWidget(self._ready)

    def show_temporary(self, file: ModelFile) -> None:
        """A model waits for the first message, and nothing of it will be kept."""
        kept = self.tr("Nothing of this chat is written to this machine's disk: it is gone here once you leave it.")
        ready = self.tr("{model} is ready.").format(model=described(file))
        self._temporary.text.setText(f"{kept} {self._leaving(file) or ready}")
        self.setCurrentWidget(self._temporary)

    def _leaving(self, file: ModelFile) -> str:
        """Where the text goes; nothing if it stays on this machine."""
        server = file.server
        if server is None:
            return self._spread(file)
        if server.is_loopback:
            return ""
        text = self.tr("{model} runs on “{server}” at {host}: what you write is sent there.")
        return text.format(model=file.identity.name, server=server.name, host=server.host)

    def _spread(self, file: ModelFile) -> str:
        """Which other machines hold a part of the model; nothing if none does."""
        away = [host for host in file.options.rpc_hosts if not is_this_machine(host)]
        if not away:
            return ""
        text = self.tr("A part of {model} is on {hosts}: what you write goes there unencrypted.")
        return text.format(model=described(file), hosts=", ".join(away))

    def set_progress(self, fraction: float) -> None:
        """The part of the model that is loaded, 0 to 1."""
        self._bar.setValue(round(fraction * PERMILLE))
        self._loading.text.setText(self.tr("{percent} %").format(percent=int(fraction * 100)))

    def set_machine(self, machine: Machine) -> None:
        """Say what this machine has."""
        text = self.tr("This machine has {total} of memory, {free} free.").format(
            total=format_bytes(machine.memory_total), free=format_bytes(machine.memory_available)
        )
        self._machine.setText(text)
        self._guide.machine.setText(text)

    def _make_no_model(self) -> Panel:
        text = self.tr("Parley talks with models that run on this machine. Find one that fits, or open a file.")
        panel = Panel("model", self.tr("Choose a model"), text)
        panel.add_button(self.tr("Find a model…"), primary=True).clicked.connect(self.find_requested)
        panel.add_button(self.tr("Open a GGUF file…")).clicked.connect(self.open_requested)
        panel.add_line().setText(self.tr("or drop one on this window"))
        self._machine = panel.add_line()
        return panel

    def _make_guide(self) -> GuidePanel:
        panel = GuidePanel()
        panel.asked.connect(self.asked)
        panel.add_button(self.tr("Find a model…"), primary=True).clicked.connect(self.find_requested)
        panel.add_button(self.tr("Open a GGUF file…")).clicked.connect(self.open_requested)
        return panel

    def _make_loading(self) -> Panel:
        panel = Panel("model", "")
        self._bar = QProgressBar()
        self._bar.setRange(0, PERMILLE)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(_WIDTH // 2)
        self._bar.setAccessibleName(self.tr("Part of the model that is loaded"))
        panel.column.insertWidget(2, self._bar, 0, Qt.AlignmentFlag.AlignHCenter)
        panel.add_button(self.tr("Cancel")).clicked.connect(self.cancel_requested)
        return panel

    def _make_failed(self) -> Panel:
        panel = Panel("notice", "")
        self._fitting = panel.add_button(self.tr("Find one that fits…"), primary=True)
        self._fitting.clicked.connect(self.find_requested)
        self._again = panel.add_button(self.tr("Try again"))
        self._again.clicked.connect(self.retry_requested)
        panel.add_button(self.tr("Choose another…")).clicked.connect(self.choose_requested)
        self._details = panel.add_button(self.tr("Details"))
        self._details.clicked.connect(self.details_requested)
        return panel
