"""The language model's head, over the rows of a pass that has been made.

A forward pass gives the logits of its last row. Whoever wants those of every row, a whole chunk's
times a vocabulary of a hundred thousand, takes them a few at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

LOGIT_BLOCK_BYTES = 64 << 20
"""Upper bound of the float32 logits that exist at one time."""


@dataclass
class LatestRows:
    """The hidden states of the latest forward pass of `model`, and their logits.

    `latest_rows` makes one; it is of use inside that context only.
    """

    model: PreTrainedModel
    _output: Any = None

    def logits(self, rows: slice) -> Tensor:
        """The logits of `rows` of the latest pass, (rows, vocabulary).

        They come from the model's own code (which may scale or cap what its last layer gives), run
        once more with the layers before it answering what they answered.
        """
        whole = self._output
        some = replace(whole, last_hidden_state=whole.last_hidden_state[:, rows])
        ids = torch.zeros(1, 1, dtype=torch.long, device=self.model.device)
        with _answering(self.model.base_model, some):
            return self.model(input_ids=ids, use_cache=False, logits_to_keep=0).logits[0]

    def surprisal(self, ids: Tensor, first: int = 0) -> Tensor:
        """−log P of tokens, in nats, by the rows of the latest pass that predict them.

        Args:
            ids: (tokens,), predicted by as many rows from `first` on; may be empty.
            first: the row that predicts the first of them.

        Returns:
            (tokens,) float32.
        """
        vocabulary = self.model.config.get_text_config().vocab_size
        block = max(1, LOGIT_BLOCK_BYTES // (4 * vocabulary))
        found = [torch.empty(0, device=ids.device)]
        for start in range(0, len(ids), block):
            some = ids[start : start + block]
            logits = self.logits(slice(first + start, first + start + len(some)))
            found.append(surprisal(logits, some))
        return torch.cat(found)


def surprisal(logits: Tensor, ids: Tensor) -> Tensor:
    """−log P of each token, (tokens,) float32, by the logits (tokens, vocabulary) for them."""
    return functional.cross_entropy(logits.float(), ids, reduction="none")


@contextmanager
def latest_rows(model: PreTrainedModel) -> Iterator[LatestRows]:
    """Inside, the hidden states of each forward pass are held until the next one."""
    latest = LatestRows(model)

    def hold(module: nn.Module, args: object, output: Any) -> None:
        if not isinstance(module.__dict__.get("forward"), _Answer):  # else it was no pass
            latest._output = output

    hook = model.base_model.register_forward_hook(hold)
    try:
        yield latest
    finally:
        hook.remove()
        latest._output = None


@dataclass(frozen=True)
class _Answer:
    """What stands in for the layers before the head, and gives what they gave."""

    output: object

    def __call__(self, *args: object, **options: object) -> object:
        return self.output


@contextmanager
def _answering(base: nn.Module, output: object) -> Iterator[None]:
    """Inside, `base` is not run, but returns `output`."""
    own = base.__dict__.get("forward")  # accelerate, for one, puts its own over the class's
    base.__dict__["forward"] = _Answer(output)
    try:
        yield
    finally:
        del base.__dict__["forward"]
        if own is not None:
            base.__dict__["forward"] = own
