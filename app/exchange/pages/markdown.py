"""The active path as Markdown: headings for the speakers, texts as they are, reasoning as a quote."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.exchange.pages.words import facts_of, speaker_of, title_of
from app.exchange.portable import PortableConversation, PortableMessage

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_SPECIAL = re.compile(r"([\\`*_\[\]<>#])")


def markdown_of(conversation: PortableConversation) -> Iterator[str]:
    """The document, piece by piece."""
    yield f"# {_escaped(title_of(conversation))}\n"
    for message in conversation.active_path():
        yield _message(message)


def closed(text: str) -> str:
    """The text with its last code fence closed, so that what follows is no code."""
    fence = ""
    for line in text.splitlines():
        found = _FENCE.match(line)
        if found is None:
            continue
        mark, rest = found.groups()
        if not fence:
            fence = mark if mark[0] == "~" or "`" not in rest else ""
        elif mark[0] == fence[0] and len(mark) >= len(fence) and not rest.strip():
            fence = ""
    return f"{text.rstrip()}\n{fence}" if fence else text


def _message(message: PortableMessage) -> str:
    facts = facts_of(message)
    parts = [f"\n## {_escaped(speaker_of(message))}"]
    if facts:
        parts.append(f"*{facts}*")
    if message.reasoning:
        quoted = "\n".join(f"> {line}".rstrip() for line in closed(message.reasoning).splitlines())
        parts.append(f"> **Reasoning**\n>\n{quoted}")
    if message.text:
        parts.append(closed(message.text).rstrip("\n"))
    return "\n\n".join(parts) + "\n"


def _escaped(line: str) -> str:
    return _SPECIAL.sub(r"\\\1", line)
