"""Parts of Markdown source that can be parsed, laid out and kept by themselves.

Window process, interface thread; pure, no Qt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from msgspec import Struct

from app.ui.markdown.block import Block, Container, Kind
from app.ui.markdown.parser import parse

# What a row of a page holds at least, where there is so much: about as much as a part of it in view.
PASSAGE_LINES = 40
PASSAGE_CHARACTERS = 1000
# A longer line ends no code, so that one whose end has not come need not be waited for.
CLOSER_LIMIT = 100
# Those of the chunks that are shown at the end of a reply while it grows.
_PARSED_KEPT = 64
_CLOSER = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*$")


class Fence(Struct, frozen=True, gc=False):
    """The opening line of a code block."""

    indent: int
    mark: str
    language: str

    def is_closed_by(self, line: str) -> bool:
        """Whether this line, complete, ends the code."""
        found = _CLOSER.match(line)
        return found is not None and found[1].startswith(self.mark) and found.end(1) <= CLOSER_LIMIT


class Chunk(Struct, frozen=True, gc=False):
    """Source that stands for itself; the garbage collector need not look at each, of which there may be thousands.

    With a `fence` the source is code without its fence lines, from `first_line` of the whole on. `prefix`
    is the head of the table that the source continues; `marker` is what a numbered item at its start bears,
    since a list counts on from its first number.
    """

    source: str = ""
    fence: Fence | None = None
    opens: bool = True
    closes: bool = True
    tight: bool = False
    continued: bool = False
    prefix: str = ""
    marker: str = ""
    first_line: int = 1

    def ended(self, source: str, *, closes: bool) -> Chunk:
        """The chunk with its source, as it is known now."""
        # A plain call: `replace` takes ten times as long, and there may be thousands of chunks.
        return Chunk(
            source,
            self.fence,
            self.opens,
            closes,
            self.tight,
            self.continued,
            self.prefix,
            self.marker,
            self.first_line,
        )

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The chunk, parsed."""
        return _parsed(self)

    def parsed(self, source: str) -> tuple[Block, ...]:
        """Parse source as if it were this chunk's."""
        if self.fence is not None:
            return (self._code(source, self.fence),)
        blocks = parse(self.prefix + source)
        if not blocks:
            return ()
        first = blocks[0]
        numbered = first.marker[:1].isdigit() and first.marker[-1:] == self.marker[-1:]
        marker = self.marker if numbered else first.marker
        in_list = first.containers[:1] == (Container.ITEM,)
        tight = self.tight if in_list else first.tight
        return (replace(first, marker=marker, apart=True, tight=tight, continued=self.continued), *blocks[1:])

    def _code(self, source: str, fence: Fence) -> Block:
        text = source[:-1] if source.endswith("\n") else source
        if fence.indent:
            text = re.sub(rf"(?m)^ {{1,{fence.indent}}}", "", text)
        return Block(
            Kind.CODE,
            text,
            language=fence.language,
            opens=self.opens,
            closes=self.closes,
            continued=not self.opens,
            first_line=self.first_line,
        )


@lru_cache(_PARSED_KEPT)
def _parsed(chunk: Chunk) -> tuple[Block, ...]:
    return chunk.parsed(chunk.source)


@dataclass(frozen=True)
class Passage:
    """Chunks that are shown together, so that a text of very many small ones does not become as many rows."""

    chunks: tuple[Chunk, ...] = ()
    source: str = ""

    @property
    def has_room(self) -> bool:
        """Whether the chunk that follows belongs here too, however long it becomes."""
        return len(self.source) < PASSAGE_CHARACTERS and self.source.count("\n") < PASSAGE_LINES

    def followed_by(self, chunk: Chunk) -> Passage:
        """The passage with one chunk more."""
        return Passage((*self.chunks, chunk), self.source + chunk.source)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The chunks, parsed."""
        return tuple(block for chunk in self.chunks for block in chunk.blocks)
