"""What an answer is written from, whichever way it was come by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from citrus_cli.engine.attribution import Attribution, attribute, likelihood_without
from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.retrieval import found_share
from citrus_cli.engine.states import StateCache

if TYPE_CHECKING:
    from citrus_cli.run import Runner


class Basis(Protocol):
    """Some tokens of documents, and a question about them, as a model has them before it.

    Tokens are told by their origins, which are their places in all documents together.
    """

    @property
    def size(self) -> int:
        """How many document tokens the answer may attend to, in each layer."""

    @property
    def enough(self) -> float:
        """Where `found` is below this, nothing was found."""

    @property
    def clear(self) -> float | None:
        """From so much on, an answer will hardly turn out weak; None: from `enough` on."""

    def found(self, answer: Sequence[int] = ()) -> float:
        """How much of the question, or of an answer, finds something in the documents: 0 to 1."""

    def origins(self) -> list[list[int]]:
        """For each layer the origins of what it holds; as often as it has KV heads that choose."""

    def write(
        self, most: int, stop: Collection[int], on_token: Callable[[int], None]
    ) -> Sequence[int]:
        """Write an answer greedily: at most so many token ids, and none of `stop`, which end it.

        `on_token` is called with each as it is written.
        """

    def attribution(self, answer: Sequence[int]) -> Attribution:
        """What an answer that was written here was read from; an empty one: what was asked."""

    def likelihood_without(self, answer: Sequence[int], origins: Collection[int]) -> float:
        """The answer's log-likelihood in nats per token, had these tokens not been there."""


@dataclass(frozen=True)
class KeptStates:
    """What a policy kept of documents for an instruction: a cache of the engine's.

    The cache is `caches[index]`, looked up whenever it is needed: some are made only then.
    """

    runner: Runner
    caches: Sequence[StateCache]
    index: int
    instruction: Instruction

    @property
    def cache(self) -> StateCache:
        """The prompt's states, and then the documents'."""
        return self.caches[self.index]

    @property
    def size(self) -> int:
        return self.cache.length - self._pinned

    @property
    def enough(self) -> float:
        return self.runner.retrieval.found

    @property
    def clear(self) -> None:
        return None

    def found(self, answer: Sequence[int] = ()) -> float:
        runner = self.runner
        return found_share(runner.backbone, self.cache, self.instruction, runner.heads, answer)

    def origins(self) -> list[list[int]]:
        found: list[list[int]] = self.cache.layer_origins(self._pinned).tolist()
        return found

    def write(
        self, most: int, stop: Collection[int], on_token: Callable[[int], None]
    ) -> Sequence[int]:
        return generate(self.runner.backbone, self.cache, self.instruction, most, stop, on_token)

    def attribution(self, answer: Sequence[int]) -> Attribution:
        runner = self.runner
        return attribute(runner.backbone, self.cache, self.instruction, answer, runner.heads)

    def likelihood_without(self, answer: Sequence[int], origins: Collection[int]) -> float:
        backbone = self.runner.backbone
        return likelihood_without(backbone, self.cache, self.instruction, answer, origins)

    @property
    def _pinned(self) -> int:
        return len(self.runner.prompt.prefix)


def kept_states(
    runner: Runner, caches: Sequence[StateCache], instructions: Sequence[Instruction]
) -> list[Basis]:
    """What a policy kept for some instructions, in their order."""
    return [KeptStates(runner, caches, at, one) for at, one in enumerate(instructions)]
