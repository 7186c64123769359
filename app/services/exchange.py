"""Exports, imports and attachments for the window; the work is done by children, one command after another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.chat.attachment_errors import AttachmentTooCostly, ExtractionLost
from app.core.data.exchange import ExportFormat
from app.core.data.exchange_errors import ExchangeLost
from app.core.data.exchange_frames import (
    ExchangeProgress,
    ExportConversations,
    Exported,
    ExtractText,
    ImportConversations,
    Imported,
    TextExtracted,
)
from app.core.protocol import Event, Failed, Stopped
from app.services.child_queue import ChildQueue
from app.services.child_slot import ChildFactory
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.outcome import Outcome

Work = ExportConversations | ImportConversations
"""One export or import."""

EXTRACT_MS = 45_000
"""Longer than the child gives itself: this is for one that cannot even watch itself."""


class ExchangeService(QObject):
    """Each `export` or `import_paths` ends in exactly one of `exported`, `imported`, `stopped` and `failed`.

    Every signal begins with the work it is about.
    """

    progress = Signal(object, int, int)  # conversations done, and of how many, 0 if nobody knows
    exported = Signal(object, object)  # ExportReport
    imported = Signal(object, object)  # ImportReport; the list of conversations is to be read anew
    stopped = Signal(object)
    failed = Signal(object, object)  # ParleyError

    def __init__(self, start: ChildFactory, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = ChildQueue[Work](start, relay, self._take, self._lose)
        self._last_id = 0

    @property
    def is_busy(self) -> bool:
        """Whether something is being exported or imported."""
        return self._queue.current is not None

    def export(
        self, conversations: Sequence[int], form: ExportFormat, target: Path, *, overwrite: bool = False
    ) -> Work:
        """Write these conversations, all if none is named, into a file, a zip or a folder."""
        work = ExportConversations(
            id=self._next_id(),
            target=str(target),
            format=form,
            conversations=tuple(conversations),
            overwrite=overwrite,
        )
        self._queue.add(work)
        return work

    def import_paths(self, paths: Sequence[Path]) -> Work:
        """Read files and folders of any known format."""
        work = ImportConversations(id=self._next_id(), paths=tuple(map(str, paths)))
        self._queue.add(work)
        return work

    def cancel(self, work: Work) -> None:
        """Stop it, or never begin it; an import keeps what has come in, and still tells it."""
        if self._queue.current == work:
            self._queue.cancel()
        elif self._queue.withdraw(work):
            self.stopped.emit(work)

    def shutdown(self) -> None:
        """End the child before the program exits."""
        self._queue.shutdown()

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _take(self, work: Work, event: Event) -> bool:
        match event:
            case ExchangeProgress(done=done, total=total):
                self.progress.emit(work, done, total)
                return False
            case Exported(report=exported):
                self.exported.emit(work, exported)
            case Imported(report=imported):
                self.imported.emit(work, imported)
            case Stopped():
                self.stopped.emit(work)
            case Failed(failure=failure):
                self.failed.emit(work, failure.error())
        return True

    def _lose(self, work: Work, outcome: Outcome) -> None:
        self.failed.emit(work, ExchangeLost(reason=outcome.sentence))


class AttachmentReader(QObject):
    """Each `read` ends in exactly one of `extracted` and `failed`, told with its path."""

    extracted = Signal(str, object)  # path, Attachment
    failed = Signal(str, object)  # path, ParleyError

    def __init__(self, start: ChildFactory, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = ChildQueue[ExtractText](start, relay, self._take, self._lose)
        self._deadline = QTimer(self, singleShot=True, interval=EXTRACT_MS)
        self._deadline.timeout.connect(self._queue.kill)
        self._last_id = 0

    def read(self, path: Path) -> None:
        """Find out what a file says."""
        self._last_id += 1
        if self._queue.current is None:
            self._deadline.start()
        self._queue.add(ExtractText(id=self._last_id, path=str(path)))

    def shutdown(self) -> None:
        """End the child before the program exits."""
        self._deadline.stop()
        self._queue.shutdown()

    def _take(self, command: ExtractText, event: Event) -> bool:
        self._deadline.start()
        match event:
            case TextExtracted(attachment=attachment):
                self.extracted.emit(command.path, attachment)
            case Failed(failure=failure):
                self.failed.emit(command.path, failure.error())
        return True

    def _lose(self, command: ExtractText, outcome: Outcome) -> None:
        name = Path(command.path).name
        late = not self._deadline.isActive()
        error = (
            AttachmentTooCostly(file=name, what="time") if late else ExtractionLost(file=name, reason=outcome.sentence)
        )
        self._deadline.start()
        self.failed.emit(command.path, error)
