"""Opens comparisons over the chat page, and brings what came of them back into the conversation.

Window process, interface thread. One at a time; the model that was loaded makes room for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.chat.again import repeated
from app.chat.turn import opening_record
from app.core.chat.conversations import StoredMessage
from app.core.chat.presets import ChosenPreset, Preset
from app.core.engine.engine_errors import EngineBusy
from app.core.engine.messages import Role
from app.core.engine.model_errors import NoModel
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.core.errors import ParleyError
from app.services.chat_session import ChatSession
from app.services.chat_tools import ChatTools
from app.services.compare import Candidate, Comparison, Question
from app.services.comparison_end import ComparisonEnd
from app.services.engine_host import EngineHost
from app.ui.choices import Choices
from app.ui.compare.dialog import CompareDialog
from app.ui.icons import icon
from app.ui.model_words import described
from app.ui.preset_words import shown_name
from app.ui.theme import Theme
from app.ui.transcript.typesetting import Typeset

Chosen = tuple[ModelFile, ChosenPreset | None]


class CompareDesk(QObject):
    """`said` is a short word of what was done; `stored` has a message that is kept from now on."""

    said = Signal(str)
    stored = Signal(str)
    problem = Signal(object)  # ParleyError

    def __init__(
        self,
        session: ChatSession,
        engine: EngineHost,
        tools: ChatTools,
        choices: Choices,
        look: Callable[[], tuple[Theme, Typeset]],
        window: QWidget,
    ) -> None:
        """`look` tells the theme of now, and who colours code."""
        super().__init__(window)
        self._session = session
        self._engine = engine
        self._tools = tools
        self._choices = choices
        self._look = look
        self._window = window
        self._running: list[Comparison] = []
        self.dialog: CompareDialog | None = None

    @property
    def files(self) -> list[ModelFile]:
        """What can be compared: models on this machine, for nothing is sent elsewhere unasked."""
        current = self._engine.file
        here = [file for file in self._choices.files if file.server is None]
        return [current if current is not None and current.id == file.id else file for file in here]

    def fill(self, menu: QMenu, message: StoredMessage) -> None:
        """Add to a message's menu what gives its reply once more."""
        shown = self._session.conversation
        if shown is None or message.id not in shown or message.role is not Role.ASSISTANT:
            return
        free = not self._session.is_answering
        menu.addSeparator()
        again = menu.addAction(
            icon("retry", self._window), self.tr("Run again exactly"), partial(self.run_again, message)
        )
        again.setEnabled(free)
        models = menu.addMenu(self.tr("Compare with another model"))
        for file in self.files:
            models.addAction(described(file).replace("&", "&&"), partial(self.run_with, message, file, None))
        presets = menu.addMenu(self.tr("Compare with another preset"))
        for stored in self._choices.presets:
            act = partial(self._run_with_preset, message, stored.preset)
            presets.addAction(shown_name(stored.preset).replace("&", "&&"), act)
        for entries in (models, presets):
            entries.menuAction().setEnabled(free and bool(entries.actions()) and bool(self.files))

    def run_again(self, message: StoredMessage) -> None:
        """Give a reply once more, exactly as its record says, which may know its file's hash by now."""
        self._tools.tree.look_up(message.id, self._run_stored_again)

    def _run_stored_again(self, message: StoredMessage) -> None:
        try:
            self._require_free()
            file, record = repeated(message, self.files)
        except ParleyError as error:
            self.problem.emit(error)
            return
        assert message.record is not None
        candidate = Candidate(file, record, message.record.model.sha256)
        names = [self.tr("{name}, then").format(name=described(file)), self.tr("Now")]
        self._answer_anew(message, candidate, names, exactly=True)

    def run_with(self, message: StoredMessage, file: ModelFile, preset: ChosenPreset | None) -> None:
        """Give a reply once more with another model, or another preset; without one, as the chat is set."""
        shown = self._session.conversation
        if shown is None or message.parent_id is None or message.id not in shown:
            return
        try:
            self._require_free()
            candidate = self._candidate(file, preset or self._session.preset, shown.path(message.parent_id))
        except ParleyError as error:
            self.problem.emit(error)
            return
        before = message.record.model.name if message.record is not None else self.tr("Edited by you")
        names = [before, _name(file, preset)]
        self._answer_anew(message, candidate, names, exactly=False)

    def open_setup(self, text: str = "") -> None:
        """Ask what to compare."""
        from app.ui.compare.setup import CompareSetup

        try:
            self._require_free()
            if not self.files:
                raise NoModel
        except ParleyError as error:
            self.problem.emit(error)
            return
        if self._session.is_temporary and self._session.conversation is None:
            self.said.emit(self.tr("A temporary chat can be compared from its second message on"))
            return
        current = self._engine.file
        files = sorted(self.files, key=lambda file: current is None or file.id != current.id)
        setup = CompareSetup(files, self._choices.presets, text, self._window)
        setup.wanted.connect(self._with_values)
        setup.open()

    def compare(self, text: str, chosen: Sequence[Chosen]) -> None:
        """Have one message answered by several."""
        shown = self._session.conversation
        path = tuple(shown.path()) if shown is not None else ()
        asked = StoredMessage(id=0, parent_id=None, role=Role.USER, text=text)
        try:
            self._require_free()
            candidates = [self._candidate(file, preset, [*path, asked]) for file, preset in chosen]
        except ParleyError as error:
            self.problem.emit(error)
            return
        number = shown.summary.id if shown is not None else None
        question = Question(self._session.storage, number, path, text)
        self._open(question, candidates, [_name(*one) for one in chosen], text)

    def shutdown(self) -> None:
        """Before the window closes: store what the replies have."""
        for comparison in self._running:
            comparison.shutdown()
        self._running.clear()

    def set_theme(self, theme: Theme) -> None:
        """Draw with another theme."""
        if self.dialog is not None:
            self.dialog.set_theme(theme)

    def _require_free(self) -> None:
        if self._session.is_answering or self._running:
            raise EngineBusy

    def _candidate(self, file: ModelFile, preset: ChosenPreset | None, path: list[StoredMessage]) -> Candidate:
        if preset is None:
            return Candidate(file, opening_record(file, Sampling()))
        begun = preset.begun(self._tools.compare.user_name(), file.identity.name, datetime.now())
        return Candidate(file, opening_record(file, begun.preset.sampling, begun, path))

    def _run_with_preset(self, message: StoredMessage, preset: Preset) -> None:
        name = message.record.model.path if message.record is not None else ""
        same = [file for file in self.files if file.identity.path == name]
        file = (same or ([self._engine.file] if self._engine.file is not None else []) or self.files)[0]
        self._ask_values([ChosenPreset(preset=preset)], lambda asked: self.run_with(message, file, asked[0]))

    def _with_values(self, text: str, chosen: list[tuple[ModelFile, Preset | None]]) -> None:
        presets = [ChosenPreset(preset=preset) for _, preset in chosen if preset is not None]

        def go(asked: list[ChosenPreset]) -> None:
            rest = iter(asked)
            self.compare(text, [(file, next(rest) if preset is not None else None) for file, preset in chosen])

        self._ask_values(presets, go)

    def _ask_values(self, presets: list[ChosenPreset], then: Callable[[list[ChosenPreset]], object]) -> None:
        """Ask for what the presets still need, one dialog after the other."""
        from app.ui.presets.values import ValuesDialog

        place = next((number for number, preset in enumerate(presets) if preset.missing), None)
        if place is None:
            then(presets)
            return

        def go_on(answered: ChosenPreset) -> None:
            self._ask_values([*presets[:place], answered, *presets[place + 1 :]], then)

        dialog = ValuesDialog(presets[place], self._window)
        dialog.answered.connect(go_on)
        dialog.open()

    def _answer_anew(self, message: StoredMessage, candidate: Candidate, names: list[str], *, exactly: bool) -> None:
        shown = self._session.conversation
        if shown is None or message.parent_id is None or message.id not in shown:
            return
        path = tuple(shown.path(message.parent_id))
        question = Question(self._session.storage, shown.summary.id, path)
        self._open(question, [candidate], names, path[-1].text, old=message, exactly=exactly)

    def _open(
        self,
        question: Question,
        candidates: list[Candidate],
        names: list[str],
        asked: str,
        *,
        old: StoredMessage | None = None,
        exactly: bool = False,
    ) -> None:
        if self._engine.file is not None:
            self._engine.choose(self._engine.file)  # it makes room, and comes back with the next message
        comparison = self._tools.compare.make(question, candidates, self)
        self._running.append(comparison)
        comparison.begun.connect(lambda _: self.stored.emit(question.text))
        dialog = CompareDialog(comparison, names, asked, *self._look(), self._window.window(), old=old, exactly=exactly)
        end = ComparisonEnd(comparison, self._session, self._tools.tree, old)
        end.problem.connect(self.problem)
        end.reached.connect(partial(self._forget, comparison))
        dialog.left.connect(end.leave)
        dialog.left.connect(self._on_left)
        self.dialog = dialog
        dialog.open()
        comparison.start()

    def _on_left(self) -> None:
        self.dialog = None

    def _forget(self, comparison: Comparison) -> None:
        if comparison in self._running:
            self._running.remove(comparison)
        comparison.shutdown()
        comparison.deleteLater()


def _name(file: ModelFile, preset: ChosenPreset | None) -> str:
    return described(file) if preset is None else f"{described(file)} · {shown_name(preset.preset)}"
