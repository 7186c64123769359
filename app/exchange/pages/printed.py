"""The active path in the HTML that Qt's rich text knows, to be laid out on the pages of a PDF.

Its pixels are the printer's, 720 to an inch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from app.core.engine.messages import Role
from app.exchange.pages.body import LayOut, body_of, direction_of
from app.exchange.pages.words import facts_of, speaker_of, title_of
from app.exchange.portable import PortableConversation, PortableMessage

_STYLE = """
body { color: #1f1d1a; }
h1 { font-size: 17pt; }
p.speaker { font-weight: 600; margin-top: 4pt; margin-bottom: 2pt; }
span.facts { color: #6e6a63; font-weight: 400; }
a { color: #3b6fb6; }
pre { white-space: pre-wrap; font-family: monospace; font-size: 9pt; }
code { font-family: monospace; font-size: 9pt; }
div.formula { text-align: center; margin-top: 6px; margin-bottom: 6px; }
div.reasoning, blockquote { color: #6e6a63; margin-left: 140px; }
.k, .kc, .kd, .kn, .kp, .kr, .kt, .ow, .nt { color: #8b3fa0; }
.s, .s1, .s2, .sa, .sb, .sc, .sd, .se, .sh, .si, .sr, .ss, .sx { color: #2b7348; }
.c, .c1, .ch, .cm, .cp, .cpf, .cs { color: #6e6a63; }
.m, .mb, .mf, .mh, .mi, .mo, .il { color: #945a0c; }
.nf, .fm, .nc, .nb, .nd { color: #2f62a8; }
"""

_CODE = re.compile(r"<pre>(.*?)\n?((?:</code>)?)</pre>", re.DOTALL)
_GAP = '<p style="margin-top: 0; margin-bottom: 0; font-size: 5pt"><br></p>'  # Qt gives tables no margins
_BOX = (
    f'{_GAP}<table width="100%" cellpadding="6" bgcolor="#f3f1ed">'
    rf"<tr><td><pre>\1\2</pre></td></tr></table>{_GAP}"
)
_HEADING = re.compile("<(/?)h([1-6])")
_TABLE = re.compile('<table( dir="[a-z]+")?>')
_GRID = rf'{_GAP}<table\1 border="1" cellspacing="0" cellpadding="4" style="border-collapse: collapse">'


def printed_of(conversation: PortableConversation, lay_out: LayOut) -> Iterator[str]:
    """The document, piece by piece; `lay_out` makes images of formulas."""
    title = escape(title_of(conversation))
    direction = direction_of(title) or "ltr"
    yield f'<html><head><meta charset="utf-8"><style>{_STYLE}</style></head><body><h1 dir="{direction}">{title}</h1>\n'
    for message in conversation.active_path():
        yield _block(message, lay_out)
    yield "</body></html>\n"


def _block(message: PortableMessage, lay_out: LayOut) -> str:
    facts = f' <span class="facts"> {escape(facts_of(message))}</span>' if facts_of(message) else ""
    reasoning = f'<div class="reasoning">{_body(message.reasoning, lay_out)}</div>' if message.reasoning else ""
    inside = f'<p class="speaker">{escape(speaker_of(message))}{facts}</p>{reasoning}{_body(message.text, lay_out)}'
    if message.role is not Role.USER:
        return inside
    return f'{_GAP}<table width="100%" cellpadding="8" bgcolor="#ece8e1"><tr><td>{inside}</td></tr></table>{_GAP}\n'


def _body(text: str, lay_out: LayOut) -> str:
    """The text; its headings are smaller than the conversation's own."""
    smaller = _HEADING.sub(lambda tag: f"<{tag[1]}h{min(int(tag[2]) + 2, 6)}", body_of(text, lay_out))
    return _CODE.sub(_BOX, _TABLE.sub(_GRID, smaller))
