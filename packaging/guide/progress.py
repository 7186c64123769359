"""How good the network is while it learns: the part of held-out questions for which it chooses the right subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from guide.facts import Material
from guide.model import Network
from guide.template import prompt, subject_token


@dataclass(frozen=True)
class Question:
    """A prompt that is never trained on, and the subjects that are right for it."""

    prompt: str
    right: frozenset[str]


def held_questions(material: Material) -> dict[str, list[Question]]:
    """Those about facts, those outside, and second ones."""
    outside = frozenset(entry.name for entry in material.outside)
    follows = [(fact, follow) for fact in material.facts for follow in fact.follow]
    return {
        "facts": [Question(prompt([], asked), frozenset({fact.id})) for fact in material.facts for asked in fact.held],
        "outside": [Question(prompt([], asked), outside) for entry in material.outside for asked in entry.held],
        "follow": [
            Question(prompt([(fact.held[0], fact.answer)], asked), frozenset({follow.to}))
            for fact, follow in follows
            for asked in follow.held
        ],
    }


class Progress:
    """Measures a network."""

    def __init__(self, network: Network, tokenizer: Tokenizer, material: Material) -> None:
        self._network = network
        self._tokenizer = tokenizer
        self._questions = held_questions(material)
        self._subjects = material.subjects
        self._numbers = torch.tensor([tokenizer.token_to_id(subject_token(name)) for name in material.subjects])

    def accuracies(self) -> dict[str, float]:
        """The part that is right, by kind of question."""
        return {kind: self._accuracy(questions) for kind, questions in self._questions.items()}

    @torch.no_grad()
    def chosen(self, prompts: Sequence[str]) -> list[str]:
        """The likeliest subject of each prompt."""
        self._network.eval()
        tokens: list[list[int]] = [encoding.ids for encoding in self._tokenizer.encode_batch(list(prompts))]
        found = [""] * len(tokens)
        for length in {len(ids) for ids in tokens}:
            places = [place for place, ids in enumerate(tokens) if len(ids) == length]
            batch = torch.tensor([tokens[place] for place in places])
            logits = self._network(batch, torch.arange(1, len(places) + 1) * length - 1)
            best = logits[:, self._numbers].argmax(-1).tolist()
            for place, number in zip(places, best, strict=True):
                found[place] = self._subjects[number]
        return found

    def _accuracy(self, questions: Sequence[Question]) -> float:
        chosen = self.chosen([question.prompt for question in questions])
        right = sum(name in question.right for question, name in zip(questions, chosen, strict=True))
        return right / max(1, len(questions))
