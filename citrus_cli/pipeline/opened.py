"""Views of documents, read afresh by the model's own forward: what an index's answer is written
from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from citrus_cli.engine.attribution import Attribution, weighed
from citrus_cli.engine.decoding import Decoding, likelihood
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.policies import Rows
from citrus_cli.engine.retrieval import Head
from citrus_cli.engine.watching import Watch

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class OpenedViews:
    """Some tokens of documents between the prompt's head and an instruction.

    Attributes:
        model: any causal language model.
        heads: those that retrieve, which say what an answer was read from.
        head: the token ids before the documents'.
        tokens: the documents', by their origins, in the order in which they are read.
        instruction: what follows them.
        share: how much the question found, 0 to 1; below `enough` nothing, from `clear` on enough
            for an answer that will not turn out weak.
    """

    model: PreTrainedModel
    heads: Sequence[Head]
    head: Sequence[int]
    tokens: Mapping[int, int]
    instruction: Instruction
    share: float
    enough: float
    clear: float

    @property
    def size(self) -> int:
        return len(self.tokens)

    def found(self, answer: Sequence[int] = ()) -> float:
        """What the question found, which says more than any answer does."""
        return self.share

    def origins(self) -> list[list[int]]:
        layers: int = self.model.config.get_text_config().num_hidden_layers
        return [list(self.tokens)] * layers

    def write(
        self, most: int, stop: Collection[int], on_token: Callable[[int], None]
    ) -> Sequence[int]:
        self._decoding.write(most, stop, on_token)
        return self._decoding.ids

    def attribution(self, answer: Sequence[int]) -> Attribution:
        written, start = self._decoding, len(self.head)
        attention = written.watch.attention(None if answer else len(self._asked))
        seen = (
            (row[start : start + self.size].mul(head.weight).tolist(), self.tokens)
            for row, head in zip(attention, self.heads, strict=True)
        )
        nats = -sum(written.surprisal) / len(answer) if answer else 0.0
        return Attribution(weighed(seen), nats)

    def likelihood_without(self, answer: Sequence[int], origins: Collection[int]) -> float:
        gone = set(origins)
        left = (token for origin, token in self.tokens.items() if origin not in gone)
        return likelihood(self.model, [*self.head, *left, *self.instruction.ids], answer)

    @cached_property
    def _asked(self) -> range:
        """The rows of the question's own words."""
        before = len(self.head) + self.size
        rows = self.instruction.rows(Rows.QUESTION).tolist()
        return range(before + rows[0], before + rows[-1] + 1)

    @cached_property
    def _decoding(self) -> Decoding:
        text = (*self.head, *self.tokens.values(), *self.instruction.ids)
        return Decoding(self.model, text, self._asked, Watch(self.heads))
