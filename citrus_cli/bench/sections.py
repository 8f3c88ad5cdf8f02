"""`citrus bench`: what reading costs on this machine, each figure from one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from citrus_cli.bench import processes, speed, stored
from citrus_cli.errors import UsageError
from citrus_cli.qa import DocumentQA
from citrus_cli.run import Runner
from citrus_cli.settings import DEFAULT_BUDGET, DEFAULT_CHUNK_SIZE
from citrus_cli.store.codec import StoreDtype, bytes_per_token
from citrus_cli.wording import human_bytes

MOVED = frozenset(
    ("passkey", "samples", "agreement", "citations", "found", "sources", "claims", "kills", "large")
)
"""Sections of earlier releases that measure this project, not a machine."""

INDIVIDUAL = ("citrus-reread", "citrus-heads-individual", "citrus-individual")


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
        yield Figure("reading", f"citrus, {shape}", f"{result.tokens_per_second:.0f} tokens/s")
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
                f"{tokens:,} tokens read and 16 written: generate's time over citrus's",
                f"{result.ratio:.2f} ({result.full_seconds:.1f} s / {result.citrus_seconds:.1f} s)",
            )

    def _questions(self) -> Iterator[Figure]:
        for policy in (self.settings.policy,) if self.settings.policy else INDIVIDUAL:
            one = 0.0
            runner = self.with_policy(policy)
            for r in stored.many_questions(runner, 16_000, stored.QUESTION_COUNTS):
                one = one or r.seconds
                yield Figure(
                    "questions",
                    f"{policy}, {r.tokens:,} tokens, {r.questions} questions: over one",
                    f"{r.seconds / one:.2f} ({r.seconds:.1f} s)",
                    "≤ 2.5" if r.questions == 10 else "",
                )
            before = self.with_policy("citrus" if policy == "citrus-individual" else "citrus-heads")
            (shared,) = stored.many_questions(before, 16_000, [1])
            yield Figure(
                "questions",
                f"{policy}, one question: time over that with a shared cache",
                f"{one / shared.seconds:.2f}",
            )

    def _store(self) -> Iterator[Figure]:
        runner = self.with_policy(self.settings.policy or INDIVIDUAL[0])
        for tokens in (16_000, 100_000):
            r = stored.store_times(runner, tokens)
            what = f"{r.tokens:,} tokens"
            yield Figure(
                "store",
                f"{what}: ingest, over reading alone",
                f"{r.ingest_seconds / r.read_seconds:.2f} ({r.ingest_seconds:.1f} s)",
            )
            yield Figure(
                "store",
                f"{what}: a further question's reading, over reading afresh",
                f"1/{r.read_seconds / r.ask_seconds:.1f} ({r.ask_seconds:.1f} s)",
                "≤ 1/6",
            )
        b = runner.backbone
        sizes: tuple[StoreDtype, ...] = ("bf16", "int8")
        for dtype in sizes:
            each = bytes_per_token(b.layers, b.kv_heads, b.head_dim, b.value_dim, 2, dtype)
            yield Figure("store", f"{dtype}: bytes per token", f"{each:,}")

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
    "store": Bench._store,
}
