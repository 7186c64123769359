"""What the window asks of the typesetting child, and what it answers."""

from __future__ import annotations

import msgspec


class Code(msgspec.Struct, frozen=True, tag_field="type", tag="code"):
    """Code to be coloured, in the language its fence names."""

    text: str
    language: str


class Formula(msgspec.Struct, frozen=True, tag_field="type", tag="formula"):
    """A formula in LaTeX's notation; a displayed one is set larger."""

    source: str
    display: bool = False


Work = Code | Formula


class Typeset(msgspec.Struct, frozen=True, tag_field="type", tag="typeset"):
    """Do one piece of work; `Tinted`, `Drawn` or `Failed` follows."""

    id: int
    work: Work


class Tint(msgspec.Struct, frozen=True, array_like=True):
    """`code[start:end]` is painted in the theme's token of this name."""

    start: int
    end: int
    token: str


class Tinted(msgspec.Struct, frozen=True, tag_field="type", tag="tinted"):
    """The coloured stretches of code in order; what its language is called, nothing if it is unknown, and its files."""

    id: int
    tints: tuple[Tint, ...]
    language: str
    suffix: str = ""


class Drawn(msgspec.Struct, frozen=True, tag_field="type", tag="drawn"):
    """A formula as SVG that paints with `currentColor`; lengths in em, `depth` being what hangs below the baseline."""

    id: int
    svg: str
    width: float
    height: float
    depth: float


FORMULA_SIZE = 1.12
"""How much larger than the text around it a formula is shown: its typeface is smaller on its body."""

TypesetCommand = Typeset
TypesetEvent = Tinted | Drawn
