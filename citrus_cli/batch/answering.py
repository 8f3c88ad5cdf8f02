"""Asks the questions of a work list, document by document; what fails becomes a failed row."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from citrus_cli.batch.rows import Outcome, answered, failed, reason
from citrus_cli.batch.work import Item, Target
from citrus_cli.errors import CitrusError, DocumentError, ModelError

if TYPE_CHECKING:
    from citrus_cli.qa import DocumentQA

Outcomes = list[tuple[Item, Outcome]]

_PATIENCE = 3
"""So many questions of a document may fail in a row before the rest is not tried any more."""


@dataclass(frozen=True)
class Answering:
    """How questions are asked.

    `opening` holds the keyword arguments of `DocumentQA.ask_all`. `interrupted` says whether Ctrl-C
    was pressed: an answer that it cut short is no outcome. `unexpected` is told of exceptions that
    are no `CitrusError`; their rows fail as well.
    """

    qa: DocumentQA
    opening: Mapping[str, Any]
    interrupted: Callable[[], bool]
    unexpected: Callable[[Exception], None]

    def outcomes(self, groups: Sequence[tuple[Target, list[Item]]]) -> Iterator[Outcomes]:
        """What becomes of every item, as soon as it is known; several at once if they fail at once.

        Raises:
            ModelError, MemoryLimitError: the model cannot be had or loaded, so all rows would fail.
            KeyboardInterrupt: as it happens.
        """
        loaded = False
        for target, items in groups:
            if target.problem is not None:
                yield _failed(items, DocumentError(target.problem))
                continue
            if not loaded:
                self.qa.runner()
                loaded = True
            yield from self._document(target, items)

    def _document(self, target: Target, items: Sequence[Item]) -> Iterator[Outcomes]:
        """One call for all questions; a question that fails by itself is left out of the next."""
        left = deque(items)
        barren = 0
        while left:
            count = len(left)
            error: Exception | None = None
            try:
                for outcome in self._asked(target, left):
                    yield [(left.popleft(), outcome)]
            except ModelError:
                raise
            except Exception as one:
                if not isinstance(one, CitrusError):
                    self.unexpected(one)
                error = one
            if not left and error is None:
                return
            error = error or RuntimeError(f"{len(left)} questions were left without an answer")
            barren = barren + 1 if len(left) == count else 1
            if not left or isinstance(error, DocumentError) or barren == _PATIENCE:
                yield _failed(left, error)
                return
            yield _failed([left.popleft()], error)

    def _asked(self, target: Target, items: Sequence[Item]) -> Iterator[Outcome]:
        texts = [item.question.text for item in items]
        for answer in self.qa.ask_all([target.path], texts, **self.opening):
            if not answer.complete and self.interrupted():
                raise KeyboardInterrupt
            yield answered(answer)


def _failed(items: Sequence[Item], error: Exception) -> Outcomes:
    outcome = failed(*reason(error))
    return [(item, outcome) for item in items]
