"""The transcript in a real window, one measure per process, its figures as JSON on stdout.

python -m tests.bench.transcript open | scroll | stream | long | resize | hostile | document [--rate TOKENS_PER_SECOND]

Durations are in milliseconds. A stall is the time between two ticks of a timer that asks for one
each millisecond, that is the longest that an event had to wait; `busy` counts the same in CPU time of the
interface thread, which other programs on the machine do not prolong.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

import psutil
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QMainWindow, QTextBrowser

from app.bootstrap.collector import Collector
from app.bootstrap.starting import child_starter
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.relay import Relay
from app.services.typesetter import Typesetter
from app.ui.theme import LIGHT, Appearance, ThemeSource
from app.ui.transcript.widget.view import TranscriptView
from tests.bench.hostile_texts import HOSTILE
from tests.bench.long_conversation import finished, messages, streaming, tokens

MESSAGES = 5000
SIZE = 1100, 800
Figures = dict[str, Any]


class Stalls:
    """How long events had to wait, in milliseconds, since `clear`."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.busy: list[float] = []
        self._last = (time.perf_counter(), time.thread_time())
        self._timer = QTimer(interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def clear(self) -> None:
        self._last = (time.perf_counter(), time.thread_time())
        self.waits, self.busy = [], []
        self._timer.start()

    def _tick(self) -> None:
        now, cpu = time.perf_counter(), time.thread_time()
        self.waits.append((now - self._last[0]) * 1000 - 1)
        self.busy.append((cpu - self._last[1]) * 1000)
        self._last = (now, cpu)

    def figures(self) -> Figures:
        self._timer.stop()
        return {
            "stall_p999": share(self.waits, 0.999),
            "stall_most": max(self.waits),
            "busy_p999": share(self.busy, 0.999),
            "busy_most": max(self.busy),
        }


def share(values: list[float], part: float) -> float:
    """The value that this part of all does not exceed."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


def resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def frame() -> float:
    """Let everything that is due be painted; returns the milliseconds it took."""
    begun = time.perf_counter()
    QApplication.processEvents()
    return (time.perf_counter() - begun) * 1000


def lay_out(view: TranscriptView) -> None:
    """Let everything that is in view be laid out and painted."""
    frame()
    while view._layout_delay.isActive():
        frame()


def live(seconds: float) -> None:
    """Let the event loop run."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


class Stage:
    """A window with a transcript in it."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        starter = child_starter(ChildRole.TYPESET, Folders.of({"PARLEY_HOME": tempfile.mkdtemp()}), None)
        self.typesetter = Typesetter(starter, Relay())
        self.view = TranscriptView(LIGHT, self.typesetter.ask)
        self.window.setCentralWidget(self.view)
        self.window.resize(*SIZE)
        self.window.show()
        live(0.5)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        Collector(application, lambda: False, self.window).start()


def open_conversation(_: float) -> Figures:
    stage, shown = Stage(), messages(MESSAGES)
    del shown
    before = resident()
    shown = messages(MESSAGES)
    begun, cpu = time.perf_counter(), time.thread_time()
    stage.view.set_messages(shown)
    lay_out(stage.view)
    took, busy = (time.perf_counter() - begun) * 1000, (time.thread_time() - cpu) * 1000
    again = time.perf_counter()
    stage.view.set_messages(shown)
    lay_out(stage.view)
    second = (time.perf_counter() - again) * 1000
    live(1)
    return {"open": took, "busy": busy, "again": second, "mb": (resident() - before) / 1e6}


def scroll(_: float) -> Figures:
    stage = Stage()
    before = resident()
    stage.view.set_messages(messages(MESSAGES))
    live(1)
    bar, times, busy = stage.view.verticalScrollBar(), [], []
    begun = time.perf_counter()
    while bar.value() > 0:
        start, cpu = time.perf_counter(), time.thread_time()
        bar.setValue(bar.value() - 240)
        QApplication.processEvents()
        times.append((time.perf_counter() - start) * 1000)
        busy.append((time.thread_time() - cpu) * 1000)
    rate = len(times) / (time.perf_counter() - begun)
    jumps = []
    for at in range(40):
        start = time.thread_time()
        bar.setValue(bar.maximum() * (at * 7 % 40) // 40)
        QApplication.processEvents()
        jumps.append((time.thread_time() - start) * 1000)
    live(1)
    return {
        "frames": len(times), "rate": rate, "frame_p999": share(times, 0.999), "frame_most": max(times),
        "busy_p999": share(busy, 0.999), "busy_most": max(busy), "jump_most": max(jumps),
        "mb": (resident() - before) / 1e6,
    }  # fmt: skip


class Pace:
    """Feeds tokens at a rate for some seconds."""

    def __init__(self, rate: float, add: Callable[[str], None]) -> None:
        self._rate, self._add, self._source = rate, add, tokens()
        self._begun, self.sent = 0.0, 0
        self._timer = QTimer(interval=max(round(1000 / rate), 1), timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._send)

    def run(self, seconds: float) -> None:
        self._begun, self.sent = time.perf_counter(), 0
        self._timer.start()
        live(seconds)
        self._timer.stop()

    def _send(self) -> None:
        due = round((time.perf_counter() - self._begun) * self._rate)
        while self.sent < due:
            self.sent += 1
            self._add(next(self._source))


def paced(rate: float, add: Callable[[str], None], seconds: float = 12) -> Figures:
    """Stalls with the probe, then CPU per token without it, and what the probe's window costs idle."""
    pace, stalls = Pace(rate, add), Stalls()
    pace.run(2)
    stalls.clear()
    pace.run(seconds)
    figures = stalls.figures()
    cpu = time.process_time()
    pace.run(seconds)
    figures["cpu_per_token"] = (time.process_time() - cpu) * 1000 / pace.sent
    bare = Pace(rate, lambda _: None)
    cpu = time.process_time()
    bare.run(4)
    figures["feeding_per_token"] = (time.process_time() - cpu) * 1000 / bare.sent
    return figures


def stream(rate: float) -> Figures:
    stage = Stage()
    stage.view.set_messages([*messages(MESSAGES - 1), streaming(MESSAGES)])
    live(1)
    return paced(rate, lambda text: stage.view.append_text(MESSAGES, text))


def long(rate: float) -> Figures:
    """One reply of 200,000 characters: the cost at its start, and at its end."""
    stage = Stage()
    stage.view.set_messages([streaming(1)])
    live(0.5)
    first = paced(rate, lambda text: stage.view.append_text(1, text), 6)
    source, written = tokens(), 0
    while written < 190_000:
        text = next(source)
        written += len(text)
        stage.view.append_text(1, text)
        if not written % 50:
            frame()
    live(1)
    last = paced(rate, lambda text: stage.view.append_text(1, text))
    return last | {"growth": last["cpu_per_token"] / first["cpu_per_token"], "first": first["cpu_per_token"]}


def resize(_: float) -> Figures:
    stage = Stage()
    stage.view.set_messages(messages(MESSAGES))
    live(1)
    bar = stage.view.verticalScrollBar()
    times = []
    for place in (bar.maximum(), bar.maximum() // 2):
        bar.setValue(place)
        live(0.5)
        for width in [*range(1100, 520, -12), *range(520, 1100, 12)]:
            cpu = time.thread_time()
            stage.window.resize(width, 800)
            QApplication.processEvents()
            times.append((time.thread_time() - cpu) * 1000)
    return {"busy_most": max(times), "busy_median": share(times, 0.5)}


def document(rate: float) -> Figures:
    """The other design that was considered: one QTextDocument for all, Markdown set once, tokens inserted as text."""
    window, browser = QMainWindow(), QTextBrowser()
    window.setCentralWidget(browser)
    window.resize(*SIZE)
    window.show()
    live(0.5)
    before = resident()
    begun = time.perf_counter()
    browser.setMarkdown("\n\n".join(message.text for message in messages(MESSAGES)))
    browser.moveCursor(QTextCursor.MoveOperation.End)
    frame()
    took = (time.perf_counter() - begun) * 1000

    def add(text: str) -> None:
        at_end = QTextCursor(browser.document())
        at_end.movePosition(QTextCursor.MoveOperation.End)
        at_end.insertText(text)
        browser.verticalScrollBar().setValue(browser.verticalScrollBar().maximum())

    return {"open": took} | paced(rate, add, 6) | {"mb": (resident() - before) / 1e6}


def hostile(_: float) -> Figures:
    """The longest that the thread was busy with text made to be slow, whole or at 25,000 characters a second."""
    stage, figures = Stage(), {}
    for name, text in HOSTILE.items():
        stalls = Stalls()
        stalls.clear()
        stage.view.set_messages([streaming(1, ""), finished(2, text)])
        live(0.1)
        while not stage.view.document.items[1].is_whole:
            live(0.1)
        figures[f"{name} shown"] = stalls.figures()["busy_most"]
        stalls.clear()
        for width in (900, 700, SIZE[0]):
            stage.window.resize(width, SIZE[1])
            live(0.2)
        figures[f"{name} resized"] = stalls.figures()["busy_most"]
        stage.view.set_messages([streaming(1)])
        stalls.clear()
        for at in range(0, min(len(text), 50_000), 1000):
            stage.view.append_text(1, text[at : at + 1000])
            live(0.04)
        figures[f"{name} streamed"] = stalls.figures()["busy_most"]
    return figures


MEASURES: dict[str, Callable[[float], Figures]] = {
    "open": open_conversation,
    "scroll": scroll,
    "stream": stream,
    "long": long,
    "resize": resize,
    "hostile": hostile,
    "document": document,
}


def fail(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An exception in a slot would pass unnoticed, and the figures be of nothing."""
    traceback.print_exception(kind, error, trace)
    os._exit(1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("--rate", type=float, default=200)
    args = parser.parse_args()
    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    sys.excepthook = fail
    ThemeSource(application, Appearance.LIGHT)
    print(json.dumps({name: round(value, 3) for name, value in MEASURES[args.measure](args.rate).items()}))


if __name__ == "__main__":
    main()
