"""Files that the system hands to the running program, in a process of its own: there is one application in each."""

from __future__ import annotations

import subprocess
import sys

HAND_OVER = """
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QFileOpenEvent
from app.bootstrap.application import Application

application, first, second = Application(), [], []


def hand_over(name):
    QCoreApplication.sendEvent(application, QFileOpenEvent(QUrl.fromLocalFile(f"/models/{name}.gguf")))


hand_over("early")
application.open_files_with(first.append)
hand_over("late")
application.keep_files()
hand_over("between")
application.open_files_with(second.append)
print([path.name for path in first], [path.name for path in second])
"""


def test_a_file_is_opened_also_when_it_came_before_the_window_or_between_two() -> None:
    command = [sys.executable, "-c", HAND_OVER]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['early.gguf', 'late.gguf'] ['between.gguf']"
