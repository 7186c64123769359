"""A file that a message takes along as text, and how a model reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from app.core.sizes import format_count

_TICKS = re.compile(r"`{3,}")
_LANGUAGES = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "text/markdown": "markdown",
    "application/json": "json",
    "text/html": "html",
    "text/xml": "xml",
}


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True):
    """The text of a file; `language` is the code's, as a Markdown fence names it, and `pages` a PDF's."""

    name: str
    media_type: str
    text: str
    language: str = ""
    pages: int = 0

    @property
    def characters(self) -> int:
        """The length of the text."""
        return len(self.text)


def with_attachments(message: str, attachments: Sequence[Attachment]) -> str:
    """The user's message as the model gets it: each file under its name in a Markdown fence, then the message.

    A fence is longer than any run of backticks in its file, so that no file can end its own fence.
    """
    return "\n\n".join([*(_fenced(attachment) for attachment in attachments), *([message] if message else [])])


def _fenced(attachment: Attachment) -> str:
    longest = max((len(run) for run in _TICKS.findall(attachment.text)), default=2)
    fence = "`" * (longest + 1)
    language = attachment.language or _LANGUAGES.get(attachment.media_type, "")
    pages = f", {format_count(attachment.pages)} pages" if attachment.pages > 1 else ""
    name = " ".join(attachment.name.replace("`", "'").split())
    text = attachment.text if attachment.text.endswith("\n") else f"{attachment.text}\n"
    return f"Attached file: {name}{pages}\n{fence}{language}\n{text}{fence}"
