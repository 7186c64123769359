"""Formulas as pictures beside a page: files with what the typesetting child made of them, which the page names."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from itertools import count
from pathlib import Path

import msgspec

from app.core.chat.typeset_frames import Drawn, Formula


class FormulaPictures:
    """The pictures of one page, in its folder."""

    def __init__(self, draw: Callable[[Formula], Drawn | None], folder: Path) -> None:
        self._draw = draw
        self._folder = folder
        self._numbers = count(1)

    def __call__(self, source: str, *, display: bool) -> str | None:
        """An image that names the picture's file; None if the formula cannot be drawn."""
        drawn = self._draw(Formula(source, display))
        if drawn is None:
            return None
        path = self._folder / f"formula-{next(self._numbers)}.json"
        path.write_bytes(msgspec.json.encode(drawn))
        return f'<img src="{path.name}" alt="{escape(source)}">'
