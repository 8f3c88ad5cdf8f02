"""The cache: a fixed number of slots per layer for position-free key/value states."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from citrus_cli.engine.rope import RopeTable

NO_ORIGIN = -1
"""The origin of a state that is not the document's: prompt or answer."""


@dataclass(frozen=True)
class States:
    """The states of a run of tokens in all layers: what a reading hands on to whoever keeps them.

    `keys` is (layers, kv_heads, tokens, head_dim), without rotary embedding, and `values`
    (layers, kv_heads, tokens, value_dim); both may be views that the next chunk overwrites.
    `start` is the origin of the first token, those of the others follow; NO_ORIGIN: all are the
    prompt's.
    """

    keys: Tensor
    values: Tensor
    start: int

    def __len__(self) -> int:
        return self.keys.shape[2]

    def origins(self) -> Tensor:
        """The origin of each token, (tokens,)."""
        if self.start == NO_ORIGIN:
            return torch.full((len(self),), NO_ORIGIN, device=self.keys.device)
        return torch.arange(self.start, self.start + len(self), device=self.keys.device)


@dataclass(frozen=True)
class CacheShape:
    """What a cache must hold.

    `capacity` counts slots per layer: prefix, budget, chunk, instruction and answer. `groups` is
    how many choices a layer makes of what it keeps: 1 for all its KV heads together, or one for
    each. `fields` is how many numbers a policy remembers of each state.
    """

    layers: int
    kv_heads: int
    head_dim: int
    value_dim: int
    capacity: int
    dtype: torch.dtype
    device: torch.device
    groups: int = 1
    fields: int = 0

    def __post_init__(self) -> None:
        if min(self.layers, self.kv_heads, self.head_dim, self.value_dim, self.capacity) < 1:
            raise ValueError(f"every size of a cache must be positive: {self}")
        if self.groups not in (1, self.kv_heads) or self.fields < 0:
            raise ValueError(f"a cache chooses per layer or per KV head: {self}")

    @property
    def rows(self) -> int:
        """How many choices are made in all: one per layer, or one per layer and KV head."""
        return self.layers * self.groups

    @property
    def bytes(self) -> int:
        """Bytes that the buffers of one cache take (keys twice: as stored, and rotated)."""
        per_slot = (2 * self.head_dim + self.value_dim) * self.kv_heads * self.dtype.itemsize
        return self.layers * self.capacity * (per_slot + self.groups * (8 + 4 * self.fields))


class StateCache:
    """Key and value states of one stream, in preallocated buffers.

    Slots 0…length-1 are filled, in the order of their origins. Keys are stored without rotary
    embedding; `rotated` holds the same keys rotated by slot, brought up to date by `refresh`, so
    that nothing is rotated twice while nothing moves. States enter through `write`, a layer at a
    time while a forward pass runs, and count once `commit` is called; until then a failed pass
    leaves the cache as it was.

    `origins` is (rows, capacity): a row for each layer, or for each layer and KV head where a
    policy chooses per head (layer-major). `memory` is (fields, rows, capacity) float32: what a
    policy remembers of each state, 0 when it enters.
    """

    def __init__(self, shape: CacheShape, table: RopeTable) -> None:
        self.shape = shape
        self.table = table
        self.length = 0
        size = (shape.layers, 1, shape.kv_heads, shape.capacity)
        options = {"dtype": shape.dtype, "device": shape.device}
        self.keys = torch.zeros(*size, shape.head_dim, **options)  # type: ignore[call-overload]
        self.rotated = torch.zeros_like(self.keys)
        self.values = torch.zeros(*size, shape.value_dim, **options)  # type: ignore[call-overload]
        self.origins = torch.full(
            (shape.rows, shape.capacity), NO_ORIGIN, dtype=torch.long, device=shape.device
        )
        self.memory = torch.zeros(shape.fields, *self.origins.shape, device=shape.device)
        self._fresh = [0] * shape.layers  # slots of `rotated` that are up to date
        self._version = table.version

    def write(self, layer: int, keys: Tensor, values: Tensor) -> None:
        """Put a layer's new states, (1, kv_heads, tokens, dim), into the slots after `length`."""
        start, end = self.length, self.length + keys.shape[2]
        if end > self.shape.capacity:
            raise IndexError(f"{end} states do not fit into {self.shape.capacity} slots")
        self.keys[layer, :, :, start:end] = keys
        self.values[layer, :, :, start:end] = values
        self._fresh[layer] = min(self._fresh[layer], start)

    def commit(self, origins: Tensor) -> None:
        """Count the states just written in every layer, (tokens,) origins with them."""
        end = self.length + origins.shape[0]
        self.origins[:, self.length : end] = origins
        self.memory[:, :, self.length : end] = 0
        self.length = end

    def refresh(self, layer: int, end: int) -> None:
        """Bring `rotated` up to date for a layer's slots before `end`."""
        if self._version != self.table.version:
            self._fresh = [0] * self.shape.layers
            self._version = self.table.version
        start = self._fresh[layer]
        if start < end:
            stale = self.keys[layer, :, :, start:end]
            self.rotated[layer, :, :, start:end] = self.table.rotate(layer, stale, start)
            self._fresh[layer] = end

    def keep(self, indices: Tensor, among: int) -> None:
        """Evict: of the slots before `among`, keep `indices`, (rows, k) ascending per row.

        Slots from `among` on are kept whole and move down.
        """
        layers, groups = self.shape.layers, self.shape.groups
        kept = indices.shape[1]
        length = kept + self.length - among
        tail = torch.arange(among, self.length, device=indices.device)
        slots = torch.cat((indices, tail.expand(indices.shape[0], -1)), dim=1)
        for layer, chosen in enumerate(slots.unflatten(0, (layers, groups))):
            for states in (self.keys[layer, 0], self.values[layer, 0]):
                states[:, :length] = _select(states, chosen)
        self.origins[:, :length] = self.origins.gather(1, slots)
        if self.shape.fields:
            remembered = self.memory.gather(2, slots.expand(self.shape.fields, -1, -1))
            self.memory[:, :, :length] = remembered
        unmoved = slots == torch.arange(length, device=slots.device)
        # how many slots stayed in place from the front: their rotation still holds
        in_place = unmoved.long().cumprod(dim=1).sum(dim=1).view(layers, groups).amin(dim=1)
        self._fresh = [min(a, b) for a, b in zip(self._fresh, in_place.tolist(), strict=True)]
        self.length = length

    def copy(self) -> StateCache:
        """A cache of the same size that holds the same, and shares only the rotary table."""
        made = StateCache(self.shape, self.table)
        for ours, theirs in ((self.keys, made.keys), (self.values, made.values)):
            theirs[:, :, :, : self.length] = ours[:, :, :, : self.length]
        made.rotated[:, :, :, : self.length] = self.rotated[:, :, :, : self.length]
        made.origins[:, : self.length] = self.origins[:, : self.length]
        made.memory[:, :, : self.length] = self.memory[:, :, : self.length]
        made.length, made._fresh, made._version = self.length, [*self._fresh], self._version
        return made

    def origins_of(self, layer: int, kv_head: int) -> Tensor:
        """The origins of the states that a KV head holds, (length,)."""
        row = layer * self.shape.groups + (kv_head if self.shape.groups > 1 else 0)
        return self.origins[row, : self.length]

    def layer_origins(self, start: int) -> Tensor:
        """The origins that each layer holds from slot `start` on, (layers, groups · states)."""
        held = self.origins[:, start : self.length]
        return held.unflatten(0, (self.shape.layers, self.shape.groups)).flatten(1)

    def tail(self, count: int) -> States:
        """The newest `count` states, as a view; their origins must follow one another."""
        newest = slice(self.length - count, self.length)
        start = int(self.origins[0, newest.start])
        return States(self.keys[:, 0, :, newest], self.values[:, 0, :, newest], start)

    def append(self, states: States) -> None:
        """Add states that were computed elsewhere: in another cache, or in an earlier run."""
        for layer in range(self.shape.layers):
            self.write(layer, states.keys[layer].unsqueeze(0), states.values[layer].unsqueeze(0))
        self.commit(states.origins())

    def truncate(self, length: int) -> None:
        """Forget the states from slot `length` on."""
        if not 0 <= length <= self.length:
            raise IndexError(f"cannot cut {self.length} states to {length}")
        self.length = length
        self._fresh = [min(fresh, length) for fresh in self._fresh]


def _select(states: Tensor, slots: Tensor) -> Tensor:
    """The states (kv_heads, slots, dim) in the slots (1, k) of all heads, or (kv_heads, k)."""
    if slots.shape[0] == 1:
        return states.index_select(1, slots[0])
    return states.gather(1, slots.unsqueeze(2).expand(-1, -1, states.shape[2]))
