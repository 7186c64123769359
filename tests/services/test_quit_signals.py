from __future__ import annotations

import os
import signal
import sys

import pytest
from pytestqt.qtbot import QtBot

from app.services.quit_signals import QuitSignals


@pytest.mark.skipif(sys.platform == "win32", reason="signals cannot be sent to oneself there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_event_loop_and_interrupts_nothing(qtbot: QtBot, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    signals = QuitSignals()
    try:
        with qtbot.waitSignal(signals.received):
            os.kill(os.getpid(), number)
    finally:
        signals.close()
    assert signal.getsignal(number) is before
