"""The most surprising tokens, fading with time (SirLLM, arXiv 2405.12528)."""

from __future__ import annotations

from torch import Tensor

from citrus_cli.engine.policies.base import Candidates, Observation, Policy, Rows, protect
from citrus_cli.engine.policies.streaming import SINKS

DECAY = 0.9
"""What remains of a token's entropy after each chunk; the paper uses 0.7 to 1 per turn."""


class SirLLM(Policy):
    """Keeps the tokens of highest entropy, −log P(token | what came before), and four sinks.

    The same tokens in all layers (section 3). The paper lets entropies decay after each turn of a
    dialogue; a document has none, so here they decay with each chunk. What came before is what the
    cache still holds of it. No attention is looked at, nor the instruction.
    """

    name = "sirllm"
    rows = Rows.NONE
    closing_rows = Rows.NONE
    memory_fields = 1
    wants_entropy = True

    def remember(self, observation: Observation) -> None:
        """The decayed entropy of each token."""
        if observation.entropy is not None:
            fresh = observation.entropy.shape[0]
            observation.memory[0] *= DECAY
            observation.memory[0, :, -fresh:] = observation.entropy

    def rank(self, candidates: Candidates) -> Tensor:
        """The remembered entropy, with the sinks above all: (layers, states)."""
        assert candidates.memory is not None
        return protect(candidates.memory[0], first=SINKS, last=0)
