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
from transformers import PreTrainedModel


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
        try:
            with _answering(self.model.base_model, some):
                return self.model(input_ids=ids, use_cache=False, logits_to_keep=0).logits[0]
        finally:
            self._output = whole  # the hook took `some` for a pass


@contextmanager
def latest_rows(model: PreTrainedModel) -> Iterator[LatestRows]:
    """Inside, the hidden states of each forward pass are held until the next one."""
    latest = LatestRows(model)

    def hold(module: nn.Module, args: object, output: Any) -> None:
        latest._output = output

    hook = model.base_model.register_forward_hook(hold)
    try:
        yield latest
    finally:
        hook.remove()
        latest._output = None


@contextmanager
def _answering(base: nn.Module, output: object) -> Iterator[None]:
    """Inside, `base` is not run, but returns `output`."""
    own = base.__dict__.get("forward")  # accelerate, for one, puts its own over the class's
    base.__dict__["forward"] = lambda *args, **options: output
    try:
        yield
    finally:
        del base.__dict__["forward"]
        if own is not None:
            base.__dict__["forward"] = own
