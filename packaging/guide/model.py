"""The network: a small Llama, computed exactly as llama.cpp computes that architecture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

ROPE_BASE = 10_000.0
NORM_EPSILON = 1e-5
EMBEDDING_SPREAD = 0.1


@dataclass(frozen=True)
class Shape:
    """The sizes of the network; `context` is the longest conversation in tokens."""

    vocabulary: int
    width: int = 256
    hidden: int = 704
    layers: int = 3
    heads: int = 4
    context: int = 4096

    @property
    def head_width(self) -> int:
        """The width of one head."""
        return self.width // self.heads


class Norm(nn.Module):
    """RMSNorm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Scale each vector to a mean square of one."""
        return functional.rms_norm(x, self.weight.shape, self.weight, NORM_EPSILON)


class Attention(nn.Module):
    """Causal attention with rotary positions, whose pairs are neighbours."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.output = nn.Linear(shape.width, shape.width, bias=False)

    def forward(self, x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        """What each position takes from those before it."""
        batch, length, width = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.shape.heads, self.shape.head_width).permute(2, 0, 3, 1, 4)
        query, key = rotated(parts[0], turns), rotated(parts[1], turns)
        mixed = functional.scaled_dot_product_attention(query, key, parts[2], is_causal=True)
        return self.output(mixed.transpose(1, 2).reshape(batch, length, width))


class FeedForward(nn.Module):
    """SwiGLU."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_up = nn.Linear(shape.width, 2 * shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Each position by itself."""
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(functional.silu(gate) * up)


class Block(nn.Module):
    """One layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = Norm(shape.width)
        self.attention = Attention(shape)
        self.feed_norm = Norm(shape.width)
        self.feed = FeedForward(shape)

    def forward(self, x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        """Add what attention and the feed-forward part find."""
        x = x + self.attention(self.attention_norm(x), turns)
        return x + self.feed(self.feed_norm(x))


class Network(nn.Module):
    """The whole network."""

    def __init__(self, shape: Shape, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.width)
        self.output = nn.Linear(shape.width, shape.vocabulary, bias=False)
        self._turns = turns_of(shape)
        self._initialize()

    @torch.no_grad()
    def _initialize(self) -> None:
        """Begin as a bag of words: the first layer takes the mean of all tokens so far, the others add nothing yet."""
        for weight in self.parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, std=0.02)
        nn.init.normal_(self.embedding.weight, std=EMBEDDING_SPREAD)
        for block in self.blocks:
            block.attention.output.weight.zero_()
            block.feed.down.weight.zero_()
        first = self.blocks[0].attention
        nn.init.eye_(first.output.weight)
        nn.init.eye_(first.qkv.weight[-self.shape.width :])

    def bag(self, tokens: Tensor, starts: Tensor, choices: Tensor) -> Tensor:
        """What the network as it begins gives for the tokens `choices` after prompts, which lie end to end."""
        table = self.blocks[0].attention_norm(self.embedding.weight)
        means = functional.embedding_bag(tokens, table, starts, mode="mean")
        last = tokens[torch.cat((starts[1:], torch.tensor([len(tokens)]))) - 1]
        return functional.linear(self.norm(self.embedding(last) + means), self.output.weight[choices])

    def forward(self, tokens: Tensor, wanted: Tensor | None = None) -> Tensor:
        """The logits after each token, or only after those places of the flattened batch that are `wanted`."""
        length = tokens.shape[1]
        turns = (self._turns[0][:length], self._turns[1][:length])
        x = self.dropout(self.embedding(tokens))
        for block in self.blocks:
            x = block(x, turns)
        if wanted is not None:
            x = x.flatten(0, 1)[wanted]
        return self.output(self.norm(x))


def turns_of(shape: Shape) -> tuple[Tensor, Tensor]:
    """Cosine and sine of the turn of every pair at every position."""
    steps = ROPE_BASE ** -(torch.arange(0, shape.head_width, 2) / shape.head_width)
    angles = torch.outer(torch.arange(shape.context), steps)
    return angles.cos(), angles.sin()


def rotated(x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    """Turn each pair of neighbours by the angle of its position."""
    cosine, sine = turns[0].to(x.dtype), turns[1].to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1).flatten(-2)
