"""Eviction policies by name. A new one is a file here and an entry below; nothing else changes.

Another package adds one with a file such as this, `my_package/older.py`:

    from citrus_cli.engine.policies import Policy, Rows

    class Older(Policy):  # keeps the oldest states
        name = "older"
        rows = closing_rows = Rows.NONE
        def rank(self, candidates):
            return -candidates.origins.float()

and two lines of its `pyproject.toml`; `--policy older` then works wherever a policy is named:

    [project.entry-points."citrus.policies"]
    older = "my_package.older:Older"
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from citrus_cli.engine.policies.base import (
    Candidates,
    Observation,
    Policy,
    Rows,
    head_attention,
    mean_attention,
    protect,
)
from citrus_cli.engine.policies.citrus import Citrus
from citrus_cli.engine.policies.h2o import H2O
from citrus_cli.engine.policies.individual import CitrusIndividual
from citrus_cli.engine.policies.keydiff import KeyDiff
from citrus_cli.engine.policies.knorm import KNorm
from citrus_cli.engine.policies.random import Random
from citrus_cli.engine.policies.roco import RoCo
from citrus_cli.engine.policies.sirllm import SirLLM
from citrus_cli.engine.policies.snapkv import SnapKV
from citrus_cli.engine.policies.standard import Standard
from citrus_cli.engine.policies.streaming import Streaming
from citrus_cli.engine.policies.tova import Tova
from citrus_cli.engine.policies.variants import (
    CitrusDecay,
    CitrusPerHead,
    CitrusPooled,
    CitrusRecent,
    CitrusSeesChunk,
    CitrusValueNorm,
)
from citrus_cli.plugins import Registry

_OWN: dict[str, type[Policy]] = {
    policy.name: policy
    for policy in (
        Citrus,
        CitrusIndividual,
        CitrusSeesChunk,
        CitrusPerHead,
        CitrusPooled,
        CitrusValueNorm,
        CitrusRecent,
        CitrusDecay,
        Standard,
        Streaming,
        H2O,
        Tova,
        RoCo,
        SnapKV,
        SirLLM,
        KeyDiff,
        KNorm,
        Random,
    )
}


def _is_policy(name: str, found: object) -> type[Policy]:
    if not isinstance(found, type) or not issubclass(found, Policy):
        raise TypeError(f"{found!r} is no subclass of citrus_cli.engine.policies.Policy")
    if inspect.isabstract(found) or getattr(found, "name", None) != name:
        raise TypeError(f"{found.__name__} has no rank(), or is not called {name!r}")
    return found


POLICIES: Mapping[str, type[Policy]] = Registry("citrus.policies", _OWN, _is_policy)
"""All of them, by name: citrus's own, and those that other packages add."""


__all__ = [
    "POLICIES",
    "Candidates",
    "Citrus",
    "CitrusIndividual",
    "Observation",
    "Policy",
    "Rows",
    "Standard",
    "Streaming",
    "head_attention",
    "mean_attention",
    "protect",
]
