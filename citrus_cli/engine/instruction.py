"""What is asked, and within which sizes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from citrus_cli.engine.policies import Rows


@dataclass(frozen=True)
class Instruction:
    """The tokens after the document: the question with the chat template around it.

    `question` marks which of `ids` are the question's own words: [start, stop). `text` is what is
    looked for, where that is done by more than the ids.
    """

    ids: tuple[int, ...]
    question: tuple[int, int] = (0, 0)
    text: str = ""

    def __post_init__(self) -> None:
        start, stop = self.question
        if not self.ids or not 0 <= start <= stop <= len(self.ids):
            raise ValueError("an instruction needs tokens, and the question must lie within them")

    def rows(self, wanted: Rows, device: torch.device | None = None) -> Tensor:
        """Indices of the wanted rows; all of them when no question is marked."""
        size = len(self.ids)
        start, stop = 0, size
        if wanted is Rows.QUESTION and self.question[1] > self.question[0]:
            start, stop = self.question
        elif wanted is Rows.LAST:
            start = size - 1
        return torch.arange(start, stop, device=device)


@dataclass(frozen=True)
class ReadingSettings:
    """How a document is read.

    `budget` states of the document stay per layer; `chunk_size` tokens go through the model at a
    time; up to `answer_tokens` are generated for each instruction.
    """

    budget: int = 768
    chunk_size: int = 256
    answer_tokens: int = 256

    def __post_init__(self) -> None:
        for name in ("budget", "chunk_size", "answer_tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")

    def capacity(self, prefix: int, instruction: int, budget: int) -> int:
        """Slots per layer through which a document is read, with a prefix and an instruction of
        so many tokens, and so many states of the document kept.

        While reading, the cache holds the budget, the newest chunk, which is not judged before the
        next one has been read, and that next one.
        """
        answering = instruction + self.answer_tokens
        return prefix + budget + max(2 * self.chunk_size, answering)
