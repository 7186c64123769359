"""The files that the next message takes along: read in a child, counted by the model. On the window's thread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from app.core.chat.attachment_errors import SeveralNotAttached
from app.core.chat.attachments import Attachment, with_attachments
from app.core.errors import ParleyError
from app.services.exchange import AttachmentReader
from app.services.token_counter import TokenCount, TokenCounter


class AttachedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file beside the composer; `attachment` is None while it is read, `count` until its cost is known."""

    key: str
    name: str
    bytes: int
    attachment: Attachment | None = None
    count: TokenCount | None = None


class Attaching(QObject):
    """Every file is read once; what cannot be read is told of and not kept."""

    changed = Signal(list)  # list[AttachedFile]
    problem = Signal(object)  # ParleyError

    def __init__(self, reader: AttachmentReader, counter: TokenCounter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._counter = counter
        self._files: dict[str, AttachedFile] = {}
        self._refused: list[str] = []
        reader.extracted.connect(self._on_extracted)
        reader.failed.connect(self._on_failed)
        counter.model_changed.connect(self._count_all)

    @property
    def files(self) -> list[AttachedFile]:
        """In the order in which they were added."""
        return list(self._files.values())

    @property
    def attachments(self) -> list[Attachment]:
        """What was read so far."""
        return [file.attachment for file in self._files.values() if file.attachment is not None]

    @property
    def is_reading(self) -> bool:
        """Whether the text of some file is not known yet."""
        return any(file.attachment is None for file in self._files.values())

    def add(self, paths: Sequence[Path]) -> None:
        """Take files along; one that is there already stays as it is."""
        if not self.is_reading:
            self._refused.clear()
        for path in paths:
            key = str(path)
            if key not in self._files:
                self._files[key] = AttachedFile(key=key, name=path.name, bytes=_size(path))
                self._reader.read(path)
        self._tell()

    def remove(self, key: str) -> None:
        """Leave a file out."""
        if self._files.pop(key, None) is not None:
            self._tell()

    def clear(self) -> None:
        """Take none along."""
        if self._files:
            self._files.clear()
            self._tell()

    def replace(self, attachments: Sequence[Attachment]) -> None:
        """Take along these instead, as those of a message that is edited or cut."""
        self._files = {
            f"{number}:{one.name}": AttachedFile(
                key=f"{number}:{one.name}", name=one.name, bytes=len(one.text.encode()), attachment=one
            )
            for number, one in enumerate(attachments)
        }
        self._tell()
        self._count_all()

    def _on_extracted(self, key: str, attachment: Attachment) -> None:
        if key in self._files:
            self._put(key, attachment=attachment)
            self._count(key)

    def _on_failed(self, key: str, error: ParleyError) -> None:
        if key in self._files:
            self._refused.append(self._files[key].name)
            self.remove(key)
            several = SeveralNotAttached(error.detail, files=", ".join(self._refused))
            self.problem.emit(several if len(self._refused) > 1 else error)

    def _count_all(self) -> None:
        for key in list(self._files):
            self._count(key)

    def _count(self, key: str) -> None:
        attachment = self._files[key].attachment
        if attachment is None:
            return

        def take(count: TokenCount) -> None:
            if key in self._files and self._files[key].attachment is attachment:
                self._put(key, count=count)

        self._counter.count(with_attachments("", [attachment]), take)

    def _put(self, key: str, **values: object) -> None:
        self._files[key] = msgspec.structs.replace(self._files[key], **values)
        self._tell()

    def _tell(self) -> None:
        self.changed.emit(self.files)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
