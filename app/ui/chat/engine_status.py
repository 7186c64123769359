"""Shows how the engine is: in the middle of an empty page, between an open chat and the composer, and in its footer.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.core.engine.engine_errors import EngineLost
from app.core.engine.engine_frames import ModelInfo
from app.core.errors import ParleyError
from app.core.sizes import format_bytes
from app.services.chat_session import ChatSession
from app.services.engine_host import EngineHost, EngineState
from app.services.reply_run import ChatState
from app.ui.chat.composer import Composer
from app.ui.chat.notices import ProgressStrip
from app.ui.chat.problems import Problems
from app.ui.chat.states import StartView
from app.ui.model_words import described

_SHOW_PROMPT_AFTER_MS = 250
_STOPPABLE = (ChatState.LOADING, ChatState.READING_PROMPT, ChatState.GENERATING)


class EngineStatus(QObject):
    """Follows the engine and the shown chat's reply; a load that failed, or was given up, can be tried again."""

    def __init__(
        self,
        session: ChatSession,
        engine: EngineHost,
        start: StartView,
        strip: ProgressStrip,
        composer: Composer,
        problems: Problems,
    ) -> None:
        super().__init__(strip)
        self._session = session
        self._engine = engine
        self._start = start
        self._strip = strip
        self._composer = composer
        self._problems = problems
        self._fraction = 0.0
        self._prompt_delay = QTimer(self, singleShot=True, interval=_SHOW_PROMPT_AFTER_MS)
        self._prompt_delay.timeout.connect(strip.show)
        engine.load_progress.connect(self._show_load)
        session.state_changed.connect(self._show_state)
        session.prompt_progress.connect(self._show_prompt)
        session.context_changed.connect(composer.set_context)
        session.rate_changed.connect(composer.set_rate)
        session.answering_changed.connect(self._show_answering)
        strip.cancel_requested.connect(engine.cancel_load)
        start.cancel_requested.connect(engine.cancel_load)
        start.retry_requested.connect(self._load_again)
        start.details_requested.connect(self._show_load_report)
        problems.load_requested.connect(self._load_again)

    def show(self) -> None:
        """Show how things stand now."""
        engine, composer = self._engine, self._composer
        composer.set_device(self._placed(engine.model) if engine.model else "")
        composer.set_placeholder(self.tr("Message Parley") if engine.file else self.tr("Choose a model to begin"))
        self._show_start()
        self._show_strip()
        if engine.state is EngineState.FAILED and engine.error is not None:
            self._tell_failure(engine.error)
        elif engine.state is EngineState.READY:
            self._problems.model_is_ready()

    def _placed(self, model: ModelInfo) -> str:
        """How much memory a model takes, and where it is."""
        memory = format_bytes(model.memory_bytes)
        if not model.gpu_layers:
            return self.tr("{memory} on {device}").format(memory=memory, device=model.device)
        if model.gpu_layers >= model.layers:
            text = self.tr("{memory}, all {layers} layers on {device}")
        else:
            text = self.tr("{memory}, {part} of {layers} layers on {device}")
        return text.format(memory=memory, part=model.gpu_layers, layers=model.layers, device=model.device)

    def _show_start(self) -> None:
        engine, start = self._engine, self._start
        if engine.state is EngineState.FAILED and engine.error is not None:
            start.show_failed(engine.error)
        elif engine.file is None:
            start.show_no_model()
        elif engine.state is EngineState.LOADING:
            start.show_loading(described(engine.file))
        elif self._session.is_temporary:
            start.show_temporary(engine.file)
        elif engine.file.identity.built_in:
            start.show_guide()
        else:
            start.show_ready(engine.file)

    def _show_strip(self) -> None:
        """A load that the middle of the page does not show."""
        engine = self._engine
        if engine.state is EngineState.LOADING and engine.file and self._session.conversation is not None:
            self._strip.show_load(described(engine.file), self._fraction)
        elif self._session.state is not ChatState.READING_PROMPT:
            self._prompt_delay.stop()
            self._strip.hide()

    def _show_load(self, fraction: float) -> None:
        self._fraction = fraction
        self._start.set_progress(fraction)
        self._show_strip()

    def _show_state(self, state: ChatState) -> None:
        self._composer.set_running(state is not ChatState.IDLE, stoppable=state in _STOPPABLE)
        if state is ChatState.IDLE:
            self._composer.set_rate(0)
        if state is ChatState.READING_PROMPT:
            self._prompt_delay.start()
        self._show_strip()

    def _show_answering(self, conversation_id: int | None) -> None:
        if conversation_id is None:
            self._problems.reply_has_ended()

    def _show_prompt(self, done: int, total: int) -> None:
        if self._session.state is ChatState.READING_PROMPT:
            self._strip.set_prompt(done, total)

    def _tell_failure(self, error: ParleyError) -> None:
        """A load that failed, unless the middle of the page or a reply tells of it."""
        shown = self._session.conversation
        if shown is None or isinstance(error, EngineLost) or self._session.state is not ChatState.IDLE:
            return
        path = shown.path()
        record = path[-1].record if path else None
        if record is None or record.failure is None or record.failure.code != type(error).__name__:
            self._problems.show_load(error)

    def _load_again(self) -> None:
        if self._engine.file is not None:
            self._engine.load(self._engine.file)

    def _show_load_report(self) -> None:
        if self._engine.error is not None:
            self._problems.report(self._engine.error)
