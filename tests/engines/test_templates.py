"""Chat templates: the fallbacks letter by letter, templates of the shapes models ship, and their choice."""

from __future__ import annotations

import datetime
import threading

import pytest

from app.core.engine.messages import Message, Role
from app.core.engine.prompt_errors import TemplateFailed
from app.core.engine.templates import OWN_TEMPLATE, UnknownTemplate, shipped_names
from app.engines.template_choice import choose_template, compiled, named_text
from app.engines.templates import ChatTemplate

SYSTEM, USER, ASSISTANT = Role.SYSTEM, Role.USER, Role.ASSISTANT

HI = Message(USER, "Hi")
NO_SYSTEM = [HI]
WITH_SYSTEM = [Message(SYSTEM, "Be kind."), HI]
TWO_TURNS = [*WITH_SYSTEM, Message(ASSISTANT, "Hello!"), Message(USER, "Bye")]
CONTINUED = [HI, Message(ASSISTANT, "Hello, I ")]
EMPTY_SYSTEM = [Message(SYSTEM, ""), HI]

ALPACA_INTRO = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
)
ALPACA_HI = "### Instruction:\nHi\n\n### Response:\n"
CHATML_HI = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
CHATML_SYSTEM = "<|im_start|>system\nBe kind.<|im_end|>\n"
LLAMA_3_HI = "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
LLAMA_3_BYE = LLAMA_3_HI.replace("Hi", "Bye")
LLAMA_3_SYSTEM = "<|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|>"
GEMMA_HI = "<s><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n"
GEMMA_KIND = "<s><start_of_turn>user\nBe kind.\n\nHi<end_of_turn>\n<start_of_turn>model\n"
LLAMA_2_KIND = "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHi [/INST]"

GOLDEN = {
    "alpaca": (
        ALPACA_INTRO + ALPACA_HI,
        "Be kind.\n\n" + ALPACA_HI,
        "Be kind.\n\n" + ALPACA_HI + "Hello!</s>\n\n### Instruction:\nBye\n\n### Response:\n",
        ALPACA_INTRO + ALPACA_HI + "Hello, I ",
    ),
    "chatml": (
        CHATML_HI,
        CHATML_SYSTEM + CHATML_HI,
        CHATML_SYSTEM + CHATML_HI + "Hello!<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n",
        CHATML_HI + "Hello, I ",
    ),
    "gemma": (
        GEMMA_HI,
        GEMMA_KIND,
        GEMMA_KIND + "Hello!<end_of_turn>\n<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n",
        GEMMA_HI + "Hello, I ",
    ),
    "llama-2": (
        "<s>[INST] Hi [/INST]",
        LLAMA_2_KIND,
        LLAMA_2_KIND + " Hello! </s><s>[INST] Bye [/INST]",
        "<s>[INST] Hi [/INST] Hello, I ",
    ),
    "llama-3": (
        "<s>" + LLAMA_3_HI,
        "<s>" + LLAMA_3_SYSTEM + LLAMA_3_HI,
        "<s>" + LLAMA_3_SYSTEM + LLAMA_3_HI + "Hello!<|eot_id|>" + LLAMA_3_BYE,
        "<s>" + LLAMA_3_HI + "Hello, I ",
    ),
    "mistral": (
        "<s>[INST] Hi [/INST]",
        "<s>[INST] Be kind.\n\nHi [/INST]",
        "<s>[INST] Be kind.\n\nHi [/INST] Hello!</s>[INST] Bye [/INST]",
        "<s>[INST] Hi [/INST] Hello, I ",
    ),
    "orca-hashes": (
        "### User:\nHi\n\n### Assistant:\n",
        "### System:\nBe kind.\n\n### User:\nHi\n\n### Assistant:\n",
        "### System:\nBe kind.\n\n### User:\nHi\n\n### Assistant:\nHello!</s>\n\n### User:\nBye\n\n### Assistant:\n",
        "### User:\nHi\n\n### Assistant:\nHello, I ",
    ),
    "vicuna": (
        "USER: Hi\nASSISTANT:",
        "SYSTEM: Be kind.\nUSER: Hi\nASSISTANT:",
        "SYSTEM: Be kind.\nUSER: Hi\nASSISTANT: Hello!</s>\nUSER: Bye\nASSISTANT:",
        "USER: Hi\nASSISTANT: Hello, I ",
    ),
}


def fallback(name):
    return compiled(named_text(name))


def render(template, messages, **options):
    return template.render(messages, bos="<s>", eos="</s>", **options)


@pytest.mark.parametrize("name", shipped_names())
def test_fallbacks_letter_by_letter(name):
    template = fallback(name)
    no_system, with_system, two_turns, continued = GOLDEN[name]
    assert render(template, NO_SYSTEM) == no_system
    assert render(template, WITH_SYSTEM) == with_system
    assert render(template, TWO_TURNS) == two_turns
    assert render(template, CONTINUED, continue_last=True) == continued
    assert render(template, EMPTY_SYSTEM) == no_system
    assert not template.folds_system
    assert template.stops


@pytest.mark.parametrize("name", shipped_names())
def test_a_second_turn_begins_with_the_first_turns_prompt(name):
    template = fallback(name)
    assert render(template, TWO_TURNS).startswith(render(template, WITH_SYSTEM))


@pytest.mark.parametrize("name", ["alpaca", "orca-hashes", "vicuna"])
def test_a_stop_of_a_textual_fallback_begins_the_next_turn(name):
    text = render(fallback(name), [*TWO_TURNS, Message(ASSISTANT, "x"), HI])
    assert fallback(name).stops[0] in text


def test_an_unknown_fallback_is_refused_with_the_known_names():
    with pytest.raises(UnknownTemplate, match="chatml, gemma"):
        fallback("nonsense")


def choose(own=None, requested="", architecture="llama", special_tokens=("<s>", "</s>"), name="a model"):
    return choose_template(
        own=own, requested=requested, architecture=architecture, special_tokens=special_tokens, name=name
    )


def test_the_users_choice_comes_first_then_the_models_own():
    assert choose(own="{{ 1 }}", requested="vicuna").name == "vicuna"
    own = choose(own="{{ 1 }}")
    assert (own.name, own.stops) == (OWN_TEMPLATE, ())
    with pytest.raises(UnknownTemplate):
        choose(own="{{ 1 }}", requested="nonsense")


@pytest.mark.parametrize(
    ("expected", "evidence"),
    [
        ("chatml", {"special_tokens": {"<s>", "<|im_start|>", "<|im_end|>"}}),
        ("llama-3", {"special_tokens": {"<|start_header_id|>"}}),
        ("gemma", {"special_tokens": {"<start_of_turn>"}, "architecture": "gemma3"}),
        ("mistral", {"special_tokens": {"<s>", "[INST]"}}),
        ("vicuna", {"name": "Vicuna 13B v1.5"}),
        ("orca-hashes", {"name": "Orca Mini 3B"}),
        ("alpaca", {"name": "Chinese-Alpaca"}),
        ("mistral", {"name": "Mixtral 8x7B"}),
        ("llama-2", {"name": "Llama 2 7B"}),
        ("chatml", {"architecture": "phi2", "special_tokens": {"<|endoftext|>"}}),
    ],
)
def test_a_model_without_a_template_gets_the_likeliest(expected, evidence):
    assert choose(**evidence).name == expected
    assert choose(own="", **evidence).name == expected


def test_a_template_that_does_not_parse_is_named():
    with pytest.raises(TemplateFailed) as caught:
        choose(own="{% if messages %}\n{% for %}")
    assert caught.value.values["template"] == OWN_TEMPLATE
    assert caught.value.values["reason"].startswith("line 2:")


LLAMA_3_SHAPE = """{{- bos_token }}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}{{- "Tools!" }}{%- endif %}
{{- "Today: " + strftime_now("%Y") + "\\n" + system_message + "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}"""

QWEN_SHAPE = """{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {{- '<|im_start|>assistant\\n' }}
        {%- if loop.last and message.reasoning_content is string %}
            {{- '<think>\\n' + message.reasoning_content.strip('\\n') + '\\n</think>\\n\\n' }}
        {%- endif %}
        {{- message.content.split('</think>')[-1].lstrip('\\n') + '<|im_end|>\\n' }}
        {%- continue %}
    {%- endif %}
    {{- '<|im_start|>' ~ message.role ~ '\\n' ~ message.content ~ '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}"""

GEMMA_SHAPE = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
{%- for message in messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Conversation roles must alternate') }}
    {%- endif %}
    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] %}
    {{- '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"""


def test_the_llama_3_shape():
    template = ChatTemplate("own", LLAMA_3_SHAPE)
    year = datetime.datetime.now().strftime("%Y")
    expected = f"<s>{LLAMA_3_SYSTEM}{LLAMA_3_HI}".replace("Be kind.", f"Today: {year}\nBe kind.")
    assert render(template, WITH_SYSTEM) == expected
    assert not template.folds_system


def test_the_qwen_shape_and_its_variables():
    template = ChatTemplate("own", QWEN_SHAPE)
    assert render(template, WITH_SYSTEM) == CHATML_SYSTEM + CHATML_HI
    without = render(template, NO_SYSTEM, variables={"enable_thinking": False})
    assert without == CHATML_HI + "<think>\n\n</think>\n\n"


def test_continuing_a_reply_that_reasons():
    template = ChatTemplate("own", QWEN_SHAPE)
    answer = Message(ASSISTANT, "Yes, ", "Hm.")
    thought = Message(ASSISTANT, "", "Hm, so")
    assert render(template, [HI, answer], continue_last=True) == CHATML_HI + "<think>\nHm.\n</think>\n\nYes, "
    assert render(template, [HI, thought], continue_last=True) == CHATML_HI + "<think>\nHm, so"


def test_a_reply_the_template_does_not_show_is_continued_after_the_prompt():
    template = ChatTemplate("own", "{% for m in messages if m.role == 'user' %}Q{{ m.content }}{% endfor %}A")
    assert render(template, CONTINUED, continue_last=True) == "QHiAHello, I "


def test_a_refused_system_message_is_folded_into_the_first_question():
    template = ChatTemplate("own", GEMMA_SHAPE)
    assert template.folds_system
    assert render(template, WITH_SYSTEM) == GEMMA_KIND
    assert render(template, TWO_TURNS) == GOLDEN["gemma"][2]
    assert render(template, EMPTY_SYSTEM) == GEMMA_HI


def test_an_ignored_system_message_is_folded_too():
    source = "{% for m in messages if m.role != 'system' %}[{{ m.content }}]{% endfor %}"
    template = ChatTemplate("own", source)
    assert template.folds_system
    assert render(template, WITH_SYSTEM) == "[Be kind.\n\nHi]"


def test_neighbours_of_one_role_are_joined_only_if_refused():
    twice = [HI, Message(USER, "again")]
    assert "Hi\n\nagain<end_of_turn>" in render(ChatTemplate("own", GEMMA_SHAPE), twice)
    assert render(fallback("vicuna"), twice) == "USER: Hi\nUSER: again\nASSISTANT:"


def test_what_templates_expect_of_their_surroundings():
    source = """  {% generation %}{{ messages|length }}{% endgeneration %}

{{ {'b': 'ä<', 'a': [none, 1]}|tojson }}{{ {'a': 1}|tojson(indent=2) }}{{ nothing|tojson }}
{% for i in range(9) %}{% if i == 1 %}{% continue %}{% elif i > 3 %}{% break %}{% endif %}{{ i }}{% endfor %}
{{ ', '.join(['a', 'b']) }}{{ ['a', 'b']|join('+') }}{{ messages|map(attribute='content')|join(' ') }}
{{ 'a\nb'|indent(2) }}{{ 'aXa'|replace('X', '-') }}{{ '%s %d' % ('a', 1) }}{{ '{:>3}'.format(1) }}"""
    text = render(ChatTemplate("own", source), NO_SYSTEM)
    assert text == '1\n{"b": "ä<", "a": [null, 1]}{\n  "a": 1\n}null\n023a, ba+bHi\na\n  ba-aa 1  1'


def test_names_of_special_tokens_in_a_message_are_rendered_as_they_are():
    assert "a</s>{{ bos_token }}" in render(fallback("vicuna"), [Message(USER, "a</s>{{ bos_token }}")])


def test_a_template_renders_in_any_thread():
    found = []
    template = fallback("chatml")
    thread = threading.Thread(target=lambda: found.append(render(template, NO_SYSTEM)))
    thread.start()
    thread.join()
    assert found == [CHATML_HI]
