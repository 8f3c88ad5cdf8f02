"""The sample documents as they come out of extraction."""

from __future__ import annotations

from pathlib import Path

import pytest
from evidence_texts import assert_partition

from citrus_cli.documents import open_documents
from citrus_cli.evidence.model import PageText, ScoredPage
from citrus_cli.evidence.passages import passages
from citrus_cli.evidence.sentences import sentences
from citrus_cli.evidence.verify import claims

SAMPLES = Path(__file__).parents[2] / "sample_docs"


def read(name: str) -> list[PageText]:
    (document,) = open_documents([str(SAMPLES / name)])
    with document:
        texts: dict[tuple[int, str | None], str] = {}
        for block in document.blocks():
            key = block.page, block.label
            texts[key] = texts.get(key, "") + block.text
    return [PageText(name, page, label, text) for (page, label), text in texts.items()]


@pytest.fixture(scope="module")
def report() -> list[PageText]:
    return read("quarterly_report.pdf")


@pytest.fixture(scope="module")
def contract() -> list[PageText]:
    return read("contract.txt")


@pytest.fixture(scope="module")
def manual() -> list[PageText]:
    return read("manual.md")


def best(pages: list[PageText], words: str) -> str:
    """The passage for weight on some words, where they stand first."""
    page = next(page for page in pages if words in page.text)
    start = page.text.index(words)
    (found,) = passages([ScoredPage(page, ((start, start + len(words), 1.0),))])
    assert found.verified
    assert page.text[found.start : found.end] == found.quote
    return " ".join(found.quote.split())


def test_every_page_is_partitioned(
    report: list[PageText], contract: list[PageText], manual: list[PageText]
) -> None:
    pages = [*report, *contract, *manual]
    assert len(pages) > 30
    for page in pages:
        assert_partition(page.text)
        assert len(sentences(page.text)) > 2


@pytest.mark.parametrize(
    ("words", "passage"),
    [
        (
            "Hallowby",
            "The new test laboratory will be built in the town of Hallowby, close to the railway, "
            "and will hold eight climate chambers that reach from forty degrees below zero to "
            "sixty above.",
        ),
        ("Gross profit | 109.5", "| Gross profit | 109.5 | 102.8 | 316.1 | 302.6 |"),
        ("7.0 %", "| Share of revenue from health care | 3.1 % | 5.4 % | 7.0 % |"),
        pytest.param(
            "605 | 1,440",
            "| Kvistholm, Sweden | Freezers, refrigerators | 605 | 1,440 | 19,200 |",
            marks=pytest.mark.xfail(
                strict=True, reason="the last line of a wrapped cell falls out of its table"
            ),
        ),
        (
            "margin is again",
            "- Laboratory Freezing sold more in the quarter than in the whole of the first half of "
            "2021, and its margin is again above 17 percent.",
        ),
        (
            "Quality",
            "Quality Complaints within the first year fell to 11 in a thousand machines from 14.",
        ),
        (
            "Banque Merivale",
            "The new credit facility is led by Banque Merivale and runs until 2030.",
        ),
    ],
)
def test_passages_of_the_report(report: list[PageText], words: str, passage: str) -> None:
    assert best(report, words) == passage


def test_passages_of_the_contract(contract: list[PageText]) -> None:
    assert best(contract, "five years") == (
        "2.1 This agreement begins on the date it bears and continues for an initial term of five "
        "years."
    )
    assert best(contract, 'Fault" means') == (
        '"Fault" means a failure of the System to do what the Specification says.'
    )
    assert best(contract, "DEFINITIONS") == (
        "1. DEFINITIONS 1.1 In this agreement the following words have these meanings."
    )


def test_passages_of_the_manual(manual: list[PageText]) -> None:
    assert best(manual, "Memory error") == (
        "| Red, four times | Memory error | Read the data out, then format the memory |"
    )
    assert best(manual, "vent shut") == (
        "3. Tighten both bolts to 4 newton metres. More will squeeze the vent shut."
    )


def test_claims_about_the_report(report: list[PageText]) -> None:
    answer = (
        "The laboratory will be built in Hallowby. Revenue rose by 4.5% to €333.9 million in the "
        "third quarter of 2025; the tax rate was 23.9 %, and the facility of EUR 180m is led by "
        'Banque Merivale until 2031. Marta Lindqvist said "I visited four plants this autumn."'
    )
    found = {claim.text: claim for claim in claims(answer, report)}
    assert [text for text, claim in found.items() if not claim.found] == ["2031"]
    assert ("quarterly_report.pdf", 7) in found["Hallowby"].places
    assert ("quarterly_report.pdf", 16) in found["23.9 %"].places
    assert ("quarterly_report.pdf", 18) in found["EUR 180m"].places
    assert found["third quarter of 2025"].kind == "date"


@pytest.mark.parametrize(
    "invented", ["Springfield", "€433.9 million", "14 November 2025", "Banque Merivole", "4.75%"]
)
def test_what_is_invented_is_not_found(report: list[PageText], invented: str) -> None:
    (claim,) = claims(f"it is in {invented}", report)
    assert (claim.text, claim.found, claim.places) == (invented, False, ())
