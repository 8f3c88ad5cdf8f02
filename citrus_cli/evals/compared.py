"""What a comparison gives back: an answer for each method and question, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from citrus_cli.answer import Answer


@dataclass(frozen=True)
class Compared:
    """One method's answer to one question, with its receipt; or why there is none.

    `failure` is one line, and `exit_code` what a command that did nothing else would end with; None
    and 0 when there is an answer.
    """

    policy: str
    question: str
    answer: Answer | None = None
    failure: str | None = None
    exit_code: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain types: `policy`, `question`, `answer` (None if there is none), `failure`, receipt.

        The receipt has the keys of `citrus ask --json`; without an answer there is none.
        """
        row = {"policy": self.policy, "question": self.question, "answer": None}
        receipt = self.answer.to_dict() if self.answer else {}
        return {**row, "failure": self.failure, **receipt}
