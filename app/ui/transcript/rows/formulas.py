"""The formulas in a row of text: asked for once, then drawn, or spelled out where they cannot be.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from app.core.chat.typeset_frames import Drawn, Formula, Tinted
from app.ui.markdown.block import Block
from app.ui.markdown.formulas import formulas_of, spelled_out
from app.ui.transcript.blocks.picture import Picture
from app.ui.transcript.typesetting import Typeset


class RowFormulas:
    """What is known of each."""

    def __init__(self) -> None:
        self._pictures: dict[Formula, Picture] = {}
        self._broken: set[Formula] = set()
        self._asking = False

    def shown(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        """The blocks, with formulas that cannot be drawn as their source."""
        return tuple(spelled_out(block, self._broken) for block in blocks) if self._broken else blocks

    def ask(self, blocks: Iterable[Block], typeset: Typeset, changed: Callable[[], None]) -> None:
        """Have those drawn that are new; `changed` is called when one of them comes later.

        It is not kept: a row and its formulas that knew each other would stay in memory until Python looks for cycles.
        """
        self._asking = True
        for block in blocks:
            for formula in formulas_of(block):
                if formula not in self._pictures:
                    self._pictures[formula] = Picture.awaited(formula)
                    typeset(formula, partial(self._take, formula, changed))
        self._asking = False

    def _take(self, formula: Formula, changed: Callable[[], None], result: Tinted | Drawn | None) -> None:
        if isinstance(result, Drawn):
            self._pictures[formula] = Picture.of(result)
        else:
            self._broken.add(formula)
        if not self._asking:
            changed()

    def pictures_in(self, block: Block) -> Mapping[str, Picture]:
        """Those of one block, by their source."""
        return {formula.source: self._pictures[formula] for formula in formulas_of(block)}
