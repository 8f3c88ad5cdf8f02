"""How surprising each token of a text is to the model that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone

LOGIT_BLOCK_BYTES = 64 << 20
"""Upper bound of the float32 logits that exist at one time."""


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
        with self._hidden_states() as seen:
            final = self.backbone.forward(ids, streams)
        (hidden,) = seen
        head = self.backbone.model.get_output_embeddings()
        scale = _scale(final, head(hidden[-1:]))
        block = max(1, LOGIT_BLOCK_BYTES // (4 * final.shape[1]))
        before = [] if self._last is None else [_of(ids[:1], self._last)]
        # row i predicts token i + 1; the last row's logits wait for the next pass
        for start in range(0, size - 1, block):
            rows = slice(start, min(start + block, size - 1))
            logits = head(hidden[rows]) * scale
            before.append(_of(ids[rows.start + 1 : rows.stop + 1], logits))
        self._last = head(hidden[size - 1 : size]) * scale
        entropy = torch.cat(before) if before else hidden.new_zeros(0)
        return torch.cat((entropy.new_zeros(size - entropy.shape[0]), entropy))

    @contextmanager
    def _hidden_states(self) -> Iterator[list[Tensor]]:
        """Inside, what the model's head is given: (rows, hidden) of the latest forward pass."""
        seen: list[Tensor] = []

        def note(module: nn.Module, args: object, output: tuple[Tensor, ...]) -> None:
            seen[:] = [output[0][0]]

        register: Callable[..., torch.utils.hooks.RemovableHandle]
        register = self.backbone.model.base_model.register_forward_hook
        hook = register(note)
        try:
            yield seen
        finally:
            hook.remove()


def _scale(final: Tensor, raw: Tensor) -> Tensor:
    """By what some models (Cohere, Granite) multiply the logits that their head gives."""
    final, raw = final.float(), raw.float()
    return (final * raw).sum() / raw.square().sum()


def _of(ids: Tensor, logits: Tensor) -> Tensor:
    """−log P of each token, (tokens,), by the logits (tokens, vocabulary) that predict them."""
    return nn.functional.cross_entropy(logits.float(), ids, reduction="none")
