"""Figures that only this project's README needs, a section for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import torch

from citrus_cli.bench import sections
from citrus_cli.bench.sections import Figure, Settings
from citrus_cli.engine.backbone import Backbone
from citrus_cli.errors import UsageError
from citrus_cli.qa import DocumentQA
from citrus_cli.wording import human_bytes
from tests.benchmarks import found, kills, large
from tests.benchmarks.citations import CUTS, cited_pages
from tests.benchmarks.claims.cases import claim_cases, judge
from tests.benchmarks.samples import SAMPLES, ask_samples
from tests.benchmarks.two_pass import over_two_pass

CLAIM_CASES = 1_000


class Bench(sections.Bench):
    """What `citrus bench` has, and the question set of sections that ask one."""

    def __init__(self, settings: Settings, questions: Path | None = None) -> None:
        super().__init__(settings)
        self.questions = questions


def _two_pass(bench: Bench) -> Iterator[Figure]:
    s = bench.settings
    ratio = over_two_pass(bench.runner, s.budget, s.chunk_size, s.rounds)
    shape = f"budget {s.budget}, chunk {s.chunk_size}"
    what = f"reading over the reference's two passes per chunk, {shape}"
    yield Figure("two-pass", what, f"{ratio:.2f}", "≥ 1.25")


def _samples(bench: Bench) -> Iterator[Figure]:
    qa = _qa(bench.settings)
    for document, results in groupby(ask_samples(qa), key=lambda result: result.document):
        rights = [result.right for result in results]
        goal = "≥ 8/10" if len(rights) == 10 else ""
        what = f"{document}, questions answered rightly"
        yield Figure("samples", what, f"{sum(rights)}/{len(rights)}", goal)


def _citations(bench: Bench) -> Iterator[Figure]:
    qa = _qa(bench.settings)
    totals: dict[str, list[int]] = {}
    for r in cited_pages(qa, bench.questions or SAMPLES):
        total = totals.setdefault(r.way, [0] * (1 + len(CUTS)))
        for index, value in enumerate((r.questions, *r.hits)):
            total[index] += value
        yield _right_page(r.way, r.document, r.questions, r.hits)
    for way, (questions, *hits) in totals.items():
        yield _right_page(way, "all", questions, hits)


def _found(bench: Bench) -> Iterator[Figure]:
    path = bench.questions or SAMPLES
    done: list[found.Trade] = []
    for trade in found.trades(_qa(bench.settings, always_answer=True), path):
        done.append(trade)
        yield from _trade(trade.document, [trade])
    yield from _trade("all", done)


def _sources(bench: Bench) -> Iterator[Figure]:
    qa = _qa(bench.settings, store=False)
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


def _claims(bench: Bench) -> Iterator[Figure]:
    marks = judge(claim_cases(CLAIM_CASES, seed=0))
    wrong = (len(marks.false), len(marks.missed), len(marks.unseen))
    yield Figure(
        "claims",
        f"{marks.cases:,} made-up cases, {marks.facts:,} facts of answers: false found, missed "
        "found, not taken for a fact",
        ", ".join(map(str, wrong)),
        "0, 0, 0",
    )


def _kills(bench: Bench) -> Iterator[Figure]:
    for what, test in (("batch", kills.batch_kills), ("ingest", kills.ingest_kills)):
        r = test(bench.settings.model, 20)
        yield Figure(
            "kills",
            f"{r.kills} random kill -9 during citrus {what}: lost, doubled or half-made",
            f"{r.lost}, {r.doubled}",
            "0, 0",
        )


def _large(bench: Bench) -> Iterator[Figure]:
    if not torch.cuda.is_available():
        raise UsageError("large needs a GPU: it makes a model of Llama 3.1 8B's shape in NF4")
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


def _qa(s: Settings, *, always_answer: bool = False, store: bool = True) -> DocumentQA:
    """The Python API, as a user has it."""
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
    **sections.SECTIONS,
    "two-pass": _two_pass,
    "samples": _samples,
    "citations": _citations,
    "found": _found,
    "sources": _sources,
    "claims": _claims,
    "kills": _kills,
    "large": _large,
}
