"""The language model as the engine uses it: rows in, logits out, attention ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from citrus_cli.engine.attention import (
    IMPLEMENTATION,
    Attend,
    Stream,
    StreamPass,
    attending,
    citrus_attention,
)
from citrus_cli.engine.probe import RotationProbe, compare_logits
from citrus_cli.engine.rope import NotServableError, Rope, RopeTable
from citrus_cli.engine.states import CacheShape, StateCache

PROBE_TOKENS, PROBE_CHUNK = 24, 8
"""Length of the text on which a model proves, at load, that it can be served; and its chunks."""

SERVED_LAYERS = {"full_attention", "sliding_attention"}


class Backbone:
    """A causal language model that has proved that it can be served position-free.

    The proof is made once, here: every layer's rotation is found by asking it (see `probe`), and
    the logits of a short text, read in chunks through a cache, must equal the model's own.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        """Prove that `model` can be served.

        Raises:
            NotServableError: it cannot; the message says why, to follow the model's name.
        """
        _refuse_other_layers(model.config)
        self.model = model
        self.device: torch.device = model.device
        self.rope = Rope(model)
        ids = _probe_ids(model)
        seen = self._probe_rotations(ids).seen
        self.layers = len(seen)
        self.heads, self.kv_heads = seen[0].query.shape[1], seen[0].key.shape[1]
        self.head_dim, self.value_dim = seen[0].key.shape[-1], seen[0].value_dim
        self.dtype = seen[0].key.dtype
        self._prove_logits(ids)

    def cache_shape(self, capacity: int, *, per_head: bool = False, fields: int = 0) -> CacheShape:
        """The shape of a cache with `capacity` slots per layer.

        With `per_head`, every KV head keeps states of its own; `fields` numbers of each are
        remembered.
        """
        return CacheShape(
            self.layers,
            self.kv_heads,
            self.head_dim,
            self.value_dim,
            capacity,
            self.dtype,
            self.device,
            self.kv_heads if per_head else 1,
            fields,
        )

    def cache(
        self, capacity: int, table: RopeTable, *, per_head: bool = False, fields: int = 0
    ) -> StateCache:
        """An empty cache, as in `cache_shape`; `table` is shared by a reading's caches."""
        return StateCache(self.cache_shape(capacity, per_head=per_head, fields=fields), table)

    def kv_head(self, head: int) -> int:
        """The KV head whose states an attention head reads."""
        return head * self.kv_heads // self.heads

    def rope_table(self) -> RopeTable:
        """A fresh table of rotations by slot, for one reading."""
        return self.rope.table(self.device, self.dtype)

    @property
    def window(self) -> int | None:
        """The attention layers' sliding window in tokens; None when they see everything."""
        config = self.model.config
        kinds = getattr(config, "layer_types", None)
        if kinds is not None and "sliding_attention" not in kinds:
            return None
        if not getattr(config, "use_sliding_window", True):
            return None
        return getattr(config, "sliding_window", None)

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Inside, attention is ours and rotation suspended; afterwards the model is as it was."""
        with self._attention_ours(), self.rope.suspended():
            yield

    @contextmanager
    def _attention_ours(self) -> Iterator[None]:
        before = self.model.config._attn_implementation
        ALL_ATTENTION_FUNCTIONS.register(IMPLEMENTATION, citrus_attention)
        self.model.set_attn_implementation(IMPLEMENTATION)
        try:
            with torch.inference_mode():
                yield
        finally:
            self.model.set_attn_implementation(before)

    def forward(self, ids: Tensor, streams: list[Stream], rows: int = 1) -> Tensor:
        """One forward pass inside `attached`.

        Args:
            ids: (tokens,) token ids of all streams, one after the other.
            streams: whose rows they are; together they cover all rows, in order.
            rows: how many of the last rows' logits are wanted.

        Returns:
            (rows, vocabulary) logits. The streams hold the scores that they asked for. States are
            written, but not yet committed.
        """
        positions = torch.cat(
            [
                torch.arange(s.start, s.start + s.rows.stop - s.rows.start, device=self.device)
                for s in streams
            ]
        )
        return self._forward(ids, positions, StreamPass(streams), rows)

    def _forward(self, ids: Tensor, positions: Tensor, attend: Attend, rows: int) -> Tensor:
        with attending(attend):
            output: Any = self.model(
                input_ids=ids.unsqueeze(0),
                position_ids=positions.unsqueeze(0),
                use_cache=False,
                logits_to_keep=rows,
            )
        logits: Tensor = output.logits[0, -rows:]
        return logits

    def _probe_rotations(self, ids: Tensor) -> RotationProbe:
        probe = RotationProbe()
        expected = self.model.config.num_hidden_layers
        try:
            with self._attention_ours():
                probe.run(self.model, self.rope, ids)
            if len(probe.seen) == expected:
                self.rope.rotations = probe.rotations(self.rope)
                return probe
        except torch.OutOfMemoryError:
            raise
        except (TypeError, AttributeError, KeyError, IndexError, RuntimeError, ValueError) as error:
            raise NotServableError(f"its attention layers do not fit: {error}") from error
        raise NotServableError(f"{len(probe.seen)} of its {expected} layers are plain attention")

    def _prove_logits(self, ids: Tensor) -> None:
        if self.window is not None and self.window < ids.shape[0]:
            raise NotServableError(f"its attention window is only {self.window} tokens")
        with torch.inference_mode():
            theirs = self.model(input_ids=ids.unsqueeze(0), use_cache=False).logits[0]
        cache = self.cache(ids.shape[0], self.rope_table())
        ours = []
        with self.attached():
            for chunk in ids.split(PROBE_CHUNK):
                size = chunk.shape[0]
                stream = Stream(slice(0, size), cache, writes=True, visible=cache.length)
                ours.append(self.forward(chunk, [stream], rows=size))
                cache.commit(torch.arange(cache.length, cache.length + size, device=self.device))
        compare_logits(torch.cat(ours), theirs, self.dtype)


def _probe_ids(model: PreTrainedModel) -> Tensor:
    """Ids spread over the vocabulary, the same in every run."""
    vocabulary = model.get_input_embeddings().num_embeddings
    return ((torch.arange(1, PROBE_TOKENS + 1) * 7919) % vocabulary).to(model.device)


def _refuse_other_layers(config: Any) -> None:
    if config.is_encoder_decoder:
        raise NotServableError("it is an encoder-decoder model")
    others = set(getattr(config, "layer_types", None) or ()) - SERVED_LAYERS
    if others:
        raise NotServableError(f"it has {', '.join(sorted(others))} layers")
