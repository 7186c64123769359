"""A file that a message takes along as text, and how a model reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from app.core.sizes import format_count

_TICKS = re.compile(r"`{3,}")
_HEAD = re.compile(r"Attached file: ([^\n]*?)(?:, (\d[\d.,\s]*) pages)?\n(`{3,})([^\n`]*)\n")
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
    """The user's message as the model gets it: each file under its name in a Markdown fence, then the message."""
    return "\n\n".join([*map(_under_its_name, attachments), *([message] if message else [])])


def fenced(text: str, language: str = "") -> str:
    """The text in a Markdown fence that nothing in it can end."""
    longest = max((len(run) for run in _TICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    end = "" if text.endswith("\n") else "\n"
    return f"{fence}{language}\n{text}{end}{fence}"


def split_attachments(text: str) -> tuple[list[Attachment], str]:
    """What `with_attachments` put together: the files, whose media types are not told, and the message."""
    found: list[Attachment] = []
    at = 0
    while head := _HEAD.match(text, at):
        name, pages, fence, language = head.groups()
        end = text.find(f"\n{fence}", head.end() - 1)
        after = end + 1 + len(fence)
        if end < 0 or (after < len(text) and not text.startswith("\n\n", after)):
            break
        number = int("".join(filter(str.isdigit, pages))) if pages else 0
        found.append(Attachment(name, "", text[head.end() : end + 1], language, number))
        at = after + 2
    return found, text[at:]


def shortened(
    message: str, attachments: Sequence[Attachment], share: float, ending: str
) -> tuple[str, list[Attachment], str]:
    """Keep about a share (0 to 1) of the characters, cut from the end: of the files first, the last one before all.

    `ending` is put behind the name of a file of which only the beginning is left.

    Returns:
        The message, the files, and what was cut off the message.
    """
    excess = round((len(message) + sum(one.characters for one in attachments)) * (1 - share))
    kept = list(attachments)
    while kept and excess > 0:
        last = kept.pop()
        left = last.characters - excess
        excess -= last.characters
        if left > 0:
            name = last.name if last.name.endswith(ending) else last.name + ending
            kept.append(msgspec.structs.replace(last, name=name, text=last.text[:left]))
    place = len(message) - max(excess, 0)
    return message[:place], kept, message[place:]


def _under_its_name(attachment: Attachment) -> str:
    pages = f", {format_count(attachment.pages)} pages" if attachment.pages > 1 else ""
    name = " ".join(attachment.name.replace("`", "'").split())
    language = attachment.language or _LANGUAGES.get(attachment.media_type, "")
    return f"Attached file: {name}{pages}\n{fenced(attachment.text, language)}"
