"""How states are written down: as they were computed, in bfloat16, or in eight bits."""

from __future__ import annotations

from typing import Literal, cast, get_args

import torch
from torch import Tensor

from citrus_cli.engine.states import States
from citrus_cli.errors import UsageError

StoreDtype = Literal["auto", "bf16", "int8"]
STORE_DTYPES: tuple[str, ...] = get_args(StoreDtype)

_LARGEST = 127


def checked(name: str) -> StoreDtype:
    """`name` as a store dtype.

    Raises:
        UsageError: it is none.
    """
    if name not in STORE_DTYPES:
        raise UsageError(f"unknown store dtype {name!r}; choose one of {', '.join(STORE_DTYPES)}")
    return cast(StoreDtype, name)


def encode(states: States, dtype: StoreDtype) -> dict[str, Tensor]:
    """Tensors for a file, on the CPU.

    int8 is symmetric: keys with one scale for each channel of the run, since a few of their
    channels are large in all tokens, values with one for each token (KIVI, arXiv 2402.02750).
    """
    if dtype != "int8":
        to = states.keys.dtype if dtype == "auto" else torch.bfloat16
        return {
            "keys": states.keys.to("cpu", to).contiguous(),
            "values": states.values.to("cpu", to).contiguous(),
        }
    tensors = {}
    for name, x, dim in (("keys", states.keys, 2), ("values", states.values, 3)):
        x = x.to("cpu", torch.float32)
        scale = x.abs().amax(dim=dim, keepdim=True).clamp_min(1e-8) / _LARGEST
        tensors[name] = (x / scale).round().to(torch.int8)
        tensors[f"{name}_scale"] = scale
    return tensors


def decode(tensors: dict[str, Tensor], start: int) -> States:
    """The way back; in float32 where it was int8 (a cache casts what it takes)."""
    keys, values = tensors["keys"], tensors["values"]
    if "keys_scale" in tensors:
        keys = keys * tensors["keys_scale"]
        values = values * tensors["values_scale"]
    return States(keys, values, start)


def bytes_per_token(
    layers: int, kv_heads: int, head_dim: int, value_dim: int, itemsize: int, dtype: StoreDtype
) -> int:
    """Bytes that a token's states take on disk (int8: the keys' scales, one for a run, aside)."""
    if dtype == "int8":
        return layers * kv_heads * (head_dim + value_dim + 4)
    size = itemsize if dtype == "auto" else 2
    return layers * kv_heads * (head_dim + value_dim) * size
