"""LaTeX formulas as pictures, by ziamath; typesetting child.

A formula can be such that ziamath takes time exponential in its nesting (fifteen roots in one
another take 18 s) or exhausts the stack: this must be run where it can be killed.
"""

from __future__ import annotations

import re

from ziafont.config import config
from ziamath.zmath import Latex

from app.core.chat.typeset_errors import FormulaBroken
from app.core.chat.typeset_frames import Drawn, Formula

_EM = 32.0
"""The size formulas are drawn in, in SVG's units; the window scales them."""

# Alone, it would be an operator, with a gap before what is written at its foot.
_NABLA = re.compile(r"\\nabla(?![a-zA-Z])")


def draw(number: int, formula: Formula) -> Drawn:
    """Draw a formula, as the answer to the question of this number.

    Raises:
        FormulaBroken: it is not a formula, or one that ziamath does not know how to draw.
    """
    config.svg2 = False  # QtSvg knows neither symbols nor their use
    try:
        source = _NABLA.sub(r"{\\nabla}", formula.source)
        made = Latex(source, size=_EM, inline=not formula.display, color="currentColor")
        svg = made.svg()
        (width, height), depth = made.getsize(), -made.getyofst()
    except Exception as error:  # the library raises whatever its parts do
        raise FormulaBroken(str(error)) from None
    if not width > 0 or not height > 0:
        raise FormulaBroken("empty")
    return Drawn(number, svg, width / _EM, height / _EM, depth / _EM)
