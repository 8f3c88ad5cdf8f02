"""What the heads that retrieve look at while a model reads and writes: seen on the way.

transformers calls an attention function in every layer. Ours lets the model attend as ever, and
notes the queries of the rows that count and the keys as they then are. What the rows looked at is
computed once, at the end: no pass is made for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from citrus_cli.engine.attention import fold_groups, unfold_groups
from citrus_cli.engine.retrieval import Head

IMPLEMENTATION = "citrus_watch"
"""The name under which `_attention` is registered with transformers while it is in use."""


@dataclass
class _Layer:
    """What was seen of one layer."""

    heads: list[int] = field(default_factory=list)
    latest: Tensor | None = None
    """The queries of the latest pass, (heads, rows, dim)."""
    queries: list[Tensor] = field(default_factory=list)
    """Those that are kept, likewise."""
    keys: Tensor | None = None
    """Of all tokens so far, (KV heads, tokens, dim)."""
    groups: int = 1
    scale: float = 1.0
    softcap: float | None = None
    sinks: Tensor | None = None

    def attention(self, positions: Tensor) -> Tensor:
        """What each row sees of each token: (heads, rows, tokens) float32, 0 after its position."""
        assert self.keys is not None
        keys = self.keys[[head // self.groups for head in self.heads]].float()
        tokens = keys.shape[1]
        if tokens <= int(positions[-1]):
            raise ValueError("heads of a layer that forgets tokens cannot be watched")
        logits = (torch.cat(self.queries, dim=1).float() @ keys.mT) * self.scale
        if self.softcap is not None:
            logits = self.softcap * torch.tanh(logits / self.softcap)
        later = torch.arange(tokens, device=keys.device) > positions.unsqueeze(1)
        logits.masked_fill_(later, float("-inf"))
        if self.sinks is None:
            return logits.softmax(dim=-1)
        # a logit of each head's own, of no token: what a head looks at if it looks at nothing
        own = self.sinks[self.heads].float().view(-1, 1, 1).expand(-1, len(positions), 1)
        return torch.cat((logits, own), dim=-1).softmax(dim=-1)[..., :-1]


class Watch:
    """The heads that are watched during the passes of one text, and what they looked at.

    Every pass shows its rows; those that count are kept by `keep`. The heads must lie in layers
    that see all tokens.
    """

    def __init__(self, heads: Sequence[Head]) -> None:
        self.heads = tuple(heads)
        self._layers: dict[int, _Layer] = {}
        for one in heads:
            self._layers.setdefault(one.layer, _Layer()).heads.append(one.head)
        self._positions: list[int] = []

    def see(self, module: nn.Module, query: Tensor, key: Tensor, options: dict[str, Any]) -> None:
        """Note a layer's query (1, heads, rows, dim) and key (1, KV heads, tokens, dim)."""
        seen = self._layers.get(int(module.layer_idx))  # type: ignore[arg-type]
        if seen is None:
            return
        scale = options.get("scaling")
        seen.latest, seen.keys = query[0], key[0]
        seen.groups = query.shape[1] // key.shape[1]
        seen.scale = query.shape[-1] ** -0.5 if scale is None else scale
        seen.softcap, seen.sinks = options.get("softcap"), options.get("s_aux")

    def keep(self, rows: slice, position: int) -> None:
        """Of the latest pass, keep some rows; `position` is that of the first of these."""
        for layer, seen in self._layers.items():
            if seen.latest is None:
                raise ValueError(f"layer {layer} has no attention that could be watched")
            seen.queries.append(seen.latest[seen.heads, rows])
        self._positions += range(position, position + rows.stop - rows.start)

    def attention(self, rows: int | None = None) -> list[Tensor]:
        """The mean attention of the first `rows` kept, or of all, per head: (tokens,) float32."""
        by_layer: dict[int, Tensor] = {}
        for layer, seen in self._layers.items():
            assert seen.keys is not None
            positions = torch.tensor(self._positions, device=seen.keys.device)
            by_layer[layer] = seen.attention(positions)[:, :rows].mean(dim=1)
        places = {layer: iter(found) for layer, found in by_layer.items()}
        return [next(places[one.layer]) for one in self.heads]


@dataclass(frozen=True)
class _Watched:
    """The watch of this thread's passes, and how the model attends by itself."""

    watch: Watch
    own: str


_current: ContextVar[_Watched] = ContextVar("citrus_watch")


def _attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    **options: Any,
) -> tuple[Tensor, Tensor | None]:
    watched = _current.get()
    watched.watch.see(module, query, key, options)
    plain = watched.own == "sdpa" and options.get("position_bias") is None
    shared = key.shape[1] < query.shape[1]
    few = 1 < query.shape[2] < key.shape[2]
    if plain and shared and few and attention_mask is not None:
        return _attend_few(query, key, value, attention_mask, options.get("scaling")), None
    # a model that attends in none of transformers' common ways has its own beside its layers
    own = ALL_ATTENTION_FUNCTIONS.get(watched.own) or _eager(module)
    found: tuple[Tensor, Tensor | None] = own(module, query, key, value, attention_mask, **options)
    return found


def _attend_few(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scale: float | None
) -> Tensor:
    """SDPA of a few rows over a cache, whose heads transformers would copy for each query head.

    The queries that share a KV head become its rows: a quarter of the time, in a draft's pass.
    """
    heads, kv_heads = query.shape[1], key.shape[1]
    out = functional.scaled_dot_product_attention(
        fold_groups(query, kv_heads),
        key,
        value,
        attn_mask=mask.repeat(1, 1, heads // kv_heads, 1),
        scale=scale,
    )
    return unfold_groups(out, heads).transpose(1, 2).contiguous()


def _eager(module: nn.Module) -> Any:
    return vars(sys.modules[type(module).__module__])["eager_attention_forward"]


def _mask(*args: Any, **options: Any) -> Any:
    return ALL_MASK_ATTENTION_FUNCTIONS[_current.get().own](*args, **options)


@contextmanager
def watched(model: PreTrainedModel, watch: Watch) -> Iterator[None]:
    """Inside, the passes of this thread are watched; afterwards the model is as it was."""
    own = model.config._attn_implementation
    ALL_ATTENTION_FUNCTIONS.register(IMPLEMENTATION, _attention)
    ALL_MASK_ATTENTION_FUNCTIONS.register(IMPLEMENTATION, _mask)
    token = _current.set(_Watched(watch, own))
    model.set_attn_implementation(IMPLEMENTATION)
    try:
        yield
    finally:
        model.set_attn_implementation(own)
        _current.reset(token)
