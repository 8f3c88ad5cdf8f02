"""How surprising each token of a text is to the model that reads it."""

from __future__ import annotations

import torch
from torch import Tensor

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.head import latest_rows, surprisal


class EntropyReader:
    """Reads text and notes the entropy of its tokens: −log P(token | what came before), in nats.

    What came before is what the cache still holds of it. The first token of all, which nothing
    predicts, has entropy 0.
    """

    def __init__(self, backbone: Backbone) -> None:
        self.backbone = backbone
        self._last: Tensor | None = None  # logits (1, vocabulary) after the last token read

    def forward(self, ids: Tensor, streams: list[Stream], size: int) -> Tensor:
        """A forward pass as `Backbone.forward`; the first `size` of `ids` are the next of the text.

        Returns:
            The entropies of those, (size,) float32. A pass that fails changes nothing.
        """
        with latest_rows(self.backbone.model) as latest:
            self.backbone.forward(ids, streams)
            # row i predicts token i + 1; the last row's logits wait for the next pass
            later = latest.surprisal(ids[1:size])
            last = latest.logits(slice(size - 1, size))
        first = later.new_zeros(1) if self._last is None else surprisal(self._last, ids[:1])
        self._last = last
        return torch.cat((first, later))
