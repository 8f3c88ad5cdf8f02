"""A model's own cache with room for an answer: nothing is copied when a token is added."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """The keys and values of one attention layer, in buffers that hold some more tokens.

    transformers' own layer of this kind copies all that it holds whenever a token is added.
    """

    def __init__(self, filled: DynamicLayer, room: int) -> None:
        """Take over what a layer holds; `room` is for how many tokens more."""
        super().__init__()
        self.lazy_initialization(filled.keys, filled.values)
        self._buffers = tuple(_roomy(states, room) for states in (filled.keys, filled.values))
        self._cut(filled.keys.shape[2])

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **options: Any
    ) -> tuple[Tensor, Tensor]:
        """Add some tokens' states, (1, KV heads, tokens, dim); all that there are then, as views.

        Raises:
            IndexError: there is no room for them.
        """
        start = self.keys.shape[2]
        end = start + key_states.shape[2]
        if end > self._buffers[0].shape[2]:
            raise IndexError(f"{end} tokens do not fit into {self._buffers[0].shape[2]}")
        for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, start:end] = states
        self._cut(end)
        return self.keys, self.values

    def forget(self, count: int) -> None:
        """Take back the newest `count` tokens."""
        self._cut(self.keys.shape[2] - count)

    def _cut(self, length: int) -> None:
        self.keys, self.values = (buffer[:, :, :length] for buffer in self._buffers)


def make_room(cache: Cache, room: int) -> list[RoomyLayer] | None:
    """Let the plain attention layers of a filled cache have room for so many tokens more.

    Layers of other kinds (sliding windows, recurrent ones) stay as the model made them.

    Returns:
        The layers, if all of the cache are of this kind, so that tokens can be taken back.
    """
    plain = [type(layer) is DynamicLayer and layer.is_initialized for layer in cache.layers]
    cache.layers = [
        RoomyLayer(layer, room) if one else layer
        for layer, one in zip(cache.layers, plain, strict=True)
    ]
    return cache.layers if all(plain) else None


def _roomy(states: Tensor, room: int) -> Tensor:
    rows, heads, tokens, dim = states.shape
    buffer = torch.empty(rows, heads, tokens + room, dim, dtype=states.dtype, device=states.device)
    buffer[:, :, :tokens] = states
    return buffer
