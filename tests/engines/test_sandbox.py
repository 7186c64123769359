"""Hostile templates end by themselves, say why, and reach nothing outside the sandbox."""

from __future__ import annotations

import threading

import pytest

from app.core.engine.messages import Message, Role
from app.core.engine.prompt_errors import TemplateFailed
from app.core.errors import Cancelled
from app.engines.templates import ChatTemplate

MESSAGES = [Message(Role.USER, "x" * 1000)]


def reason_of(source, time_limit=30):
    with pytest.raises(TemplateFailed) as caught:
        ChatTemplate("hostile", source, time_limit=time_limit).render(MESSAGES, bos="", eos="")
    assert caught.value.values["template"] == "hostile"
    return caught.value.values["reason"]


def test_what_the_template_says_is_the_reason():
    assert reason_of("{{ raise_exception('Only one message, please.') }}") == "Only one message, please"
    assert reason_of("{{ nothing.at.all }}") == "'nothing' is undefined"
    assert reason_of("{{ 1 / 0 }}") == "division by zero"
    assert "range" in reason_of("{{ range(10 ** 9)|list }}").lower()


GROW = "{% set n = namespace(v=VALUE) %}{% for i in range(99) %}{% set n.v = STEP %}{% endfor %}{{ n.v }}"
DOUBLED = GROW.replace("VALUE", "[1]").replace("STEP", "[n.v, n.v]")
TWIN = DOUBLED.replace("n.v", "t.v").replace("set n", "set t").replace("{{ t.v }}", "")
NESTED = "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}"


@pytest.mark.parametrize(
    "source",
    [
        NESTED,
        "{% macro m() %}" + NESTED + "{% endmacro %}{{ m() }}",
        "{% for a in messages[0].content %}{% for b in messages[0].content * 1000 %}{% endfor %}{% endfor %}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
        "{{ range(100000)|map('replace', '', range(9999)|join)|list }}",
        "{{ range(100000)|select('in', range(100000)|list + [-1])|map('string')|list|length }}" + NESTED,
        DOUBLED,
        DOUBLED.replace("{{ n.v }}", "{{ n.v|tojson }}"),
        DOUBLED.replace("{{ n.v }}", "{{ n.v|string }}"),
        DOUBLED.replace("{{ n.v }}", TWIN + "{{ n.v == t.v }}"),
        DOUBLED.replace("{{ n.v }}", TWIN + "{{ n.v in [t.v] }}"),
        DOUBLED.replace("{{ n.v }}", TWIN + "{{ n.v is eq t.v }}"),
        DOUBLED.replace("{{ n.v }}", TWIN + "{{ [n.v, t.v]|sort }}"),
        "{% for a in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}",
    ],
)
def test_templates_that_take_long_are_stopped(source):
    assert reason_of(source, time_limit=0.2) in ("it takes too long", "it writes too much", "it nests too deeply")


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10 ** 10 }}",
        "{{ 10 ** 10 * [1] }}",
        GROW.replace("VALUE", "'ab'").replace("STEP", "n.v ~ n.v"),
        GROW.replace("VALUE", "'ab'").replace("STEP", "n.v + n.v"),
        GROW.replace("VALUE", "'ab'").replace("STEP", "n.v|replace('a', n.v)"),
        GROW.replace("VALUE", "'ab'").replace("STEP", "n.v.replace('a', n.v)"),
        "{{ range(100000)|join('a' * 100000) }}",
        "{{ ('a' * 100000).join(range(100000)) }}",
        "{% macro m() %}{% for i in range(100000) %}" + "x" * 10000 + "{% endfor %}{% endmacro %}{{ m()|length }}",
        "{{ ('\n' * 100000)|indent('a' * 100000) }}",
    ],
)
def test_templates_that_grow_are_stopped(source):
    assert reason_of(source) == "it writes too much"


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a'.center(10 ** 9) }}",
        "{{ 'a'.zfill(10 ** 9) }}",
        "{{ '%0999999999d' % 1 }}",
        "{{ '%*d' % (10 ** 9, 1) }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ '{:{}}'.format(1, 10 ** 9) }}",
        "{{ 'a\nb'|indent(10 ** 9) }}",
        "{{ [1]|tojson(indent=10 ** 9) }}",
        "{{ strftime_now('%0999999999d') }}",
    ],
)
def test_widths_without_bound_are_refused(source):
    assert reason_of(source) == "it asks for a width that is too large"


@pytest.mark.parametrize(
    "source", ["{{ 9 ** (9 ** (9 ** 9)) }}", "{{ (2 ** 4000) * (2 ** 4000) }}", "{{ 2.0 ** 99999 }}"]
)
def test_numbers_without_bound_are_refused(source):
    assert reason_of(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ (''|attr('__class__')).__mro__ }}",
        "{{ raise_exception.__globals__['os'] }}",
        "{{ strftime_now.__globals__.datetime }}",
        "{{ self.__init__.__globals__ }}",
        "{{ '{0.__class__.__mro__}'.format('') }}",
        "{{ messages.append(1) }}",
        "{% include 'a file' %}",
        "{% import 'a file' as b %}",
    ],
)
def test_nothing_leads_out_of_the_sandbox(source):
    assert reason_of(source)


@pytest.mark.parametrize(
    "source",
    [
        "{% for %}",
        "{{ 1",
        "{% endfor %}",
        "{{ " + "(" * 5000,
        "{% if 1 %}" * 2000,
        "{{ a|nofilter }}",
        "x" * 2_000_000,
        "{% for a in b %}" * 30 + "{% endfor %}" * 30,
    ],
)
def test_what_does_not_compile_is_refused_at_once(source):
    with pytest.raises(TemplateFailed) as caught:
        ChatTemplate("broken", source)
    assert caught.value.values["template"] == "broken"
    assert caught.value.values["reason"]


def test_the_limit_works_in_any_thread():
    reasons = []
    thread = threading.Thread(target=lambda: reasons.append(reason_of(NESTED, time_limit=0.2)))
    thread.start()
    thread.join()
    assert reasons == ["it takes too long"]


def test_a_render_can_be_cancelled():
    steps = iter(range(1000))
    template = ChatTemplate("endless", NESTED, time_limit=60)
    with pytest.raises(Cancelled):
        template.render(MESSAGES, bos="", eos="", cancelled=lambda: next(steps, None) is None)
