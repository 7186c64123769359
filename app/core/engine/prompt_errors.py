"""Failures of what is made of a conversation for a model to read."""

from __future__ import annotations

from app.core.errors import UserError


class EmptyPrompt(UserError):
    """There is nothing to answer."""

    text = "The message is empty."
    advice = "Write something first."


class MessageTooLarge(UserError):
    """A message is larger than any model's context."""

    text = "The message has {characters} characters, but Parley takes at most {limit}."
    advice = "Send it in parts, or only the part that matters."


class PromptTooLong(UserError):
    """The system prompt and the last message alone exceed the context."""

    text = "This message needs at least {tokens} tokens, but the model reads at most {limit} at once."
    advice = "Shorten the message, or load the model with a longer context."


class PinsTooLong(UserError):
    """The system prompt and the last message would fit, but not together with what is pinned."""

    text = "With the pinned messages this comes to {tokens} tokens, but the model reads at most {limit} at once."
    advice = "Unpin some of them, or load the model with a longer context."


class TemplateFailed(UserError):
    """A chat template raised, looped, or does not parse."""

    text = "The chat template “{template}” cannot render this chat: {reason}."
    advice = "Choose another template for this model, or edit this one in the load options."
