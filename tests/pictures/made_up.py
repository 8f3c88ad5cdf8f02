"""Pictures made up from the sample documents, as a reading would leave them, without a model."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from citrus_cli.answer import Answer, DocumentReceipt, Seconds
from citrus_cli.documents import open_documents
from citrus_cli.evidence.model import Claim, Evidence, PageText
from citrus_cli.pictures import KeptPageText, Picture

SAMPLES = Path(__file__).resolve().parents[2] / "sample_docs"
REPORT = SAMPLES / "quarterly_report.pdf"
LAYERS = 30
QUESTION = "What caused the fire in Kvistholm, and who pays for it?"


@cache
def sample_pages(path: Path = REPORT) -> tuple[PageText, ...]:
    """Every page of a document, as citrus reads it."""
    (document,) = open_documents([path])
    pages: dict[int, tuple[str | None, str]] = {}
    with document:
        for block in document.blocks():
            _, text = pages.get(block.page, (None, ""))
            pages[block.page] = block.label, text + block.text
        missing = document.pages_without_text
    pages.update(dict.fromkeys(missing, (None, "")))
    return tuple(
        PageText(path.name, number, label, text) for number, (label, text) in sorted(pages.items())
    )


def answer(question: str = QUESTION, text: str = "An answer.", **changes: object) -> Answer:
    """An answer with a plausible receipt."""
    made = Answer(
        question=question,
        answer=text,
        documents=(DocumentReceipt("quarterly_report.pdf", 36, 24_310, (36,)),),
        model="smollm2-135m",
        quantization="q8_0",
        device="cpu",
        policy="citrus",
        budget=512,
        chunk_size=1024,
        tokens_read=24_310,
        states_kept=512,
        answer_tokens=41,
        seconds=Seconds(1.2, 38.6, 2.41),
        peak_memory_bytes=1_213_000_000,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def evidence(page: PageText, quote: str, score: float = 0.8, verified: bool = True) -> Evidence:
    """Evidence for a quote that stands on a page."""
    start = page.text.index(quote)
    return Evidence(
        page.document, page.page, page.label, quote, start, start + len(quote), score, verified
    )


def kept_words(
    text: str, amount: int, seed: int, around: tuple[int, int] | None = None
) -> tuple[tuple[int, int, float], ...]:
    """Spans of some words; those `around` a passage are all kept, by most layers."""
    rng = random.Random(seed)
    words = [match.span() for match in re.finditer(r"\s?\S+", text)]
    chosen = set(rng.sample(range(len(words)), min(amount, len(words))))
    spans = []
    for at, (start, end) in enumerate(words):
        if around and start < around[1] + 120 and end > around[0] - 120:
            near = start < around[1] and end > around[0]
            spans.append((start, end, rng.uniform(0.7, 1) if near else rng.uniform(0.1, 0.8)))
        elif at in chosen:
            spans.append((start, end, rng.uniform(0.03, 0.5)))
    return tuple(spans)


def picture(
    pages: Sequence[PageText],
    given: Sequence[Evidence] = (),
    claims: Sequence[Claim] = (),
    *,
    text: str = "An answer.",
    support: str | None = "strong",
    kept_pages: int = 9,
    seed: int = 7,
    **changes: object,
) -> Picture:
    """A picture: sinks on the first page, the evidence's pages hot, some others lukewarm."""
    rng = random.Random(seed)
    places = {(one.document, one.page): (one.start, one.end) for one in given}
    hot = {at for at, page in enumerate(pages) if (page.document, page.page) in places}
    full = [at for at, page in enumerate(pages) if page.text]
    warm = {0, *rng.sample(full, min(kept_pages, len(full)))}
    kept = []
    for at, page in enumerate(pages):
        amount = 12 if at in hot else 4 if at in warm else 0
        around = places.get((page.document, page.page)) if at in hot else None
        kept.append(KeptPageText(page, kept_words(page.text, amount, seed + at, around)))
    layers = []
    for layer in range(LAYERS):
        row = [0.0] * len(pages)
        row[0] = 4 / 512 + rng.random() * 0.02
        for at in warm:
            row[at] += rng.random() * 0.06 if rng.random() < 0.6 else 0
        for at in hot:
            row[at] += rng.random() * (0.6 if 18 <= layer <= 27 else 0.1)
        total = sum(row)
        layers.append(tuple(share / total for share in row))
    made = answer(text=text, **changes)
    return Picture(made, tuple(given), tuple(claims), support, tuple(kept), tuple(layers))


QUOTES = (
    "The fire was caused by a faulty battery charger, which had been left on for a forklift truck "
    "over the weekend.",
    "Insurance covers the loss above a deductible of 250,000 euros.",
)
ANSWER = (
    "A faulty battery charger, left on for a forklift truck over the weekend, caused the fire of "
    "11 July. Insurance covers the loss above a deductible of 250,000 euros; the county set a fine "
    "of 40,000 euros."
)


def claim(text: str, kind: str, *places: tuple[str, int]) -> Claim:
    """A claim about a part of `ANSWER`; without places it was not found."""
    start = ANSWER.index(text)
    return Claim(text, kind, start, start + len(text), bool(places), places)


@cache
def fire() -> Picture:
    """The answer to a question about the sample report, with claims right and wrong."""
    pages = sample_pages()
    page = next(page for page in pages if QUOTES[0] in page.text)
    other = next(one for one in pages if one.page != page.page and "Kvistholm" in one.text)
    third = next(line for line in other.text.split("\n") if "Kvistholm" in line)
    given = (
        evidence(page, QUOTES[0], 0.91),
        evidence(page, QUOTES[1], 0.64),
        evidence(other, third, 0.12, verified=False),
    )
    place = (page.document, page.page)
    claims = (
        claim("battery charger", "words", place),
        claim("11 July", "date", place, (page.document, 3), (page.document, 99)),
        claim("250,000 euros", "amount", place),
        claim("40,000 euros", "amount"),
    )
    return picture(pages, given, claims, text=ANSWER, support="some")
