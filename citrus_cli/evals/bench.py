"""`citrus bench`: every figure that the README states, each from one run on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import torch

from citrus_cli.errors import UsageError
from citrus_cli.evals import found, kills, processes, speed, stored
from citrus_cli.evals.citations import CUTS, cited_pages
from citrus_cli.evals.claim_cases import claim_cases, judge
from citrus_cli.evals.passkey import passkey
from citrus_cli.evals.samples import SAMPLES, ask_samples
from citrus_cli.qa import DocumentQA
from citrus_cli.run import Runner
from citrus_cli.settings import DEFAULT_BUDGET, DEFAULT_CHUNK_SIZE
from citrus_cli.store.codec import StoreDtype, bytes_per_token
from citrus_cli.wording import human_bytes

CLAIM_CASES = 1_000
INDIVIDUAL = ("citrus-reread", "citrus-heads-individual", "citrus-individual")
PASSKEY_POLICIES = (
    "citrus-reread",
    "citrus-heads-individual",
    "citrus-heads",
    "citrus",
    "streaming",
    "standard",
)


@dataclass(frozen=True)
class Settings:
    """What a benchmark runs with.

    `rounds` are repetitions of timed steps; `policy` is used for the samples, and restricts other
    sections to one; `questions` is a question set for the agreement of stored answers.
    """

    model: str
    quantize: str = "auto"
    device: str = "auto"
    budget: int = DEFAULT_BUDGET
    chunk_size: int = DEFAULT_CHUNK_SIZE
    rounds: int = 15
    policy: str | None = None
    questions: Path | None = None


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
        yield Figure(
            "reading",
            "over the reference's two passes per chunk",
            f"{result.over_two_pass:.2f}",
            "≥ 1.25",
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

    def _passkey(self) -> Iterator[Figure]:
        policies = (self.settings.policy,) if self.settings.policy else PASSKEY_POLICIES
        for length in (2_000, 10_000, 40_000):
            for policy in policies:
                ours = policy.startswith("citrus")
                # what loses the key at 10,000 tokens is asked less often at 40,000
                trials = 5 if ours or length < 40_000 else 2
                (r,) = passkey(
                    self.runner, [policy], [length], budget=512, chunk_size=256, trials=trials
                )
                what = f"{r.policy}, {r.tokens:,} tokens, budget {r.budget}"
                yield Figure("passkey", what, f"{r.found}/{r.trials}", "5/5" if ours else "")

    def _samples(self) -> Iterator[Figure]:
        qa = self._qa()
        for document, results in groupby(ask_samples(qa), key=lambda result: result.document):
            rights = [result.right for result in results]
            goal = "≥ 8/10" if len(rights) == 10 else ""
            what = f"{document}, questions answered rightly"
            yield Figure("samples", what, f"{sum(rights)}/{len(rights)}", goal)

    def _questions(self) -> Iterator[Figure]:
        for policy in (self.settings.policy,) if self.settings.policy else INDIVIDUAL:
            one = 0.0
            runner = self._with_policy(policy)
            for r in stored.many_questions(runner, 16_000, stored.QUESTION_COUNTS):
                one = one or r.seconds
                yield Figure(
                    "questions",
                    f"{policy}, {r.tokens:,} tokens, {r.questions} questions: over one",
                    f"{r.seconds / one:.2f} ({r.seconds:.1f} s)",
                    "≤ 2.5" if r.questions == 10 else "",
                )
            before = self._with_policy(
                "citrus" if policy == "citrus-individual" else "citrus-heads"
            )
            (shared,) = stored.many_questions(before, 16_000, [1])
            yield Figure(
                "questions",
                f"{policy}, one question: time over that with a shared cache",
                f"{one / shared.seconds:.2f}",
            )

    def _store(self) -> Iterator[Figure]:
        runner = self._with_policy(self.settings.policy or INDIVIDUAL[0])
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

    def _agreement(self) -> Iterator[Figure]:
        runner = self._with_policy(self.settings.policy or INDIVIDUAL[0])
        if self.settings.questions is None:
            yield Figure("agreement", "answers from the store", "not measured (no --questions)")
            return
        path = self.settings.questions
        for r in stored.agreement(runner, path, ("auto", "int8"), limit=2):
            yield Figure(
                "agreement",
                f"{path.name}, stored as {r.dtype}: answers equal to those of a reading",
                f"{r.same}/{r.questions}",
            )

    def _citations(self) -> Iterator[Figure]:
        qa = self._qa()
        totals: dict[str, list[int]] = {}
        for r in cited_pages(qa, self.settings.questions or SAMPLES):
            total = totals.setdefault(r.way, [0] * (1 + len(CUTS)))
            for index, value in enumerate((r.questions, *r.hits)):
                total[index] += value
            yield _right_page(r.way, r.document, r.questions, r.hits)
        for way, (questions, *hits) in totals.items():
            yield _right_page(way, "all", questions, hits)

    def _found(self) -> Iterator[Figure]:
        path = self.settings.questions or SAMPLES
        done: list[found.Trade] = []
        for trade in found.trades(self._qa(always_answer=True), path):
            done.append(trade)
            yield from _trade(trade.document, [trade])
        yield from _trade("all", done)

    def _sources(self) -> Iterator[Figure]:
        qa = self._qa(store=False)
        # a short document, of whose run they take the larger part
        r = found.sources_cost(
            qa, SAMPLES.parent / "contract.txt", "How long is the initial term?", rounds=3
        )
        for what, seconds, goal in (
            ("with sources", r.with_sources, "≤ 1.10"),
            ("with --explain", r.explained, ""),
        ):
            yield Figure(
                "sources",
                f"{r.document}, one question {what}: time over that without",
                f"{seconds / r.without:.3f} ({seconds:.1f} s / {r.without:.1f} s)",
                goal,
            )

    def _claims(self) -> Iterator[Figure]:
        marks = judge(claim_cases(CLAIM_CASES, seed=0))
        wrong = (len(marks.false), len(marks.missed), len(marks.unseen))
        yield Figure(
            "claims",
            f"{marks.cases:,} made-up cases, {marks.facts:,} facts of answers: false found, missed "
            "found, not taken for a fact",
            ", ".join(map(str, wrong)),
            "0, 0, 0",
        )

    def _kills(self) -> Iterator[Figure]:
        for what, test in (("batch", kills.batch_kills), ("ingest", kills.ingest_kills)):
            r = test(self.settings.model, 20)
            yield Figure(
                "kills",
                f"{r.kills} random kill -9 during citrus {what}: lost, doubled or half-made",
                f"{r.lost}, {r.doubled}",
                "0, 0",
            )

    def _qa(self, *, always_answer: bool = False, store: bool = True) -> DocumentQA:
        """The Python API, as a user has it."""
        s = self.settings
        return DocumentQA(
            s.model,
            quantize=s.quantize,
            device=s.device,
            budget=s.budget,
            chunk_size=s.chunk_size,
            policy=s.policy,
            max_answer_tokens=48,
            always_answer=always_answer,
            store=store,
        )

    def _with_policy(self, policy: str) -> Runner:
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

    def _large(self) -> Iterator[Figure]:
        from citrus_cli.engine.backbone import Backbone
        from citrus_cli.evals import large

        if not torch.cuda.is_available():
            yield Figure("large", "a model of Llama 3.1 8B's shape in NF4", "not measured (no GPU)")
            return
        device = torch.device("cuda")
        backbone = Backbone(large.random_nf4_model(large.LLAMA_8B, device))
        large.read_large(backbone, 8_000, budget=2_048, chunk_size=1_024)  # warms up
        runs: list[Callable[[], large.LargeRun]] = [
            lambda: large.read_large(backbone, 32_000, budget=2_048, chunk_size=1_024),
            lambda: large.read_large(backbone, 128_000, budget=2_048, chunk_size=1_024),
            lambda: large.read_large_full(backbone, 32_000),
        ]
        for run in runs:
            r = run()
            yield Figure(
                "large",
                f"{torch.cuda.get_device_name()}, 8B shape, NF4, {r.tokens:,} tokens, {r.way}",
                f"{r.tokens_per_second:.0f} tokens/s, peak {human_bytes(r.peak_bytes)}",
            )


def _right_page(way: str, document: str, questions: int, hits: Sequence[int]) -> Figure:
    what = f"{document}, {way}: a right page first / among 3 / among 5"
    return Figure("citations", what, " / ".join(f"{hit}/{questions}" for hit in hits))


def _trade(document: str, trades: Sequence[found.Trade]) -> Iterator[Figure]:
    def total(name: str) -> int:
        return sum(getattr(trade, name) for trade in trades)

    yield Figure(
        "found",
        f"{document}: own questions not answered, of those answered rightly when they must be",
        f"{total('refused')}/{total('own')}, {total('refused_right')}/{total('right')}",
    )
    yield Figure(
        "found",
        f"{document}: questions of other documents answered all the same, with weak support",
        f"{total('invented')}/{total('foreign')}, {total('weak')} of these",
    )


SECTIONS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "startup": Bench._startup,
    "reading": Bench._reading,
    "full": Bench._full,
    "passkey": Bench._passkey,
    "samples": Bench._samples,
    "memory": Bench._memory,
    "questions": Bench._questions,
    "store": Bench._store,
    "agreement": Bench._agreement,
    "citations": Bench._citations,
    "found": Bench._found,
    "sources": Bench._sources,
    "claims": Bench._claims,
    "kills": Bench._kills,
    "large": Bench._large,
}
