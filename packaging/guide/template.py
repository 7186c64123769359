"""The chat template: the form of a conversation in which the Guide learns and in which every program asks it.

What a user wrote is shown in small letters and, if it is long, by its beginning and end only: so a message of any
length costs little, and no message can spell a control token, whose names have capital letters. A word said again and
again is shown once, and a word without end by its beginning, for nobody asks like that.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from string import Template

SYSTEM, USER, GUIDE, END = "<|SYSTEM|>", "<|USER|>", "<|GUIDE|>", "<|END|>"
CONTROL_TOKENS = (END, SYSTEM, USER, GUIDE)
LONGEST, HEAD, TAIL = 400, 300, 96
"""Characters: of a message that is shown whole; of the beginning and the end of a longer one."""
LONGEST_WORD = 48
"""Characters of a word that is shown whole."""

CHAT_TEMPLATE = Template(
    """\
{%- macro shown(text) -%}
{%- set text = text if text|length <= $longest else text[:$head] ~ ' … ' ~ text[-$tail:] -%}
{%- set kept = namespace(words=[]) -%}
{%- for word in (text|lower).split() -%}
{%- if word != loop.previtem -%}{%- set kept.words = kept.words + [word[:$word]] -%}{%- endif -%}
{%- endfor -%}
{{- ' ' ~ kept.words|join(' ') -}}
{%- endmacro -%}
{%- for message in messages -%}
{%- if message.role == 'system' -%}
{{- '$system' ~ shown(message.content) ~ '$end' -}}
{%- elif loop.revindex <= (3 if add_generation_prompt else 4) -%}
{%- if message.role == 'assistant' -%}
{{- '$guide' ~ message.content ~ '$end' -}}
{%- else -%}
{{- '$user' ~ shown(message.content) ~ '$end' -}}
{%- endif -%}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '$guide' -}}{%- endif -%}
"""
).substitute(longest=LONGEST, head=HEAD, tail=TAIL, word=LONGEST_WORD, system=SYSTEM, user=USER, guide=GUIDE, end=END)
"""In Jinja; of the turns only the last two are shown, for a second question may lean on the first, but no more."""


def subject_token(name: str) -> str:
    """The control token with which a reply about this subject begins; programs do not show it."""
    return f"<|{name.upper()}|>"


def shown(message: str) -> str:
    """What the template shows of a message."""
    text = message if len(message) <= LONGEST else f"{message[:HEAD]} … {message[-TAIL:]}"
    return " " + " ".join(word[:LONGEST_WORD] for word, _ in groupby(text.lower().split()))


def prompt(turns: Sequence[tuple[str, str]], question: str, system: str = "") -> str:
    """What the template makes of `turns`, questions with their answers, and a question."""
    head = f"{SYSTEM}{shown(system)}{END}" if system else ""
    past = "".join(f"{USER}{shown(asked)}{END}{GUIDE}{said}{END}" for asked, said in turns[-1:])
    return f"{head}{past}{USER}{shown(question)}{END}{GUIDE}"
