"""Characters that a server sends in halves: JSON can name each half of an emoji by itself; pure."""

from __future__ import annotations

import re

_HALF = re.compile("[\ud800-\udfff]")
_FIRST_HALF = re.compile("[\ud800-\udbff]$")
_IN_HALVES = "utf-16-le"


class Halves:
    """Joins them over the pieces of a text; a half that stays alone becomes U+FFFD."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """The text that is whole now."""
        text, self._held = self._held + text, ""
        if _HALF.search(text) is None:
            return text
        if _FIRST_HALF.search(text):
            text, self._held = text[:-1], text[-1]
        return text.encode(_IN_HALVES, "surrogatepass").decode(_IN_HALVES, "replace")

    def finish(self) -> str:
        """What was held back, now that no more comes."""
        held, self._held = self._held, ""
        return "\ufffd" if held else ""
