"""From a model card's `prompt_template` to a Jinja chat template; pure, runs in any process.

A card shows one turn, with `{prompt}` where the user's message goes and, mostly, `{system_message}`. What surrounds
them is taken apart into the beginnings and ends of each role, of which any conversation can be made.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

_PROMPT, _SYSTEM = "{prompt}", "{system_message}"
_SYS_OPEN, _SYS_CLOSE, _INST_CLOSE = "<<SYS>>", "<</SYS>>", "[/INST]"
_FIRST_TOKENS = ("<s>", "<bos>", "<|begin_of_text|>")
"""Tokenizing puts it there by itself."""
_MAX_CHARS = 64 * 1024
_ROLE_AFTER_SENTENCE = re.compile(r"(.*[.!?])(\s+)([A-Z][A-Za-z ]*:\s*)", re.DOTALL)
_END_OF_SECTION = re.compile(r"[^\n]*\n+|\s+", re.DOTALL)


@dataclass(frozen=True)
class PromptForm:
    """How each role is written; `system` is what stands there if the conversation has no system message.

    With `is_nested` the system section stands within the first user section, as Llama 2 has it. `turn_end` follows
    a reply.
    """

    system_begin: str = ""
    system_end: str = ""
    user_begin: str = ""
    user_end: str = ""
    assistant_begin: str = ""
    turn_end: str = ""
    system: str = ""
    is_nested: bool = False


def chat_template_of(prompt_template: str) -> str | None:
    """A Jinja template of a card's prompt template, or None if it has no place for a prompt."""
    form = read_form(prompt_template)
    return None if form is None else jinja_of(form)


def read_form(prompt_template: str) -> PromptForm | None:
    """Take a card's prompt template apart; None if it has no place for a prompt, or several."""
    text = prompt_template.replace("\r\n", "\n")[:_MAX_CHARS]
    if text.count(_PROMPT) != 1:
        return None
    for token in _FIRST_TOKENS:
        text = text.removeprefix(token)
    head, tail = text.split(_PROMPT)
    if _SYSTEM in tail or head.count(_SYSTEM) > 1:
        return None
    form = _with_tail(PromptForm(), tail)
    if _SYS_OPEN in head and _SYS_CLOSE in head:
        return _nested(form, head)
    if _SYSTEM in head:
        begin, middle = head.split(_SYSTEM)
        end, user = _split(middle)
        return replace(form, system_begin=begin, system_end=end, user_begin=user)
    preamble, paragraph, user = head.rpartition("\n\n")
    if paragraph:
        return replace(form, system=preamble, system_end=paragraph, user_begin=user)
    if found := _ROLE_AFTER_SENTENCE.fullmatch(head):
        preamble, space, user = found.groups()
        return replace(form, system=preamble, system_end=space, user_begin=user)
    preamble, line, user = head.rpartition("\n")
    looks_like_a_role = len(preamble) < 40 or not line
    if looks_like_a_role:
        return replace(form, system_end="\n\n", user_begin=head)
    return replace(form, system=preamble, system_end=line, user_begin=user)


def jinja_of(form: PromptForm) -> str:
    """A template of these sections; it begins without the vocabulary's first token, which tokenizing adds."""
    q = _quoted
    system = f"{q(form.system_begin)} + system + {q(form.system_end)}"
    return (
        f"{{%- set turns = namespace(some=false, system={q(form.system)}) -%}}"
        "{%- for message in messages -%}"
        "{%- if message.role == 'system' -%}{%- set turns.system = message.content -%}"
        "{%- elif message.role == 'assistant' -%}"
        f"{{{{- {q(_spaced(form.assistant_begin))} + message.content|trim + {q(form.turn_end)}{_eos(form)} -}}}}"
        "{%- else -%}"
        "{%- set system = turns.system if not turns.some else '' -%}"
        + _opening(form, system)
        + "{%- set turns.some = true -%}"
        f"{{{{- message.content + {q(form.user_end)} -}}}}"
        "{%- endif -%}{%- endfor -%}"
        f"{{%- if add_generation_prompt -%}}{{{{- {q(form.assistant_begin.rstrip(' '))} -}}}}{{%- endif -%}}"
    )


def _opening(form: PromptForm, system: str) -> str:
    shown = f"{{%- if system -%}}{{{{- {system} -}}}}{{%- endif -%}}"
    begin = f"{{{{- {_quoted(form.user_begin)} -}}}}"
    if not form.is_nested:
        return shown + begin
    again = "{%- if turns.some -%}{{- bos_token -}}{%- endif -%}"
    return again + begin + shown


def _eos(form: PromptForm) -> str:
    """A reply ends as the roles' own marks end, or with the vocabulary's last token."""
    return "" if "<|im_end|>" in form.turn_end else " + eos_token + " + _quoted(_breaks(form))


def _spaced(mark: str) -> str:
    """What comes before a reply that was written: models put the space there themselves."""
    return mark if mark[-1:].isspace() else f"{mark} "


def _breaks(form: PromptForm) -> str:
    """What separates a reply from the next message."""
    return "" if form.is_nested else form.user_end[len(form.user_end.rstrip("\n")) :] or " "


def _with_tail(form: PromptForm, tail: str) -> PromptForm:
    if _INST_CLOSE in tail:
        end = tail[: tail.index(_INST_CLOSE) + len(_INST_CLOSE)]
        return replace(form, user_end=end, assistant_begin=" ", is_nested=True)
    end, assistant = _split(tail)
    return replace(form, user_end=end, assistant_begin=assistant, turn_end=end if "<|im_end|>" in end else "")


def _nested(form: PromptForm, head: str) -> PromptForm:
    user, _, rest = head.partition(_SYS_OPEN)
    system, _, after = rest.partition(_SYS_CLOSE)
    begin, end = _SYS_OPEN + "\n", "\n" + _SYS_CLOSE + after
    stated = "" if _SYSTEM in system else system.strip("\n")
    return replace(form, user_begin=user, system_begin=begin, system_end=end, system=stated, is_nested=True)


def _split(text: str) -> tuple[str, str]:
    """The end of one section and the beginning of the next."""
    found = _END_OF_SECTION.match(text)
    end = found[0] if found else ""
    return end, text[len(end) :]


def _quoted(text: str) -> str:
    """As a string of Jinja."""
    return json.dumps(text, ensure_ascii=False)
