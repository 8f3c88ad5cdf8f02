"""`citrus bench`: what reading costs on this machine, each figure from one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from citrus_cli.bench import indexing, processes, speed
from citrus_cli.errors import UsageError
from citrus_cli.qa import DocumentQA
from citrus_cli.run import Runner
from citrus_cli.settings import DEFAULT_BUDGET, DEFAULT_CHUNK_SIZE, INDEX
from citrus_cli.wording import human_bytes

MOVED = frozenset(
    ("passkey", "samples", "citations", "found", "sources", "claims", "kills", "large")
)
"""Sections of earlier releases that measure this project, not a machine."""

READ_ONCE = (INDEX, "citrus-individual")
"""The policies for which one reading serves many questions."""


@dataclass(frozen=True)
class Settings:
    """What a benchmark runs with.

    `rounds` are repetitions of timed steps; `policy` restricts sections that compare policies.
    """

    model: str
    quantize: str = "auto"
    device: str = "auto"
    budget: int = DEFAULT_BUDGET
    chunk_size: int = DEFAULT_CHUNK_SIZE
    rounds: int = 15
    policy: str | None = None


@dataclass(frozen=True)
class Figure:
    """One measured figure: of what, how much, and what the project aims at (empty: nothing)."""

    section: str
    what: str
    value: str
    goal: str = ""


class Bench:
    """Runs sections; the model is loaded once, when a section first needs it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._runner: Runner | None = None

    @property
    def runner(self) -> Runner:
        """The loaded model."""
        if self._runner is None:
            s = self.settings
            qa = DocumentQA(s.model, quantize=s.quantize, device=s.device)
            self._runner = qa.runner()
        return self._runner

    def run(self, sections: tuple[str, ...]) -> Iterator[Figure]:
        """The figures of some sections, each as soon as it is measured.

        Raises:
            UsageError: there is no such section.
        """
        for section in sections:
            if section in MOVED:
                raise UsageError(
                    f"section {section!r} is of this project's own benchmarks: in a checkout of "
                    "it, python -m tests.benchmarks"
                )
            if section not in SECTIONS:
                raise UsageError(f"unknown section {section!r}; choose of {', '.join(SECTIONS)}")
        for section in sections:
            yield from SECTIONS[section](self)

    def _reading(self) -> Iterator[Figure]:
        s = self.settings
        result = speed.reading_speed(self.runner, s.budget, s.chunk_size, s.rounds)
        shape = f"budget {s.budget}, chunk {s.chunk_size}"
        yield Figure(
            "reading", f"policy citrus, {shape}", f"{result.tokens_per_second:.0f} tokens/s"
        )
        yield Figure(
            "reading",
            "of a bare transformers forward, same chunk and cache",
            f"{result.of_bare_forward:.2f}",
            "≥ 0.80",
        )

    def _full(self) -> Iterator[Figure]:
        s = self.settings
        for tokens in (4_000, 8_000, 16_000):
            result = speed.against_full_attention(
                self.runner, tokens, s.budget, s.chunk_size, answer_tokens=16
            )
            yield Figure(
                "full",
                f"{tokens:,} tokens read and 16 written: generate's time over policy citrus's",
                f"{result.ratio:.2f} ({result.full_seconds:.1f} s / {result.citrus_seconds:.1f} s)",
            )

    def _questions(self) -> Iterator[Figure]:
        for policy in (self.settings.policy,) if self.settings.policy else READ_ONCE:
            one = 0.0
            runner = self.with_policy(policy)
            for r in indexing.many_questions(runner, 16_000, indexing.QUESTION_COUNTS):
                one = one or r.seconds
                yield Figure(
                    "questions",
                    f"{policy}, {r.tokens:,} tokens, {r.questions} questions: over one",
                    f"{r.seconds / one:.2f} ({r.seconds:.1f} s)",
                )

    def _index(self) -> Iterator[Figure]:
        for tokens, goal in ((16_000, "< 0.1 s"), (100_000, "< 0.4 s")):
            r = indexing.index_times(self.runner, tokens)
            what = f"{r.tokens:,} tokens"
            rate = r.tokens / r.make_seconds
            yield Figure("index", f"{what}: reading", f"{rate:,.0f} tokens/s")
            found = f"{r.find_seconds:.2f} s"
            yield Figure("index", f"{what}: what a question asks for is found in", found, goal)
            size = f"{r.bytes_per_token:,.0f}"
            yield Figure("index", f"{what}: bytes per token, text and all", size)

    def with_policy(self, policy: str) -> Runner:
        """The loaded model with another policy, and short answers."""
        s = self.settings
        settings = replace(
            self.runner.settings,
            policy=policy,
            budget=s.budget,
            chunk_size=s.chunk_size,
            max_answer_tokens=24,
        )
        return replace(self.runner, settings=settings)

    def _startup(self) -> Iterator[Figure]:
        result = processes.start_up(self.settings.model)
        yield Figure("startup", "citrus --help", f"{result.help_seconds:.2f} s", "< 0.5 s")
        right = "right" if result.one_page_right else "wrong"
        yield Figure(
            "startup",
            f"a one-page question, model in the cache (answer {right})",
            f"{result.one_page_seconds:.1f} s",
            "< 8 s",
        )

    def _memory(self) -> Iterator[Figure]:
        s = self.settings
        first = None
        for tokens in (4_000, 200_000):
            result = processes.memory_by_length(s.model, tokens, s.budget, s.chunk_size)
            first = first or result
            over = result.peak_bytes / first.peak_bytes
            yield Figure(
                "memory",
                f"peak of a run over {result.tokens:,} tokens",
                f"{human_bytes(result.peak_bytes)} ({over:.3f} of the shortest)",
                "≤ 1.05",
            )


SECTIONS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "startup": Bench._startup,
    "reading": Bench._reading,
    "full": Bench._full,
    "memory": Bench._memory,
    "questions": Bench._questions,
    "index": Bench._index,
}
