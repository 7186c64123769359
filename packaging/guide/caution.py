"""Makes the network decline more readily, since to answer beside the point is worse than to decline.

Llama has no bias to raise the logits of some tokens with. A direction that all states before a choice share serves as
one: it is found by least squares, over questions that were trained on.
"""

from __future__ import annotations

import torch
from tokenizers import Tokenizer
from torch import Tensor

from guide.facts import Material
from guide.model import Network
from guide.template import prompt, subject_token


@torch.no_grad()
def make_cautious(network: Network, tokenizer: Tokenizer, material: Material, logits: float) -> None:
    """Raise the logits of all that is outside the subject by about this much, wherever a subject is chosen."""
    asked = [question for subject in (*material.facts, *material.outside) for question in subject.ask]
    states = _states(network, [tokenizer.encode(prompt([], question)).ids for question in asked])
    direction = torch.linalg.lstsq(states, torch.ones(len(states), 1)).solution.squeeze(1)
    outside = [tokenizer.token_to_id(subject_token(entry.name)) for entry in material.outside]
    network.output.weight[outside] += logits * direction


def _states(network: Network, prompts: list[list[int]]) -> Tensor:
    """What the output layer is given after each prompt."""
    found: list[Tensor] = []
    watch = network.norm.register_forward_hook(lambda _module, _inputs, state: found.append(state))
    network.eval()
    for tokens in prompts:
        network(torch.tensor([tokens]), torch.tensor([len(tokens) - 1]))
    watch.remove()
    return torch.cat(found)
