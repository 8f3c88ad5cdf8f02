"""Attention sinks and the most recent states (StreamingLLM, arXiv 2309.17453)."""

from __future__ import annotations

import torch
from torch import Tensor

from citrus_cli.engine.policies.base import Candidates, Policy, Rows, protect

SINKS = 4
"""How many initial tokens are sinks, as in StreamingLLM: they draw attention whatever is asked, so
they are kept, and nothing is found there."""


class Streaming(Policy):
    """Keeps the first four states and the most recent ones; looks at no attention."""

    name = "streaming"
    rows = Rows.NONE
    closing_rows = Rows.NONE

    def rank(self, candidates: Candidates) -> Tensor:
        """Recency, with the sinks above all."""
        recency = torch.arange(candidates.origins.shape[1], device=candidates.origins.device)
        return protect(recency.float().unsqueeze(0), first=SINKS, last=0)
