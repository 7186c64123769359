"""Prompt templates of model cards, made into chat templates and rendered by the engine's own Jinja."""

from __future__ import annotations

import pytest

from app.catalog.find.card import parse_card
from app.core.checkpoints.repack import Conversation
from app.core.engine.messages import Message, Role
from app.core.engine.prompt_template import chat_template_of
from app.engines.template_check import check_template
from app.engines.template_choice import compiled, named_text
from app.engines.templates import ChatTemplate

SYSTEM = Message(Role.SYSTEM, "Be brief.")
FIRST, ANSWER, SECOND = Message(Role.USER, "One?"), Message(Role.ASSISTANT, "Two."), Message(Role.USER, "Three?")

CARDS = {
    "llama-2": "[INST] <<SYS>>\n{system_message}\n<</SYS>>\n{prompt}[/INST]\n",
    "vicuna": "SYSTEM: {system_message}\nUSER: {prompt}\nASSISTANT: ",
    "vicuna-1.1": "A chat between two. USER: {prompt} ASSISTANT:",
    "orca": "### System:\n{system_message}\n\n### User:\n{prompt}\n\n### Assistant:\n",
    "chatml": (
        "<|im_start|>system\n{system_message}<|im_end|>\n<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
    ),
    "alpaca": "Below is an instruction.\n\n### Instruction:\n{prompt}\n\n### Response:\n",
    "mistral": "<s>[INST] {prompt} [/INST]\n",
}
RENDERED = {
    "llama-2": "[INST] <<SYS>>\nBe brief.\n<</SYS>>\nOne?[/INST] Two.</s><s>[INST] Three?[/INST]",
    "vicuna-1.1": "Be brief. USER: One? ASSISTANT: Two.</s> USER: Three? ASSISTANT:",
    "vicuna": "SYSTEM: Be brief.\nUSER: One?\nASSISTANT: Two.</s>\nUSER: Three?\nASSISTANT:",
    "orca": (
        "### System:\nBe brief.\n\n### User:\nOne?\n\n### Assistant:\nTwo.</s>\n\n### User:\nThree?\n\n### Assistant:\n"
    ),
    "chatml": (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nOne?<|im_end|>\n"
        "<|im_start|>assistant\nTwo.<|im_end|>\n<|im_start|>user\nThree?<|im_end|>\n<|im_start|>assistant\n"
    ),
    "alpaca": (
        "Be brief.\n\n### Instruction:\nOne?\n\n### Response:\nTwo.</s>\n\n### Instruction:\nThree?\n\n### Response:\n"
    ),
}
ALONE = {
    "llama-2": "[INST] One?[/INST]",
    "vicuna": "USER: One?\nASSISTANT:",
    "vicuna-1.1": "A chat between two. USER: One? ASSISTANT:",
    "orca": "### User:\nOne?\n\n### Assistant:\n",
    "chatml": "<|im_start|>user\nOne?<|im_end|>\n<|im_start|>assistant\n",
    "alpaca": "Below is an instruction.\n\n### Instruction:\nOne?\n\n### Response:\n",
    "mistral": "[INST] One? [/INST]",
}


def template(name: str) -> ChatTemplate:
    source = chat_template_of(CARDS[name])
    assert source is not None
    return ChatTemplate(name, source)


@pytest.mark.parametrize("name", RENDERED)
def test_two_turns(name: str) -> None:
    assert template(name).render([SYSTEM, FIRST, ANSWER, SECOND], bos="<s>", eos="</s>") == RENDERED[name]


@pytest.mark.parametrize("name", ALONE)
def test_without_a_system_message(name: str) -> None:
    assert template(name).render([FIRST], bos="<s>", eos="</s>") == ALONE[name]


@pytest.mark.parametrize("name", CARDS)
def test_all_but_tools(name: str) -> None:
    assert [gap.conversation for gap in check_template(template(name))] == [Conversation.TOOLS]


@pytest.mark.parametrize("text", ["", "no place", "{prompt} and {prompt}", "{prompt} then {system_message}"])
def test_what_is_no_prompt_template(text: str) -> None:
    assert chat_template_of(text) is None


def test_of_a_card_as_quantizers_publish_it() -> None:
    front = "license: other\nprompt_template: 'SYSTEM: {system_message}\n\n  USER: {prompt}\n\n  ASSISTANT: '\n"
    source = chat_template_of(parse_card(f"---\n{front}---\n\n# Card\n".encode()).value("prompt_template"))
    assert source is not None and "USER: " in source


def test_braces_and_quotes_of_a_card_are_only_text() -> None:
    source = chat_template_of('{{ 7 * 7 }} "quoted" {% raise %}\n\nUSER: {prompt}\nASSISTANT:')
    assert source is not None
    assert ChatTemplate("odd", source).render([FIRST], bos="", eos="").startswith('{{ 7 * 7 }} "quoted" {% raise %}')


def test_the_check_tells_what_a_template_refuses() -> None:
    refusing = ChatTemplate(
        "strict", "{% if messages[0].role != 'system' %}{{ raise_exception('No system') }}{% endif %}"
    )
    found = {gap.conversation: gap.reason for gap in check_template(refusing)}
    assert found[Conversation.WITHOUT_SYSTEM] == "No system" and Conversation.TOOLS in found
    assert [gap.conversation for gap in check_template(compiled(named_text("chatml")))] == [Conversation.TOOLS]
