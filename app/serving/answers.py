"""Replies and the list of models as the OpenAI API writes them, whole and as server-sent events. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from app.core.engine.engine_frames import ModelInfo
from app.core.engine.messages import FinishReason, Usage

DONE_EVENT = b"data: [DONE]\n\n"
OWNER = "parley"

_REASONS = {FinishReason.LENGTH: "length", FinishReason.CONTEXT: "length"}


@dataclass(frozen=True)
class Answer:
    """What all parts of one answer have in common; `created` in Unix seconds."""

    id: str
    model: str
    created: int

    def whole(self, text: str, reasoning: str, reason: FinishReason, usage: Usage) -> bytes:
        """The reply in one piece."""
        message: dict[str, object] = {"role": "assistant", "content": text}
        if reasoning:
            message["reasoning_content"] = reasoning
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(reason)}
        return encode({**self._head("chat.completion"), "choices": [choice], "usage": usage_of(usage)})

    def begun(self) -> bytes:
        """The first event: who speaks."""
        return self._event({"role": "assistant", "content": ""})

    def piece(self, text: str, reasoning: str) -> bytes:
        """The next words, of the answer and of the thoughts before it."""
        said = {"reasoning_content": reasoning, "content": text}
        return self._event({name: words for name, words in said.items() if words})

    def ended(self, reason: FinishReason) -> bytes:
        """Why there are no more words."""
        return self._event({}, finish_reason(reason))

    def used(self, usage: Usage) -> bytes:
        """What it cost, for clients that ask."""
        return event({**self._head("chat.completion.chunk"), "choices": [], "usage": usage_of(usage)})

    def _event(self, delta: dict[str, str], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return event({**self._head("chat.completion.chunk"), "choices": [choice]})

    def _head(self, kind: str) -> dict[str, object]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def finish_reason(reason: FinishReason) -> str:
    """Why a reply ended, in the API's words: a full context is a limit like any other."""
    return _REASONS.get(reason, "stop")


def usage_of(usage: Usage) -> dict[str, object]:
    """Tokens, with those of the prompt that were in the KV cache."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.context_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.reused_tokens},
    }


def listed(name: str, created: int, info: ModelInfo) -> dict[str, object]:
    """A model in the list; its context is told as several servers tell it."""
    described = {"id": name, "object": "model", "created": created, "owned_by": OWNER}
    return {**described, "context_length": info.context_length} if info.context_length else described


def encode(value: object) -> bytes:
    """JSON."""
    return msgspec.json.encode(value)


def event(value: object) -> bytes:
    """A server-sent event."""
    return b"data: " + encode(value) + b"\n\n"


def comment(text: str) -> bytes:
    """An event that clients pass over, so that a connection does not seem dead."""
    return f": {text}\n\n".encode()
