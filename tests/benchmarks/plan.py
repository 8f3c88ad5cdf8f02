"""What is stated of policies, as tasks to be measured: a section for each.

Sized for an afternoon on two cores and the default model. Policies that read a text for each of its
questions are asked few; those that read it once for all, many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from citrus_cli.evals.fillers import built_in_filler
from citrus_cli.evals.hidden.needle import NeedleTask
from citrus_cli.evals.hidden.task import PasskeyTask
from citrus_cli.evals.methods.index import NAMES
from citrus_cli.evals.questions.sets import QuestionSet
from citrus_cli.evals.questions.task import QuestionsTask
from citrus_cli.evals.runs.task import Scope, Task
from citrus_cli.settings import DEFAULT_BUDGET, DEFAULT_POLICY

PEERS = ("streaming", "standard", "h2o", "tova", "snapkv")
"""The policies that people compare with."""

OTHERS = ("roco", "sirllm", "keydiff", "knorm", "random")
"""More that ask no question while they read, as the peers do not."""

VARIANTS = (
    "citrus-sees-chunk",
    "citrus-per-head",
    "citrus-pooled",
    "citrus-value-norm",
    "citrus-recent",
    "citrus-decay",
)
"""What of citrus, beside the paper's rule, reads the text for each question."""

TEXT = ("gemfilter", "xl3m")
"""What selects text rather than states, for each question."""

INDEXES = tuple(name for name in NAMES if name != DEFAULT_POLICY)
"""The default's finders, each alone, and each pair."""

LENGTHS = (2_000, 4_000, 8_000, 16_000)


@dataclass(frozen=True)
class Part:
    """One run: what is compared, and on what; `make` gives the task for a scope."""

    name: str
    policies: tuple[str, ...]
    make: Callable[[Scope], Task]
    budgets: tuple[int, ...] = (DEFAULT_BUDGET,)


def parts(sets: Sequence[tuple[Path, QuestionSet]]) -> list[Part]:
    """All parts, the quickest answers to "does it remember?" first; `sets` are asked at the end."""
    facts = partial(NeedleTask, filler=built_in_filler(), depths=1)
    own = (DEFAULT_POLICY, *INDEXES)
    return [
        Part(
            "facts",
            (*own, "full", "bm25", *PEERS, *OTHERS),
            partial(facts, lengths=LENGTHS, needles=12),
        ),
        Part(
            "sixty-facts",
            (*own, "full", "bm25"),
            partial(facts, lengths=(6_000,), needles=12, trials=5),
        ),
        Part(
            "passkey",
            (DEFAULT_POLICY, "citrus", *PEERS, *OTHERS, *VARIANTS, *TEXT),
            partial(_passkeys, LENGTHS),
        ),
        Part(
            "facts-by-budget",
            (DEFAULT_POLICY, *PEERS),
            partial(facts, lengths=(4_000,), needles=12),
            budgets=(256, 1_024),
        ),
        Part(
            "facts-paraphrased",
            (*own, "full", "bm25"),
            partial(facts, lengths=(4_000,), needles=12, paraphrase=True),
        ),
        Part(
            "facts-together",
            (*own, "full", "bm25"),
            partial(facts, lengths=(4_000,), needles=2, trials=8, together=True),
        ),
        Part(
            "facts-alone",
            (*own, "full", "bm25", "citrus", "citrus-individual", *VARIANTS, *TEXT),
            partial(facts, lengths=LENGTHS),
        ),
        Part(
            "facts-64k",
            (DEFAULT_POLICY, "streaming", "bm25"),
            partial(facts, lengths=(64_000,), needles=12),
        ),
        Part(
            "passkey-64k",
            (DEFAULT_POLICY, "citrus", "streaming"),
            partial(_passkeys, (64_000,)),
        ),
        *(
            Part(
                path.stem,
                (DEFAULT_POLICY, "bm25", *PEERS),
                partial(_questions, questions),
            )
            for path, questions in sets
        ),
    ]


def _passkeys(lengths: Sequence[int], scope: Scope) -> Task:
    return PasskeyTask(scope, lengths, trials=1)


def _questions(questions: QuestionSet, scope: Scope) -> Task:
    return QuestionsTask(scope, questions)
