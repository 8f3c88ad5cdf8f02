"""How questions are answered: the settings of a run, and their defaults."""

from __future__ import annotations

from dataclasses import dataclass

from citrus_cli.errors import UsageError
from citrus_cli.models.catalogue import DEFAULT_MODEL

INDEX = "index"
"""The policy of those who keep no states: documents are indexed, and what is found is read."""

DEFAULT_POLICY = "citrus-reread"
DEFAULT_COMPARISON = (
    DEFAULT_POLICY,
    "citrus",
    "standard",
    "streaming",
    "bm25",
    "full",
)
DEFAULT_BUDGET = 512
DEFAULT_CHUNK_SIZE = 256
DEFAULT_ANSWER_TOKENS = 256


@dataclass(frozen=True)
class Settings:
    """Which model answers, and how documents are read. `DocumentQA` says what each means."""

    model: str = DEFAULT_MODEL
    policy: str = DEFAULT_POLICY
    budget: int = DEFAULT_BUDGET
    chunk_size: int = DEFAULT_CHUNK_SIZE
    quantize: str = "auto"
    device: str = "auto"
    max_answer_tokens: int = DEFAULT_ANSWER_TOKENS
    system: str | None = None
    evidence: bool = True
    explain: bool = False
    always_answer: bool = False

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            UsageError: a size below one, or an unknown policy.
        """
        for what, value in (
            ("budget", self.budget),
            ("chunk size", self.chunk_size),
            ("number of answer tokens", self.max_answer_tokens),
        ):
            if value < 1:
                raise UsageError(f"the {what} must be at least 1, not {value}")
        if self.policy not in (DEFAULT_POLICY, INDEX):
            from citrus_cli.engine.policies import POLICIES  # imports torch: only when it must

            if self.policy not in POLICIES:
                names = ", ".join((INDEX, *POLICIES))
                raise UsageError(f"unknown policy {self.policy!r}; choose one of {names}")


__all__ = [
    "DEFAULT_ANSWER_TOKENS",
    "DEFAULT_BUDGET",
    "DEFAULT_CHUNK_SIZE",
    "DEFAULT_COMPARISON",
    "DEFAULT_MODEL",
    "DEFAULT_POLICY",
    "INDEX",
    "Settings",
]
