"""Files that the system hands to the running program, in a process of its own: there is one application in each."""

from __future__ import annotations

import subprocess
import sys

HAND_OVER = """
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QFileOpenEvent
from app.bootstrap.application import Application

application, opened = Application(), []
for name, ready in (("early", False), ("late", True)):
    if ready:
        application.open_files_with(opened.append)
    QCoreApplication.sendEvent(application, QFileOpenEvent(QUrl.fromLocalFile(f"/models/{name}.gguf")))
print([path.name for path in opened])
"""


def test_a_file_is_opened_also_when_it_came_before_the_window() -> None:
    command = [sys.executable, "-c", HAND_OVER]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['early.gguf', 'late.gguf']"
