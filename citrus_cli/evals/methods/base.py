"""What is compared: ways to fit a text of any length into a fixed number of states."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import Policy
from citrus_cli.engine.states import StateCache, States
from citrus_cli.run import Runner


@dataclass(frozen=True)
class Remembered:
    """What an instruction can attend to once a text has been read.

    `cache` is ready for `engine.generator.generate`: it has room for the instruction and
    `settings.answer_tokens`. `origins` is (layers, states), or (layers · kv_heads, states) where a
    method chooses per head: which tokens of the text are in it, as indices into the text, ascending
    per layer or head; the prompt's own states are not among them. `read_before` is how many seconds
    went into reading for it before it was asked for, where a reading was shared.
    """

    cache: StateCache
    instruction: Instruction
    origins: Tensor
    read_before: float = 0.0


class Method(ABC):
    """A way to fit a text into memory: an eviction policy, a choice of text, or everything."""

    name: str

    budgeted: ClassVar[bool] = True
    """Whether it keeps within `settings.budget`; else memory grows with the text."""

    sized_as: str = "citrus"
    """The policy whose caches are as large as those of this method."""

    @abstractmethod
    def remember(
        self,
        runner: Runner,
        text: Sequence[int],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        """Read a text, and say what is left of it for each instruction, in their order.

        The text is read as seldom as the method allows: once for all instructions where what is
        kept while reading does not depend on them. What was yielded holds until the next is taken.

        Args:
            runner: the model.
            text: the document's token ids, without prompt.
            instructions: the questions, each in the chat template's tail.
            settings: `budget` is the number of states per layer that may be left of the text.
        """

    def individual_policy(self, runner: Runner) -> Policy | None:
        """The policy that it reads with, if each instruction has a cache of its own there.

        Then the states that come past depend on no instruction, and `select` does the rest.
        """
        return None

    def select(
        self,
        runner: Runner,
        text: Sequence[int],
        states: Iterable[States],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        """`remember`, of a text that was read before: its states come past.

        Only for methods that have an `individual_policy`.
        """
        raise NotImplementedError(f"{self.name} reads for each instruction")

    def limit(self, runner: Runner) -> int | None:
        """How many positions, of prompt, text and answer together, the model was trained for.

        Beyond them the method still runs, outside of what the model knows. None: the method keeps
        to what the model knows, however long the text is.
        """
        return None

    def check_room(
        self,
        runner: Runner,
        tokens: int,
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> None:
        """Whether a text of so many tokens can be read within what the model and device allow.

        Raises:
            UsageError: the model does not know so many positions.
            MemoryLimitError: there is no room.
        """
        sized = replace(
            runner.settings,
            policy=self.sized_as,
            budget=settings.budget,
            chunk_size=settings.chunk_size,
            max_answer_tokens=settings.answer_tokens,
        )
        replace(runner, settings=sized).check_room(instructions)
