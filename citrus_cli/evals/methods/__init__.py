"""Everything that `citrus eval` and `citrus compare` know by name."""

from __future__ import annotations

from citrus_cli.engine.policies import POLICIES
from citrus_cli.evals.methods.base import Method, Remembered
from citrus_cli.evals.methods.policies import PolicyMethod

METHODS: dict[str, Method] = {name: PolicyMethod(name) for name in POLICIES}

__all__ = ["METHODS", "Method", "PolicyMethod", "Remembered"]
