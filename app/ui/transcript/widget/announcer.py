"""Says the sentences of a reply to a screen reader as they are finished.

Window process, interface thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

_SENTENCE = re.compile(r"(?:[.!?…。！？]+[\"'”’)\]*_`]*(?=\s)|\n)\s*")
_MARKUP = re.compile(r"[*_`~#|\\$]+|^\s*(?:[-+>]\s+)+", re.MULTILINE)


class Announcer:
    """Gathers text until a sentence is whole; code is announced by one word, not read out."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._text = ""
        self._in_code = False

    def add(self, text: str) -> None:
        """Text has come."""
        self._text += text
        while (end := _SENTENCE.search(self._text)) is not None:
            sentence, self._text = self._text[: end.end()], self._text[end.end() :]
            self._tell(sentence)

    def finish(self) -> None:
        """The reply is whole: say the rest."""
        rest, self._text = self._text, ""
        self._tell(rest)
        self._in_code = False

    def _tell(self, sentence: str) -> None:
        if sentence.lstrip().startswith(("```", "~~~")):
            self._in_code = not self._in_code
            if self._in_code:
                self._say("Code")
            return
        plain = " ".join(_MARKUP.sub("", sentence).split())
        if plain and not self._in_code:
            self._say(plain)


def announce(widget: QObject, text: str) -> None:
    """Have the screen reader say it when it has finished what it says now."""
    event = QAccessibleAnnouncementEvent(widget, text)
    event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
    QAccessible.updateAccessibility(event)
