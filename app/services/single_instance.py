"""One window for each data folder: a second start hands its file to the first, which comes to the front.

Window process, interface thread. A lock file says whether a window is there; one that was left by a
killed process is taken over. What a second process wants lies as a small file beside the lock until
the first has taken it: this needs QtCore alone, while Qt's local sockets live in its network library.
Another file there says that the first one listens, which it does not yet while it starts.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import msgspec
from PySide6.QtCore import QFileSystemWatcher, QLockFile, QObject, Signal

_ANSWER_SECONDS = 5.0
_START_SECONDS = 30.0  # of a window on a busy machine, with files that are not in its memory yet
_LOOK_SECONDS = 0.01
_ENDING = ".request"


class _Request(msgspec.Struct, frozen=True):
    model: str = ""


class SingleInstance(QObject):
    """The claim of this process to be the window of a data folder."""

    called = Signal(object)  # Path of a model to open, or None: somebody started Parley once more

    def __init__(self, data: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = data / "window"
        self._lock = QLockFile(str(self._folder / "lock"))
        self._lock.setStaleLockTime(0)  # only the end of its process makes it stale
        self._ready = self._folder / "ready"
        self._watcher: QFileSystemWatcher | None = None

    def claim(self) -> bool:
        """Become the one; False when there is another. Where no lock can be made, nobody is turned away."""
        try:
            for folder in (self._folder.parent, self._folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            return True
        if self._lock.tryLock(0):
            self._say_ready(False)
            return True
        return self._lock.error() is not QLockFile.LockError.LockFailedError

    def hand_over(self, model: Path | None, seconds: float = _ANSWER_SECONDS) -> bool:
        """Ask the other one to come to the front and open a model; False when it does not answer.

        One that is still starting is waited for longer; where it is gone, this one has claimed its place.
        """
        request = self._folder / f"{os.getpid()}{_ENDING}"
        partial = request.with_suffix(".partial")
        absolute = str(model.absolute()) if model is not None else ""
        try:
            partial.write_bytes(msgspec.json.encode(_Request(absolute.encode("utf-8", "replace").decode())))
            partial.replace(request)
            asked = time.monotonic()
            while request.exists() and not self.claim():
                if time.monotonic() > asked + (seconds if self._ready.exists() else _START_SECONDS):
                    break
                # This process has no application yet, so neither an event loop nor a watcher that could tell.
                time.sleep(_LOOK_SECONDS)
            taken = not request.exists()
            request.unlink(missing_ok=True)
        except OSError:
            return False
        return taken

    def listen(self) -> None:
        """Take what others ask for from now on; what came while the window was being made, at once."""
        if not self._folder.is_dir() or not self._lock.isLocked():
            return
        self._watcher = QFileSystemWatcher([str(self._folder)], self)
        self._watcher.directoryChanged.connect(self._take)
        self._take()
        self._say_ready(True)

    def release(self) -> None:
        """Let another process be the one; a data folder that was emptied by then goes as well."""
        if self._watcher is not None:
            self._watcher.removePath(str(self._folder))
        if self._lock.isLocked():
            self._say_ready(False)
        self._lock.unlock()
        with suppress(OSError):
            if list(self._folder.parent.iterdir()) == [self._folder]:
                self._folder.rmdir()
                self._folder.parent.rmdir()

    def _say_ready(self, is_ready: bool) -> None:
        with suppress(OSError):
            if is_ready:
                self._ready.touch()
            else:
                self._ready.unlink(missing_ok=True)

    def _take(self, _changed: str = "") -> None:
        for request in sorted(self._folder.glob(f"*{_ENDING}")):
            try:
                model = msgspec.json.decode(request.read_bytes(), type=_Request).model
                request.unlink()
            except (OSError, msgspec.DecodeError, UnicodeDecodeError):
                continue
            self.called.emit(Path(model) if model else None)
