"""States drawn by lot: what any rule must beat."""

from __future__ import annotations

import torch
from torch import Tensor

from citrus_cli.engine.policies.base import Candidates, Policy, Rows

SEED = 20240617
MULTIPLIER = 0x5851F42D4C957F2D  # Knuth's, for arithmetic modulo 2**64


class Random(Policy):
    """Every layer keeps a uniform sample of the document, another one in each.

    A token's lot in a layer is a hash of the two and of the seed, drawn once and not anew at each
    eviction, which would favour what was read last. So it depends neither on the device nor on the
    chunk size, and is the same in every reading.
    """

    name = "random"
    rows = Rows.NONE
    closing_rows = Rows.NONE

    def rank(self, candidates: Candidates) -> Tensor:
        """The states' lots: (layers, states)."""
        origins = candidates.origins
        layers = torch.arange(origins.shape[0], device=origins.device).unsqueeze(1)
        lots = origins + (layers + SEED) * MULTIPLIER
        for _ in range(3):  # rounds of a multiply-and-shift hash; integers wrap around
            lots = (lots ^ (lots >> 32)) * MULTIPLIER + SEED
        return lots ^ (lots >> 32)
