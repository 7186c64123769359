"""From messages to the tokens of a prompt: what fits, rendered, protected, tokenized; in the engine child."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.engine.engine_frames import Generate
from app.core.engine.messages import Message, Role
from app.engines.base import StopFlag
from app.engines.llama.sequence import LiveSequence, Mark, PromptText
from app.engines.llama.vocabulary import Vocabulary
from app.engines.prompt import Protection, fit_view
from app.engines.templates import ChatTemplate

# Characters per token of context from which on it is worth to know the longest token.
_SUSPICIOUS = 16


@dataclass(frozen=True)
class Prompt:
    """A prompt's tokens, and the marks of the live sequence that hold for them."""

    text: PromptText
    tokens: list[int]
    marks: tuple[Mark, ...]
    view_start: int = 0
    kept: tuple[int, ...] = ()


@dataclass(frozen=True)
class PromptMaker:
    """Makes the prompt of one reply; tokens of the live sequence are used where its text begins the same."""

    command: Generate
    template: ChatTemplate
    vocabulary: Vocabulary
    sequence: LiveSequence
    stop: StopFlag

    def make(self, context_length: int) -> Prompt:
        """Choose the messages that fit into so many tokens.

        Raises:
            EmptyPrompt: there is nothing to answer.
            PromptTooLong: not even the last turn fits.
            TemplateFailed: the template cannot render the messages.
            Cancelled: the user stopped it.
        """
        made: dict[int, Prompt] = {}

        def count(messages: Sequence[Message]) -> int:
            if (fewest := self._fewest_tokens(messages, context_length)) > context_length:
                return fewest
            made[len(messages)] = prompt = self._prompt(messages)
            return len(prompt.tokens)

        view = fit_view(
            self.command.messages,
            context_length=context_length,
            count=count,
            view_start=self.command.view_start,
            pinned=self.command.pinned,
        )
        prompt = made.get(len(view.messages)) or self._prompt(view.messages)
        return Prompt(prompt.text, prompt.tokens, prompt.marks, view.view_start, view.kept)

    def _fewest_tokens(self, messages: Sequence[Message], context_length: int) -> int:
        """How many tokens there are at least: megabytes need not be tokenized to be too many."""
        size = sum(len(message.text) for message in messages)
        return size // self.vocabulary.longest if size > _SUSPICIOUS * context_length else 0

    def _prompt(self, messages: Sequence[Message]) -> Prompt:
        protection = Protection(messages, self.vocabulary.control_texts)
        rendered = self.template.render(
            protection.messages,
            bos=self.vocabulary.begin_text,
            eos=self.vocabulary.end_text,
            variables=self.command.template_variables,
            continue_last=messages[-1].role is Role.ASSISTANT,
            cancelled=lambda: self.stop.is_set,
        )
        text = ""
        literal: list[int] = []
        tokens: list[int] = []
        for segment in protection.split(rendered):
            if not segment.parse_special:
                literal.append(len(text))
            text += segment.text
            tokens += self.vocabulary.tokenize(segment.text, special=segment.parse_special)
        tokens = [*self.vocabulary.begins(text), *tokens]
        prompt = PromptText(text, tuple(literal))
        used, marks = self.sequence.tokens_for(prompt, tokens, self.vocabulary.written)
        return Prompt(prompt, used, marks)
