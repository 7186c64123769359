"""How much of a context a prompt may fill, so that there is room for a reply."""

from __future__ import annotations

MAX_REPLY_RESERVE = 512
MIN_REPLY_RESERVE = 16

_BYTES_PER_TOKEN = 4
_STEP = 1024


def reply_reserve(context_length: int) -> int:
    """Tokens to keep free for a reply where turns can be left out for it: an eighth, at most 512."""
    return min(MAX_REPLY_RESERVE, context_length // 8)


def longest_prompt(context_length: int) -> int:
    """The most tokens that the system prompt and the last message may have together."""
    return context_length - min(MIN_REPLY_RESERVE, reply_reserve(context_length))


def context_for(prompt_tokens: int) -> int:
    """A context length, in whole thousands, in which a prompt leaves room for a reply of a quarter its length."""
    wanted = prompt_tokens * 5 // 4 + MAX_REPLY_RESERVE
    return (wanted + _STEP - 1) // _STEP * _STEP


def estimated_tokens(text: str) -> int:
    """Tokens of a text where no model can count them: a token for every four bytes of UTF-8, as in English prose."""
    return (len(text.encode("utf-8", "replace")) + _BYTES_PER_TOKEN - 1) // _BYTES_PER_TOKEN
