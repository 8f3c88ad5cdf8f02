"""An answer by the model's own forward and its own cache: one pass for the text, one a token.

Any causal language model that transformers loads is served, whatever its layers are. What support
and sources need comes from the very passes that write the answer: its likelihood from the logits
that chose its tokens, and what it was read from by watching the heads that retrieve.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from citrus_cli.engine.drafting import Drafts
from citrus_cli.engine.head import latest_rows
from citrus_cli.engine.room import RoomyLayer, make_room
from citrus_cli.engine.watching import Watch, watched


class Decoding:
    """A text that a model reads, and what it writes after it.

    Attributes:
        ids: what was written.
        surprisal: −log P of each of these, in nats.
    """

    def __init__(
        self, model: PreTrainedModel, text: Sequence[int], asked: range, watch: Watch
    ) -> None:
        """Settle what is read; nothing is run yet.

        Args:
            model: a causal language model.
            text: the token ids to read.
            asked: which of them are the question's own words.
            watch: sees all passes; keeps the rows of `asked`, then those of what is written.
        """
        self.model, self.watch = model, watch
        self.ids: list[int] = []
        self.surprisal: list[float] = []
        self._text, self._asked = tuple(text), asked
        self._cache: dict[str, Any] = {}
        self._layers: list[RoomyLayer] | None = None
        self._drafts = Drafts(text)

    def write(
        self,
        most: int,
        stop: Collection[int],
        on_token: Callable[[int], None] = lambda token: None,
    ) -> None:
        """Write greedily until an id of `stop` comes, which is left out, but at most `most` tokens.

        `on_token` is called with each token as it is written; if it raises, what was written stays.
        """
        with torch.inference_mode(), watched(self.model, self.watch):
            logits = self._read(most)
            draft: list[int] = []
            while self._take(logits, draft, stop, on_token):
                room = most - len(self.ids)
                draft = self._drafts.guess(room - 1) if self._layers and room else []
                logits = self._pass([self.ids[-1], *draft])
                self.watch.keep(slice(0, 1), len(self._text) + len(self.ids) - 1)
                if not room:  # that pass was for the watch alone
                    return

    def _read(self, room: int) -> Tensor:
        """The text's pass; the logits of its last row, (1, vocabulary)."""
        logits = self._pass(self._text, rows=1)
        self.watch.keep(slice(self._asked.start, self._asked.stop), self._asked.start)
        self._layers = make_room(next(iter(self._cache.values())), room)
        return logits

    def _pass(self, ids: Sequence[int], rows: int | None = None) -> Tensor:
        """Run tokens that follow what the cache holds; the logits of the last rows, or of all."""
        output: Any = self.model(
            input_ids=torch.tensor([ids], device=self.model.device),
            use_cache=True,
            logits_to_keep=len(ids) if rows is None else rows,
            **self._cache,
        )
        if not self._cache:
            # as transformers before and from 5.24 on calls it
            name = next(one for one in ("cache", "past_key_values") if output.get(one) is not None)
            self._cache = {name: output[name]}
        logits: Tensor = output.logits[0]
        return logits

    def _take(
        self,
        logits: Tensor,
        draft: Sequence[int],
        stop: Collection[int],
        on_token: Callable[[int], None],
    ) -> bool:
        """Write what the latest pass chose, (1 + drafted, vocabulary); whether that is not all.

        Its rows but the first were of a draft; they hold as far as the draft was right.
        """
        largest, chosen = logits.max(dim=-1)
        surprisal = (logits.float().logsumexp(dim=-1) - largest.float()).tolist()
        best = chosen.tolist()
        right = next((at for at, one in enumerate(draft) if one != best[at]), len(draft))
        for layer in self._layers if len(draft) > right and self._layers else ():
            layer.forget(len(draft) - right)
        place = len(self._text) + len(self.ids)
        for at in range(right + 1):
            if best[at] in stop:
                return False
            if at < right:
                self.watch.keep(slice(at + 1, at + 2), place + at)
            self.ids.append(best[at])
            self.surprisal.append(surprisal[at])
            self._drafts.add(best[at])
            on_token(best[at])
        return True


def likelihood(model: PreTrainedModel, text: Sequence[int], answer: Sequence[int]) -> float:
    """The log-likelihood of an answer after a text, in nats per token; one pass.

    `answer` must hold a token.
    """
    ids = torch.tensor([*text, *answer], device=model.device)
    with torch.inference_mode(), latest_rows(model) as latest:
        model.base_model(input_ids=ids[None], use_cache=False)
        loss = latest.surprisal(ids[len(text) :], first=len(text) - 1)  # a row predicts the next
    return -float(loss.mean())
