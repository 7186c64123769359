"""Reasoning that other programs leave inside a reply's text, between think tags."""

from __future__ import annotations

_OPEN, _CLOSE = "<think>", "</think>"


def split_thinking(text: str) -> tuple[str, str]:
    """The reply, and what it begins with between think tags; a tag that is never closed is left alone."""
    start = text.lstrip()
    if not start.startswith(_OPEN) or _CLOSE not in start:
        return text, ""
    thought, _, said = start[len(_OPEN) :].partition(_CLOSE)
    return said.lstrip(), thought.strip()
