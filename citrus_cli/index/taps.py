"""A forward pass that goes no further than it must: what some heads see is taken, then it ends.

transformers calls an attention function in every layer. Ours lets the model attend as ever, takes
the keys, or the queries, of the heads that retrieve on the way, and ends the pass in the last layer
that has any of them: no layer above it runs, no language-model head either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

IMPLEMENTATION = "citrus_tap"
"""The name under which `_attention` is registered with transformers while it is in use."""

Side = Literal["keys", "queries"]


class _Enough(Exception):  # noqa: N818 (how a pass ends, not an error)
    """All that is wanted has been seen."""


@dataclass
class Taps:
    """What is wanted of a pass: per layer, the (KV) heads whose keys or queries are taken.

    `heads` is in the order in which `taken` has them. Keys and queries are rotated by their
    positions, as the layer's attention sees them.
    """

    side: Side
    heads: Sequence[tuple[int, int]]
    taken: dict[int, Tensor] = field(default_factory=dict)

    @property
    def last_layer(self) -> int:
        """Where the pass ends."""
        return max(layer for layer, _ in self.heads)

    def see(self, layer: int, query: Tensor, key: Tensor) -> None:
        """Take what is wanted of a layer: query (rows, heads, tokens, dim), key likewise."""
        wanted = [head for at, head in self.heads if at == layer]
        if wanted:
            seen = key if self.side == "keys" else query
            self.taken[layer] = seen[:, wanted]
        if layer >= self.last_layer:
            raise _Enough

    def stacked(self) -> Tensor:
        """(rows, tokens, heads, dim), the heads in the order of `heads`."""
        places: dict[int, int] = {}
        parts = []
        for layer, _ in self.heads:
            at = places.get(layer, 0)
            places[layer] = at + 1
            parts.append(self.taken[layer][:, at])
        return torch.stack(parts, dim=2)


_current: ContextVar[Taps] = ContextVar("citrus_taps")


def _attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    **options: Any,
) -> tuple[Tensor, Tensor | None]:
    _current.get().see(int(module.layer_idx), query, key)  # type: ignore[arg-type]
    return sdpa_attention_forward(module, query, key, value, attention_mask, **options)


@contextmanager
def tapped(model: PreTrainedModel) -> Iterator[None]:
    """Inside, `tap` works; afterwards the model is as it was."""
    before = model.config._attn_implementation
    ALL_ATTENTION_FUNCTIONS.register(IMPLEMENTATION, _attention)
    ALL_MASK_ATTENTION_FUNCTIONS.register(IMPLEMENTATION, sdpa_mask)
    model.set_attn_implementation(IMPLEMENTATION)
    try:
        with torch.inference_mode():
            yield
    finally:
        model.set_attn_implementation(before)


def tap(model: PreTrainedModel, ids: Tensor, positions: Tensor, taps: Taps) -> Tensor:
    """Run `ids` through the model until all of `taps` is taken; inside `tapped`.

    Args:
        model: a causal language model.
        ids: (rows, tokens) token ids; rows know nothing of each other.
        positions: (rows, tokens) or (1, tokens), each token's place.
        taps: what to take.

    Returns:
        (rows, tokens, heads, dim).

    Raises:
        ValueError: a layer has no attention whose keys could be taken.
    """
    token = _current.set(taps)
    try:
        # a mask of ones: without one, a gap in the positions would pass for another sequence
        with suppress(_Enough):
            model.base_model(
                input_ids=ids,
                position_ids=positions.expand(ids.shape[0], -1),
                attention_mask=torch.ones_like(ids),
                use_cache=False,
            )
    finally:
        _current.reset(token)
    for layer, _ in taps.heads:
        if layer not in taps.taken:
            raise ValueError(f"layer {layer} has no attention whose keys could be taken")
    return taps.stacked()
