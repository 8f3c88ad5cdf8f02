"""Everything that `citrus eval` and `citrus compare` know by name.

A new method is a file here, with a class that says what it remembers, and an entry below; a new
policy of the engine is a method at once.
"""

from __future__ import annotations

from citrus_cli.engine.policies import POLICIES
from citrus_cli.evals.methods.base import Method, Remembered
from citrus_cli.evals.methods.bm25 import BM25
from citrus_cli.evals.methods.full import Full
from citrus_cli.evals.methods.gemfilter import GemFilter
from citrus_cli.evals.methods.index import METHODS as INDEXES
from citrus_cli.evals.methods.policies import PolicyMethod
from citrus_cli.evals.methods.xl3m import XL3M

METHODS: dict[str, Method] = {name: PolicyMethod(name) for name in POLICIES}
METHODS |= {method.name: method for method in (Full(), BM25(), GemFilter(), XL3M(), *INDEXES)}

__all__ = ["METHODS", "Method", "PolicyMethod", "Remembered"]
