"""Attention over streams: the function that transformers calls in every layer.

One forward pass carries the rows of several streams: the document's chunk, and instructions that
ride along. Linear layers see all rows at once; here they part, each attending to its own cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from citrus_cli.engine.rope import NotServableError
from citrus_cli.engine.states import StateCache

IMPLEMENTATION = "citrus"
"""The name under which `citrus_attention` is registered with transformers while it is in use."""

SCORE_BLOCK_BYTES = 64 << 20
"""Upper bound of the float32 attention weights that exist at one time when rows are scored."""

Attend = Callable[[nn.Module, Tensor, Tensor, Tensor, float], Tensor]
"""(module, query, key, value, scale) → output; shapes as in `citrus_attention`."""

_current: ContextVar[Attend] = ContextVar("citrus_attend")


def citrus_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    """The attention interface of transformers: hands a layer's rows to the current pass.

    Shapes: query (1, heads, rows, head_dim), key and value (1, kv_heads, rows, dim); returns
    (1, rows, heads, dim). `attention_mask` is None, since transformers makes no mask for an
    implementation that it does not know.

    Raises:
        NotServableError: the layer asks for something that this function would ignore.
    """
    for name in ("softcap", "s_aux", "position_bias", "head_mask"):
        if options.get(name) is not None:
            raise NotServableError(f"its attention uses {name}")
    if options.get("is_causal") is False:
        raise NotServableError("its attention is not causal")
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    out = _current.get()(module, query, key, value, scale)
    return out.transpose(1, 2), None


@contextmanager
def attending(attend: Attend) -> Iterator[None]:
    """Inside, every attention layer of this thread is computed by `attend`."""
    token = _current.set(attend)
    try:
        yield
    finally:
        _current.reset(token)


@dataclass
class Stream:
    """Some rows of a forward pass and the cache that they attend to.

    A stream that `writes` (the document's chunk, a prompt, an answer token) adds its states to the
    cache and sees them causally. One that does not (an instruction that scores) sees the cache's
    first `visible` slots and itself, and leaves no trace. `scored` selects the rows, counted
    within the stream, whose attention to the first `judged` slots is wanted; None: none. `judged`
    are the visible slots, or for a stream that writes its own slots too. From a stream that does
    not write, slots may be `hidden`: (layers, 1 or kv_heads, visible), bool.
    Filled by the pass: `scores`, per layer (heads, judged) float32, the mean over scored rows; and
    when they are to be `squared` too, `squares`, per layer (kv_heads, judged) float32, the mean
    over scored rows of the square of what a KV head's queries pay on average.
    """

    rows: slice
    cache: StateCache
    writes: bool
    visible: int
    scored: Tensor | None = None
    hidden: Tensor | None = None
    judged: int = -1
    squared: bool = False
    scores: list[Tensor] = field(default_factory=list)
    squares: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.judged < 0:
            self.judged = self.visible

    @property
    def start(self) -> int:
        """The slot, so the position, of the stream's first row."""
        return self.visible


class StreamPass:
    """Attention of one forward pass over several streams."""

    def __init__(self, streams: list[Stream]) -> None:
        self.streams = streams
        self._masks: dict[tuple[int, int, int], Tensor] = {}
        for stream in streams:
            # before the pass, so that a change of all angles is known in every layer of it
            stream.cache.table.grow(stream.start + stream.rows.stop - stream.rows.start)

    def __call__(
        self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, scale: float
    ) -> Tensor:
        """One layer. Shapes as in `citrus_attention`; returns (1, heads, rows, dim)."""
        layer = int(module.layer_idx)  # type: ignore[arg-type]
        parts = []
        for stream in self.streams:
            q, k, v = (x[:, :, stream.rows] for x in (query, key, value))
            q = stream.cache.table.rotate(layer, q, stream.start)
            attend = self._attend_writing if stream.writes else self._attend_passing
            parts.append(attend(stream, layer, q, k, v, scale))
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)

    def _attend_writing(
        self, stream: Stream, layer: int, q: Tensor, k: Tensor, v: Tensor, scale: float
    ) -> Tensor:
        cache, rows = stream.cache, q.shape[2]
        end = stream.start + rows
        cache.write(layer, k, v)
        cache.refresh(layer, end)
        keys = cache.rotated[layer, :, :, :end]
        values = cache.values[layer, :, :, :end]
        # grouped-query attention as plain attention: the queries of a group become rows
        folded = fold_groups(q, keys.shape[1])
        mask = None if rows == 1 else self._causal(rows, end, q.shape[1] // keys.shape[1], q)
        out = functional.scaled_dot_product_attention(
            folded, keys, values, attn_mask=mask, scale=scale
        )
        if stream.scored is not None:
            score_rows(q, keys, stream, scale)
        return unfold_groups(out, q.shape[1])

    def _attend_passing(
        self, stream: Stream, layer: int, q: Tensor, k: Tensor, v: Tensor, scale: float
    ) -> Tensor:
        cache, rows, seen = stream.cache, q.shape[2], stream.visible
        heads, kv_heads = q.shape[1], k.shape[1]
        cache.refresh(layer, seen)
        folded = fold_groups(q, kv_heads)
        own = cache.table.rotate(layer, k, stream.start)
        logits_seen = folded @ cache.rotated[layer, :, :, :seen].mT
        if stream.hidden is not None:
            logits_seen.masked_fill_(stream.hidden[layer].unsqueeze(1), float("-inf"))
        logits_own = folded @ own.mT
        logits_own = logits_own + self._causal(rows, rows, heads // kv_heads, q)
        logits = torch.cat((logits_seen, logits_own), dim=-1)
        weights = (logits.float() * scale).softmax(dim=-1)
        if stream.scored is not None:
            attention = weights[..., :seen].unflatten(2, (heads // kv_heads, rows))
            wanted = attention[0, :, :, stream.scored]  # (kv_heads, groups, rows, seen)
            stream.scores.append(wanted.mean(dim=2).flatten(0, 1))
            if stream.squared:
                stream.squares.append(wanted.mean(dim=1).square().mean(dim=1))
        weights = weights.to(v.dtype)
        out = weights[..., :seen] @ cache.values[layer, :, :, :seen] + weights[..., seen:] @ v
        return unfold_groups(out, heads)

    def _causal(self, rows: int, columns: int, groups: int, like: Tensor) -> Tensor:
        """An additive mask (groups·rows, columns): row i sees all but the last rows-1-i columns."""
        key = (rows, columns, groups)
        if key not in self._masks:
            mask = torch.full((rows, columns), float("-inf"), dtype=like.dtype, device=like.device)
            self._masks[key] = mask.triu(columns - rows + 1).repeat(groups, 1)
        return self._masks[key]


def fold_groups(q: Tensor, kv_heads: int) -> Tensor:
    """(1, heads, rows, dim) → (1, kv_heads, groups·rows, dim): the queries of a group as rows."""
    return q.unflatten(1, (kv_heads, -1)).flatten(2, 3)


def unfold_groups(out: Tensor, heads: int) -> Tensor:
    """The way back from `fold_groups`."""
    groups = heads // out.shape[1]
    return out.unflatten(2, (groups, -1)).flatten(1, 2)


def score_rows(q: Tensor, keys: Tensor, stream: Stream, scale: float) -> None:
    """Note the attention that a writing stream's scored rows pay to its judged slots.

    q (1, heads, rows, dim) and keys (1, kv_heads, end, dim) are rotated. Softmax in float32 over
    all that a row sees, itself included.
    """
    assert stream.scored is not None
    count, kv_heads = stream.scored.shape[0], keys.shape[1]
    total = torch.zeros(q.shape[1], stream.judged, device=q.device)
    squares = torch.zeros(kv_heads, stream.judged, device=q.device) if stream.squared else None
    block = max(1, SCORE_BLOCK_BYTES // (4 * q.shape[1] * keys.shape[2]))
    columns = torch.arange(keys.shape[2], device=q.device)
    for rows in stream.scored.split(block):
        chosen = fold_groups(q[:, :, rows], kv_heads)
        logits = unfold_groups(chosen @ keys.mT, q.shape[1])[0].float() * scale
        hidden = columns > stream.start + rows.unsqueeze(1)
        weights = logits.masked_fill_(hidden, float("-inf")).softmax(dim=-1)
        weights = weights[..., : stream.judged]
        total += weights.sum(dim=1)
        if squares is not None:
            squares += weights.unflatten(0, (kv_heads, -1)).mean(dim=1).square().sum(dim=1)
    stream.scores.append(total / count)
    if squares is not None:
        stream.squares.append(squares / count)
