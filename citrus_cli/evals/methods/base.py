"""What is compared: ways to fit a text of any length into a fixed number of states."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.states import StateCache
from citrus_cli.run import Runner


@dataclass(frozen=True)
class Remembered:
    """What an instruction can attend to once a text has been read.

    `cache` is ready for `engine.generator.generate`: it has room for the instruction and
    `settings.answer_tokens`. `origins` is (layers, states): which tokens of the text are in it, as
    indices into the text, ascending per layer; the prompt's own states are not among them.
    """

    cache: StateCache
    instruction: Instruction
    origins: Tensor


class Method(ABC):
    """A way to fit a text into memory: an eviction policy, a choice of text, or everything."""

    name: str

    budgeted: ClassVar[bool] = True
    """Whether it keeps within `settings.budget`; else memory grows with the text."""

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
