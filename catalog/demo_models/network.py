"""The Llama network in its smallest form, in PyTorch, named and laid out as llama.cpp expects it.

Rotary embeddings are interleaved (pairs of neighbours), the form of llama.cpp's `llama` architecture, so that no
weight is permuted on export. Input and output embeddings are one matrix. No data, training or file format here.
"""

# Types are checked only where torch is installed, which the project itself never needs.
# mypy: ignore-errors

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

ROPE_BASE: Final = 10_000.0
NORM_EPSILON: Final = 1e-5


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """The sizes of a network; rows of Q8_0 weights must be multiples of 32."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    feed_forward: int

    @property
    def head_width(self) -> int:
        """Numbers a head."""
        return self.width // self.heads


class Norm(nn.Module):
    """Root mean square norm with a gain."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last dimension."""
        return functional.rms_norm(x, (x.shape[-1],), self.weight, NORM_EPSILON)


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Turn neighbouring pairs of x (batch, heads, time, head width) by angles (time, head width / 2)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = angles.cos(), angles.sin()
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class Block(nn.Module):
    """Attention and a gated feed-forward layer, each behind a norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.attn_norm = Norm(shape.width)
        self.attn_q = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_k = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_v = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_output = nn.Linear(shape.width, shape.width, bias=False)
        self.ffn_norm = Norm(shape.width)
        self.ffn_gate = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.ffn_up = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.ffn_down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def attend(self, x: Tensor, angles: Tensor) -> Tensor:
        """Causal self-attention."""
        batch, time, width = x.shape
        q, k, v = (
            layer(x).view(batch, time, self.heads, -1).transpose(1, 2)
            for layer in (self.attn_q, self.attn_k, self.attn_v)
        )
        mixed = functional.scaled_dot_product_attention(rotate(q, angles), rotate(k, angles), v, is_causal=True)
        return self.attn_output(mixed.transpose(1, 2).reshape(batch, time, width))

    def forward(self, x: Tensor, angles: Tensor) -> Tensor:
        """One layer with its two residual paths."""
        x = x + self.attend(self.attn_norm(x), angles)
        y = self.ffn_norm(x)
        return x + self.ffn_down(functional.silu(self.ffn_gate(y)) * self.ffn_up(y))


class Network(nn.Module):
    """Token numbers (batch, time) to hidden states; `logits` turns chosen states into scores of the next token."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocabulary, shape.width)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = Norm(shape.width)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=shape.width**-0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        """Hidden states after the last norm."""
        width = self.shape.head_width
        rates = ROPE_BASE ** (-torch.arange(0, width, 2, dtype=torch.float32) / width)
        angles = torch.arange(tokens.shape[1], dtype=torch.float32)[:, None] * rates
        x = self.token_embd(tokens)
        for block in self.blk:
            x = block(x, angles)
        return self.output_norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of every token."""
        return functional.linear(hidden, self.token_embd.weight)

    @torch.no_grad()
    def greedy(self, tokens: list[int], stop: int, limit: int = 24) -> list[int]:
        """The most likely continuation up to, and without, the stop token."""
        written: list[int] = []
        while len(written) < limit:
            choice = int(self.logits(self(torch.tensor([tokens + written]))[0, -1]).argmax())
            if choice == stop:
                break
            written.append(choice)
        return written
