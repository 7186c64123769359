"""The window's process, from its start to its end: frame first, then the program, then the event loop."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap.application import Application
from app.bootstrap.frame import Frame, after_first_paint
from app.core.errors import Failure
from app.core.paths import Folders
from app.services.quit_signals import QuitSignals
from app.services.single_instance import SingleInstance

if TYPE_CHECKING:
    from types import TracebackType

    from app.bootstrap.errand import Errand
    from app.bootstrap.program import Program
    from app.ui.main_view import MainView

_LOG_BYTES = 1_000_000


def run_window(model: Path | None, environment: Mapping[str, str]) -> int:
    """Show the window until the user closes it; `model` is a GGUF file to open at once.

    Where a window of the same data folder is open already, that one comes to the front instead.
    """
    gc.disable()
    application: Application | None = None
    while True:
        folders = Folders.of(environment)
        instance = SingleInstance(folders.data)
        if folders.reachable and not instance.claim() and instance.hand_over(model):
            return 0
        application = application or Application()
        code, errand = _show(application, folders, instance, model)
        if errand is not None:
            from app.bootstrap.errand import run

            model = run(errand, instance)
        instance.release()
        if errand is None:
            return code


def _show(
    application: Application, folders: Folders, instance: SingleInstance, model: Path | None
) -> tuple[int, Errand | None]:
    """One window, from its first paint to its end; the exit code, and what to do before the next window."""
    frame = Frame.build(folders)
    running: list[Program] = []
    errands: list[Errand] = []
    frame.window.errand_requested.connect(errands.append)

    def go_on() -> None:
        program = _furnished(application, frame)
        running.append(program)
        program.start(model)
        instance.called.connect(lambda asked: _answer(running, asked))
        instance.listen()
        application.open_files_with(lambda model: _answer(running, model))

    after_first_paint(frame.window, go_on)
    frame.window.show()
    signals = QuitSignals()
    signals.received.connect(frame.window.close)
    try:
        code = application.exec()
    finally:
        signals.close()
        application.keep_files()
        while running:
            running.pop().close()
    return code, errands[0] if errands else None


def _furnished(application: Application, frame: Frame) -> Program:
    """The program in its frame, in the user's language; what goes wrong in it is logged and told."""
    from app.bootstrap.language import speak
    from app.bootstrap.program import furnish
    from app.core.engine.guide import guide_file
    from app.ui.file_dialogs import keep_in
    from app.ui.icons import application_icon

    application.setWindowIcon(application_icon())
    speak(application, str(frame.preferences.get("appearance.language")))
    keep_in(frame.folders.config)
    _log_to(frame.folders)
    program = furnish(frame, guide=guide_file())
    sys.excepthook = _bug_reporter(program.view)
    return program


def _answer(running: Sequence[Program], model: Path | None) -> None:
    """Parley was started once more."""
    for program in running:
        program.window.come_forward()
        if model is not None:
            program.models.library.open(model)


def _log_to(folders: Folders) -> None:
    import logging
    from logging.handlers import RotatingFileHandler

    try:
        folders.logs.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(
            folders.logs / "parley.log", maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8"
        )
    except OSError:
        handler = logging.StreamHandler()
    logging.basicConfig(level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)s %(message)s")


def _bug_reporter(view: MainView) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        import logging

        logging.error("Unforeseen error", exc_info=(kind, error, trace))
        view.show_bug(Failure.of(error).error())

    return report
