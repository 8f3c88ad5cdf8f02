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
from citrus_cli.engine.policies.heads import CitrusHeads, Head
from citrus_cli.engine.policies.individual import CitrusHeadsIndividual, CitrusIndividual
from citrus_cli.engine.policies.standard import Standard
from citrus_cli.engine.policies.streaming import Streaming

POLICIES: dict[str, type[Policy]] = {
    policy.name: policy
    for policy in (
        CitrusHeads,
        CitrusHeadsIndividual,
        Citrus,
        CitrusIndividual,
        Standard,
        Streaming,
    )
}


def make_policy(name: str, heads: Sequence[Head] = ()) -> Policy:
    """The policy called `name`; `heads` are the model's, for those that need them.

    Raises:
        ValueError: the policy needs heads and there are none.
    """
    policy = POLICIES[name]
    return policy(heads) if issubclass(policy, CitrusHeads) else policy()


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
