"""What other threads hand to the window's thread, and that nothing of it comes after the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Thread

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.services.relay import Relay


def test_calls_come_in_order_also_after_one_that_failed(qtbot: QtBot) -> None:
    relay, done = Relay(), list[int]()

    def fail() -> None:
        raise ValueError

    calls: list[Callable[[], None]] = [lambda: done.append(1), fail, lambda: done.append(2)]
    with qtbot.captureExceptions() as failures:
        posting = Thread(target=lambda: [relay.post(call) for call in calls])
        posting.start()
        posting.join()
        qtbot.waitUntil(lambda: len(done) == 2)
    assert done == [1, 2] and [kind for kind, *_ in failures] == [ValueError]


def test_what_is_handed_over_in_the_moment_of_the_end_comes_to_nothing(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, done = Relay(), list[int]()

    class Late(deque[Callable[[], None]]):
        """Another thread was held up before it handed over, until the end."""

        def append(self, call: Callable[[], None], /) -> None:
            relay.close()
            super().append(call)

    monkeypatch.setattr(relay, "_calls", Late())
    relay.post(lambda: done.append(1))
    qapp.processEvents()
    assert done == []
