"""The active path as one HTML file that needs nothing else, light or dark as the reader's system is."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from app.core.engine.messages import Role
from app.exchange.pages.body import body_of, direction_of
from app.exchange.pages.formulas import mathml_of
from app.exchange.pages.words import facts_of, speaker_of, title_of
from app.exchange.portable import PortableConversation, PortableMessage

_STYLE = """
:root { color-scheme: light dark; --page: #fbfaf8; --surface: #fff; --border: #e4e0d9; --text: #1f1d1a;
  --muted: #6b6761; --accent: #3868ab; --user: #ece8e1; --code: #f3f1ed; --keyword: #8b3fa0; --string: #2b7348;
  --comment: #6b6761; --number: #945a0c; --function: #2f62a8; }
@media (prefers-color-scheme: dark) { :root { --page: #1b1a19; --surface: #232220; --border: #3a3835;
  --text: #e8e5e0; --muted: #a39e96; --accent: #8ab4f0; --user: #2e2b28; --code: #151413; --keyword: #d3a0e6;
  --string: #8fd0a8; --comment: #a39e96; --number: #e0ae68; --function: #93bdf5; } }
* { box-sizing: border-box; scrollbar-width: thin; scrollbar-color: var(--muted) transparent; }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1rem 4rem; background: var(--page); color: var(--text);
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.3; }
article { margin: 2rem 0; }
article.user { background: var(--user); border-radius: 12px; padding: .75rem 1rem 1rem; }
article > :last-child { margin-bottom: 0; }
article h1, article h2, article h3 { margin: 1.5em 0 .5em; line-height: 1.35; }
article h1 { font-size: 1.35rem; }
article h2 { font-size: 1.2rem; }
article h3, article h4, article h5, article h6 { font-size: 1.05rem; }
header { font-weight: 600; margin-bottom: .25rem; }
header + * { margin-top: 0; }
header time { color: var(--muted); font-weight: 400; font-size: .85rem; margin-left: .5rem; }
p, li, h1, h2, h3, h4, h5, h6, th, td { unicode-bidi: plaintext; text-align: start; }
li { margin: .25rem 0; }
li.task { list-style: none; text-indent: -1.35em; }
li.task > * { text-indent: 0; }
a { color: var(--accent); }
hr { border: 0; border-top: 1px solid var(--border); margin: 1.5rem 0; }
sup { color: var(--accent); line-height: 0; }
pre, code { font-family: ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; }
code { background: var(--code); border-radius: 4px; padding: .1em .3em; }
article.user code { background: var(--page); }
pre { background: var(--code); border: 1px solid var(--border); border-radius: 12px; padding: .75rem 1rem;
  overflow-x: auto; direction: ltr; line-height: 1.5; }
pre code, article.user pre code { background: none; padding: 0; font-size: inherit; }
.formula { text-align: center; margin: 1em 0; overflow: auto hidden; }
blockquote { border-inline-start: 3px solid var(--border); margin-inline: 0; padding-inline-start: 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--border); padding: .35rem .75rem; vertical-align: top; }
th { background: var(--code); font-weight: 600; white-space: nowrap; }
td.long { min-width: 14rem; }
details { color: var(--muted); border-inline-start: 3px solid var(--border); padding-inline-start: 1rem;
  margin: .5rem 0 1rem; }
summary { cursor: pointer; }
.k, .kc, .kd, .kn, .kp, .kr, .kt, .ow, .nt { color: var(--keyword); }
.s, .s1, .s2, .sa, .sb, .sc, .sd, .se, .sh, .si, .sr, .ss, .sx { color: var(--string); }
.c, .c1, .ch, .cm, .cp, .cpf, .cs { color: var(--comment); }
.m, .mb, .mf, .mh, .mi, .mo, .il { color: var(--number); }
.nf, .fm, .nc, .nb, .nd { color: var(--function); }
@media print { article { break-inside: auto; } pre { white-space: pre-wrap; } }
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html_of(conversation: PortableConversation) -> Iterator[str]:
    """The document, piece by piece."""
    title = escape(title_of(conversation))
    direction = direction_of(title) or "ltr"
    yield (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1 dir="{direction}">{title}</h1>\n'
    )
    for message in conversation.active_path():
        yield _article(message)
    yield "</body>\n</html>\n"


def _article(message: PortableMessage) -> str:
    kind = "user" if message.role is Role.USER else "system" if message.role is Role.SYSTEM else "reply"
    reasoning = ""
    if message.reasoning:
        reasoning = f"<details><summary>Reasoning</summary>\n{body_of(message.reasoning, mathml_of)}</details>\n"
    facts = f"<time>{escape(facts_of(message))}</time>" if facts_of(message) else ""
    return (
        f'<article class="{kind}">\n<header>{escape(speaker_of(message))}{facts}</header>\n'
        f"{reasoning}{body_of(message.text, mathml_of)}</article>\n"
    )
