"""What goes out of Parley and comes in, as values: formats, and what became of an export or an import."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.core.errors import Failure


class ExportFormat(StrEnum):
    """What a conversation can be written as; JSON alone keeps everything and can be imported again."""

    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    PDF = "pdf"

    @property
    def suffix(self) -> str:
        """The end of a file's name, with its dot."""
        return ".md" if self is ExportFormat.MARKDOWN else f".{self.value}"


class ImportFormat(StrEnum):
    """Where conversations come from; the value begins the `origin` of each."""

    PARLEY = "parley"
    CHATGPT = "chatgpt"
    CLAUDE = "claude"
    LM_STUDIO = "lm-studio"
    JAN = "jan"
    GPT4ALL = "gpt4all"
    OPEN_WEBUI = "open-webui"


class ExportReport(msgspec.Struct, frozen=True):
    """What was written: how many conversations, into how many files, and their bytes in all."""

    path: str
    conversations: int
    files: int
    bytes: int


class Skipped(msgspec.Struct, frozen=True):
    """A record that could not be read: `place` names its file and which one it is, `failure` says why."""

    place: str
    failure: Failure


class ImportReport(msgspec.Struct, frozen=True):
    """What came in, in conversations; `messages` counts those that were added.

    `grown` were here already and got new messages, `present` were here already as they are, `trashed` are in the
    trash and stay there.
    Of more than `MAX_SKIPPED` bad records only the first are told; `skipped_count` counts all.
    """

    added: int = 0
    grown: int = 0
    present: int = 0
    trashed: int = 0
    messages: int = 0
    skipped_count: int = 0
    skipped: tuple[Skipped, ...] = ()

    @property
    def next_steps(self) -> tuple[str, ...]:
        """What can be done about what was skipped, each once."""
        return tuple(dict.fromkeys(one.failure.error().next_step for one in self.skipped))


MAX_SKIPPED = 1000
