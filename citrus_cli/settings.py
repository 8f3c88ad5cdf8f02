"""How questions are answered: the settings of a run, and their defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from citrus_cli.errors import UsageError
from citrus_cli.models.catalogue import DEFAULT_EMBEDDER, DEFAULT_MODEL

INDEX = "index"
"""The policy of those who keep no states: documents are indexed, and what is found is read."""

DEFAULT_POLICY = INDEX

GONE = ("citrus-reread", "citrus-heads", "citrus-heads-individual", "citrus-heads-wide")
"""Policies of earlier versions, whose place `INDEX` has taken."""

FINDERS = ("heads", "meaning", "words")
"""What finds in an index, and `QUICK` those of them that need no language model."""

QUICK = ("meaning", "words")
DEFAULT_COMPARISON = (
    INDEX,
    "citrus",
    "standard",
    "streaming",
    "bm25",
    "full",
)
DEFAULT_BUDGET = 512
DEFAULT_CHUNK_SIZE = 256
DEFAULT_ANSWER_TOKENS = 256


def finders(names: str | Sequence[str]) -> tuple[str, ...]:
    """The finders that are named, by commas or one by one.

    Raises:
        UsageError: one of them does not exist, or there is none.
    """
    given = names.split(",") if isinstance(names, str) else list(names)
    wanted = [name.strip().lower() for name in given if name.strip()]
    for name in wanted:
        if name not in FINDERS:
            raise UsageError(f"there is no finder {name!r}; choose among {', '.join(FINDERS)}")
    if not wanted:
        raise UsageError(f"no finder is named; choose among {', '.join(FINDERS)}")
    return tuple(one for one in FINDERS if one in wanted)


@dataclass(frozen=True)
class Settings:
    """Which model answers, and how documents are read. `DocumentQA` says what each means."""

    model: str = DEFAULT_MODEL
    policy: str = DEFAULT_POLICY
    find: tuple[str, ...] = FINDERS
    embedder: str = DEFAULT_EMBEDDER
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
        object.__setattr__(self, "find", finders(self.find))
        if self.policy != INDEX:
            if self.policy in GONE:
                raise UsageError(
                    f"policy {self.policy} is gone: {INDEX} (the default) finds by the same heads, "
                    "and reads afresh what they find"
                )
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
