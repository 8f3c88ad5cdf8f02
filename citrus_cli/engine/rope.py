"""Rotary position embedding, taken out of the model and applied by slot.

The model computes queries and keys with an identity rotation (cos 1, sin 0), so what reaches the
cache carries no position. Attention then rotates each key by the slot it lies in, with the model's
own rotation function. A key that outlives ten thousand evictions is bit-identical to one that
outlives none, and positions never leave the range that the model was trained on.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

Rotation = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(x, cos, sin) → x rotated. x (batch, heads, tokens, head_dim), cos and sin (batch, tokens, r)."""


class NotServableError(Exception):
    """The model's attention cannot be served position-free; the message says why."""


class Rope:
    """The rotary embedding of one model: its tables, and a rotation per layer.

    `rotations[layer]` is the function that the layer was seen to use; `probe` finds them.
    """

    def __init__(self, model: nn.Module) -> None:
        """Find the rotary module of `model`.

        Raises:
            NotServableError: there is none, or not exactly one with the usual signature.
        """
        modules = [m for m in model.modules() if type(m).__name__.endswith("RotaryEmbedding")]
        if not modules:
            raise NotServableError("it has no rotary position embedding")
        if len(modules) > 1:
            raise NotServableError("it has several rotary position embeddings")
        self.module = modules[0]
        parameters = list(inspect.signature(self.module.forward).parameters)
        if parameters[:2] != ["x", "position_ids"] or len(parameters) > 2:
            raise NotServableError("its rotary embedding differs between layers")
        self.rotations: list[Rotation] = []

    def cos_sin(self, positions: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """The model's own cos and sin, each (1, tokens, r), for integer `positions` (tokens,)."""
        # .forward, not __call__: the identity hook of `suspended` must not apply here
        cos, sin = self.module.forward(like, positions.unsqueeze(0))
        return cos, sin

    def table(self, device: torch.device, dtype: torch.dtype) -> RopeTable:
        """A table of cos and sin by slot, for one reading."""
        return RopeTable(self, device, dtype)

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Inside, the model rotates by the identity."""

        def identity(
            module: nn.Module, args: object, output: tuple[Tensor, Tensor]
        ) -> tuple[Tensor, Tensor]:
            return torch.ones_like(output[0]), torch.zeros_like(output[1])

        hook = self.module.register_forward_hook(identity)
        try:
            yield
        finally:
            hook.remove()


class RopeTable:
    """cos and sin for the slots 0…length-1, grown as the cache fills.

    Scaled rotary embeddings may change all angles when the sequence passes a length (dynamic NTK,
    LongRoPE). Then `version` goes up, and what was rotated before must be rotated again.
    """

    def __init__(self, rope: Rope, device: torch.device, dtype: torch.dtype) -> None:
        self._rope = rope
        self._like = torch.empty(0, device=device, dtype=dtype)
        self._cos, self._sin = self._compute(1)
        self.version = 0

    def _compute(self, length: int) -> tuple[Tensor, Tensor]:
        positions = torch.arange(length, device=self._like.device)
        return self._rope.cos_sin(positions, self._like)

    def grow(self, length: int) -> None:
        """Make the table hold at least `length` slots."""
        held = self._cos.shape[1]
        if length <= held:
            return
        cos, sin = self._compute(length)
        if not torch.equal(cos[:, :held], self._cos):
            self.version += 1
        self._cos, self._sin = cos, sin

    def rotate(self, layer: int, x: Tensor, start: int) -> Tensor:
        """Rotate x (batch, heads, tokens, head_dim), whose tokens lie in slots start, start+1, …"""
        end = start + x.shape[2]
        return self._rope.rotations[layer](x, self._cos[:, start:end], self._sin[:, start:end])


def candidate_rotations(attention: nn.Module) -> list[Rotation]:
    """The ways in which an attention module may rotate, from its own source module.

    Whole heads; the first dimensions of a head only (partial rotary, sliced before the call); or
    not at all (layers without positions, as in SmolLM3).
    """
    function = getattr(sys.modules[type(attention).__module__], "apply_rotary_pos_emb", None)
    candidates: list[Rotation] = [_unrotated]
    if function is not None:

        def whole(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
            # no heads on the key side: the function rotates two tensors, one is wanted
            rotated: Tensor = function(x, x[:, :0], cos, sin)[0]
            return rotated

        def partial(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
            width = cos.shape[-1]
            return torch.cat((whole(x[..., :width], cos, sin), x[..., width:]), dim=-1)

        candidates += [whole, partial]
    return candidates


def _unrotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return x
