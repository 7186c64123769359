"""The network: a small Llama, computed exactly as llama.cpp computes that architecture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

ROPE_BASE = 10_000.0
NORM_EPSILON = 1e-5


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

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.shape = shape
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.output = nn.Linear(shape.width, shape.width, bias=False)
        self.dropout = dropout

    def forward(self, x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        """What each position takes from those before it."""
        batch, length, width = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.shape.heads, self.shape.head_width).permute(2, 0, 3, 1, 4)
        query, key = rotated(parts[0], turns), rotated(parts[1], turns)
        dropout = self.dropout if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(query, key, parts[2], is_causal=True, dropout_p=dropout)
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

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.attention_norm = Norm(shape.width)
        self.attention = Attention(shape, 0.0)
        self.feed_norm = Norm(shape.width)
        self.feed = FeedForward(shape)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        """Add what attention and the feed-forward part find."""
        x = x + self.dropout(self.attention(self.attention_norm(x), turns))
        return x + self.dropout(self.feed(self.feed_norm(x)))


class Network(nn.Module):
    """The whole network; the embedding of a token is also what predicts it."""

    def __init__(self, shape: Shape, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(shape, dropout) for _ in range(shape.layers))
        self.norm = Norm(shape.width)
        self._turns = turns_of(shape)
        self._initialize()

    def _initialize(self) -> None:
        for name, weight in self.named_parameters():
            if weight.dim() < 2:
                continue
            is_residual = name.endswith(("output.weight", "down.weight"))
            nn.init.normal_(weight, std=0.02 / ((2 * self.shape.layers) ** 0.5 if is_residual else 1.0))

    def forward(self, tokens: Tensor, wanted: Tensor | None = None) -> Tensor:
        """The logits after each token, or only after those places of the flattened batch that are `wanted`."""
        length = tokens.shape[1]
        turns = (self._turns[0][:length], self._turns[1][:length])
        x = self.dropout(self.embedding(tokens))
        for block in self.blocks:
            x = block(x, turns)
        if wanted is not None:
            x = x.flatten(0, 1)[wanted]
        return functional.linear(self.norm(x), self.embedding.weight)


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
