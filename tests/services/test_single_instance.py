"""One window for each data folder, whatever became of the process before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from pytestqt.qtbot import QtBot

from app.services.single_instance import SingleInstance

CLAIM = """
import sys
from pathlib import Path
from app.services.single_instance import SingleInstance
instance = SingleInstance(Path(sys.argv[1]))
print(instance.claim(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Callable[[], SingleInstance]]:
    made: list[SingleInstance] = []

    def make() -> SingleInstance:
        made.append(SingleInstance(tmp_path / "data"))
        return made[-1]

    yield make
    for one in made:
        one.release()


def other_process(data: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", CLAIM, data], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    return process


def test_the_second_hands_its_file_over_and_the_first_takes_it(
    qtbot: QtBot, instance: Callable[[], SingleInstance], tmp_path: Path
) -> None:
    first, second = instance(), instance()
    assert first.claim()
    assert not second.claim()
    first.listen()
    answers: list[bool] = []
    asking = Thread(target=lambda: answers.append(second.hand_over(tmp_path / "ünï.gguf")))
    with qtbot.waitSignal(first.called) as caught:
        asking.start()
    asking.join()
    assert caught.args == [tmp_path / "ünï.gguf"]
    assert answers == [True]


def test_what_came_before_the_window_was_ready_is_taken_then(
    qtbot: QtBot, instance: Callable[[], SingleInstance]
) -> None:
    first, second = instance(), instance()
    assert first.claim()
    asking = Thread(target=second.hand_over, args=(None,))
    asking.start()
    qtbot.waitUntil(lambda: any(first._folder.glob("*.request")))
    with qtbot.waitSignal(first.called) as caught:
        first.listen()
    asking.join()
    assert caught.args == [None]


def test_one_that_does_not_answer_is_not_waited_for_forever(instance: Callable[[], SingleInstance]) -> None:
    first, second = instance(), instance()
    assert first.claim()
    first.listen()
    assert not second.hand_over(None, seconds=0.05)
    assert {entry.name for entry in first._folder.iterdir()} == {"lock", "ready"}


def test_one_that_is_still_starting_is_waited_for(qtbot: QtBot, instance: Callable[[], SingleInstance]) -> None:
    first, second = instance(), instance()
    assert first.claim()
    answers: list[bool] = []
    asking = Thread(target=lambda: answers.append(second.hand_over(None, seconds=0)))
    asking.start()
    qtbot.waitUntil(lambda: any(first._folder.glob("*.request")))
    with qtbot.waitSignal(first.called):
        first.listen()
    asking.join()
    assert answers == [True]


def test_the_place_of_one_that_ends_while_it_starts_is_taken(
    instance: Callable[[], SingleInstance], tmp_path: Path
) -> None:
    second = instance()
    with other_process(tmp_path / "data") as process:
        assert not second.claim()
        asking = Thread(target=second.hand_over, args=(None,))
        asking.start()
        process.kill()
    asking.join()
    assert second._lock.isLocked() and not any(second._folder.glob("*.request"))


def test_a_claim_ends_with_its_process_even_a_killed_one(
    instance: Callable[[], SingleInstance], tmp_path: Path
) -> None:
    with other_process(tmp_path / "data") as process:
        assert not instance().claim()
        process.kill()
    assert (tmp_path / "data" / "window" / "lock").exists()
    assert instance().claim()


def test_other_folders_have_windows_of_their_own(tmp_path: Path, instance: Callable[[], SingleInstance]) -> None:
    assert instance().claim()
    other = SingleInstance(tmp_path / "elsewhere")
    assert other.claim()
    other.release()


def test_where_no_lock_can_be_made_nobody_is_turned_away(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    assert SingleInstance(tmp_path / "data").claim()


@pytest.mark.skipif(os.name == "nt", reason="permissions differ on Windows")
def test_the_data_folder_is_made_for_its_user_alone(instance: Callable[[], SingleInstance], tmp_path: Path) -> None:
    assert instance().claim()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", ["", "parley.sqlite3"])
def test_a_data_folder_that_was_emptied_goes_with_its_window(
    instance: Callable[[], SingleInstance], tmp_path: Path, content: str
) -> None:
    first = instance()
    assert first.claim()
    if content:
        (tmp_path / "data" / content).write_text("kept")
    first.release()
    assert (tmp_path / "data").exists() is bool(content)


def test_rubbish_among_the_requests_is_passed_over(qtbot: QtBot, instance: Callable[[], SingleInstance]) -> None:
    first = instance()
    assert first.claim()
    (first._folder / "1.request").write_bytes(b"\xff{")
    (first._folder / "2.request").write_bytes(b'{"model": "/models/a.gguf"}')
    with qtbot.waitSignal(first.called) as caught:
        first.listen()
    assert caught.args == [Path("/models/a.gguf")]
