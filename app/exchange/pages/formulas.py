"""Formulas of LaTeX as MathML, which browsers lay out by themselves.

latex2mathml passes on what stands in a formula, tags and addresses among it: what it makes is read again, and
written anew with known elements and attributes alone.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

_SPACE = "{http://www.w3.org/1998/Math/MathML}"
_ELEMENTS = re.compile(
    "math|mrow|mi|mn|mo|mtext|mspace|msqrt|mroot|mfrac|msub|msup|msubsup|munder|mover|munderover|mmultiscripts|"
    "mprescripts|none|mtable|mtr|mtd|mstyle|mpadded|mphantom|menclose|mfenced"
)
_ATTRIBUTES = re.compile(
    "display|displaystyle|scriptlevel|mathvariant|stretchy|fence|form|separator|accent|accentunder|largeop|"
    "movablelimits|symmetric|lspace|rspace|minsize|maxsize|linethickness|width|height|depth|voffset|notation|"
    "open|close|separators|columnalign|rowalign|columnlines|rowlines|columnspacing|rowspacing"
)
_VALUE = re.compile(r"[\w .,%|+()\[\]{}-]*")


def mathml_of(source: str, *, display: bool) -> str | None:
    """The formula for an HTML page, its source as its alternative text; None if it cannot be laid out so."""
    from defusedxml.ElementTree import fromstring
    from latex2mathml.converter import convert

    try:
        made = fromstring(convert(source, display="block" if display else "inline"))
        return _written(made, source)
    except Exception:  # the converter raises whatever its parts do, and what it made need not be XML
        return None


def _written(root: Element, source: str) -> str | None:
    from xml.etree.ElementTree import tostring

    for element in root.iter():
        name = element.tag.removeprefix(_SPACE) if isinstance(element.tag, str) else ""
        if not _ELEMENTS.fullmatch(name) or (element.text or "").startswith("\\"):  # a command that is not known
            return None
        element.tag = name
        for key, value in list(element.items()):
            if not _ATTRIBUTES.fullmatch(key) or not _VALUE.fullmatch(value):
                del element.attrib[key]
    root.set("alttext", source)
    return tostring(root, encoding="unicode")
