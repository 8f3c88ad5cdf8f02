"""Eviction policies by name. A new one is a file here and an entry below; nothing else changes."""

from __future__ import annotations

from collections.abc import Sequence

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
from citrus_cli.engine.policies.heads import CitrusHeads, Head
from citrus_cli.engine.policies.individual import (
    CitrusHeadsIndividual,
    CitrusHeadsWide,
    CitrusIndividual,
    CitrusReread,
)
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

POLICIES: dict[str, type[Policy]] = {
    policy.name: policy
    for policy in (
        CitrusReread,
        CitrusHeads,
        CitrusHeadsIndividual,
        CitrusHeadsWide,
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


def make_policy(name: str, heads: Sequence[Head] = (), found: float = 0.0) -> Policy:
    """The policy called `name`; `heads` and `found` are the model's, for those that need them.

    Raises:
        ValueError: the policy needs heads and there are none.
    """
    policy = POLICIES[name]
    return policy(heads, found) if issubclass(policy, CitrusHeads) else policy()


__all__ = [
    "POLICIES",
    "Candidates",
    "Citrus",
    "CitrusHeads",
    "CitrusHeadsIndividual",
    "CitrusIndividual",
    "Head",
    "Observation",
    "Policy",
    "Rows",
    "Standard",
    "Streaming",
    "head_attention",
    "make_policy",
    "mean_attention",
    "protect",
]
