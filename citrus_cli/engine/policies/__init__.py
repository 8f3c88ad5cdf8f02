"""Eviction policies by name. A new one is a file here and an entry below; nothing else changes."""

from __future__ import annotations

from citrus_cli.engine.policies.base import Candidates, Policy, Rows, mean_attention, protect
from citrus_cli.engine.policies.citrus import Citrus
from citrus_cli.engine.policies.individual import CitrusIndividual
from citrus_cli.engine.policies.standard import Standard
from citrus_cli.engine.policies.streaming import Streaming

POLICIES: dict[str, type[Policy]] = {
    policy.name: policy for policy in (Citrus, CitrusIndividual, Standard, Streaming)
}

__all__ = [
    "POLICIES",
    "Candidates",
    "Citrus",
    "CitrusIndividual",
    "Policy",
    "Rows",
    "Standard",
    "Streaming",
    "mean_attention",
    "protect",
]
