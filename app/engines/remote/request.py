"""A reply's request in the terms of the OpenAI API; no state, any thread."""

from __future__ import annotations

from app.core.engine.engine_frames import Generate
from app.core.engine.messages import Message
from app.core.engine.sampling import Sampling

_EVERYWHERE = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "max_tokens")
"""Options that the OpenAI API itself knows, under the same names."""

_LLAMA_CPP = (
    "typical_p", "repeat_penalty", "dry_multiplier", "dry_base", "dry_allowed_length",
    "xtc_probability", "xtc_threshold", "grammar",
)  # fmt: skip
"""Options that llama.cpp's server knows under the same names, and others do under some."""

_OTHER_NAMES = {
    "penalty_window": "repeat_last_n",
    "dry_window": "dry_penalty_last_n",
    "dry_breakers": "dry_sequence_breakers",
}
_ALWAYS = ("temperature", "top_p", "top_k", "min_p")
"""What decides a reply most is sent even where it is Parley's default: the server's may be another."""


def request_of(command: Generate, model: str, left_out: tuple[str, ...] = ()) -> dict[str, object]:
    """The body of a request; `left_out` are parameters, by the API's names, that the server has refused."""
    body: dict[str, object] = {
        "model": model,
        "messages": [_message(message) for message in command.messages],
        "stream_options": {"include_usage": True},
        **sampling_of(command.sampling),
    }
    if command.template_variables:
        body["chat_template_kwargs"] = command.template_variables
    return {name: value for name, value in body.items() if name not in left_out}


def sampling_of(sampling: Sampling) -> dict[str, object]:
    """The options by the API's names; besides those that decide most, only what is not the default."""
    default = Sampling()
    asked: dict[str, object] = {}
    for name in (*_EVERYWHERE, "top_k", "min_p", *_LLAMA_CPP):
        value = getattr(sampling, name)
        if name in _ALWAYS or value != getattr(default, name):
            asked[name] = value
    for name, other in _OTHER_NAMES.items():
        value = getattr(sampling, name)
        if value != getattr(default, name):
            asked[other] = list(value) if isinstance(value, tuple) else value
    if "repeat_penalty" in asked:
        asked["repetition_penalty"] = sampling.repeat_penalty  # vLLM's and TGI's name of it
    if sampling.stop:
        asked["stop"] = list(sampling.stop)
    if sampling.logit_bias:
        asked["logit_bias"] = {str(token): bias for token, bias in sampling.logit_bias.items()}
    return asked


def removable(body: dict[str, object], named: str) -> tuple[str, ...]:
    """What to leave out after a refusal: the parameter that was named, else all that not every server knows."""
    needed = ("model", "messages")
    if named in body and named not in needed:
        return (named,)
    usual = (*needed, *_EVERYWHERE, "stop", "logit_bias")
    return tuple(name for name in body if name not in usual)


def _message(message: Message) -> dict[str, object]:
    return {"role": message.role.value, "content": message.text}
