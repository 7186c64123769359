"""Start a window and tell when it is seen: `python -m tests.bench.first_paint bare | parley [HOME]`.

Prints `painted` at the first paint, and for Parley `listed` when the sidebar has its conversations;
whoever starts this program holds the watch.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow


class FirstPaint(QObject):
    """Says when the window is being painted for the first time."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            print("painted", flush=True)
            watched.removeEventFilter(self)
            if type(watched) is QMainWindow:
                QTimer.singleShot(0, QApplication.quit)
        return False


def show_bare(watcher: FirstPaint) -> None:
    window = QMainWindow()
    window.installEventFilter(watcher)
    window.resize(1280, 800)
    window.show()
    QApplication.exec()


def show_parley(watcher: FirstPaint, home: str) -> None:
    from app.bootstrap.frame import Frame, after_first_paint
    from app.core.paths import Folders

    frame = Frame.build(Folders.of({"PARLEY_HOME": home}))
    programs = []

    def go_on() -> None:
        from app.bootstrap.program import furnish

        program = furnish(frame)
        programs.append(program)
        program.chats.conversations.changed.connect(listed)
        program.start()

    def listed() -> None:
        print("listed", flush=True)
        QApplication.quit()

    after_first_paint(frame.window, go_on)
    frame.window.installEventFilter(watcher)
    frame.window.show()
    QApplication.exec()
    programs[0].close()


if __name__ == "__main__":
    application = QApplication([])
    if sys.argv[1] == "bare":
        show_bare(FirstPaint())
    else:
        show_parley(FirstPaint(), sys.argv[2])
