"""Text that nobody wrote for reading: all of it must come through, in work that grows as it does.

A pattern that backtracks over a megabyte would need hours, so that these tests end at all is what
they test. The work done in Python is counted in function calls.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from evidence_texts import assert_partition

from citrus_cli.evidence.model import PageText, ScoredPage
from citrus_cli.evidence.passages import passages
from citrus_cli.evidence.sentences import sentences
from citrus_cli.evidence.verify import claims, find_quote

MEGABYTE = 1_000_000

HOSTILE = {
    "one word": "x",
    "one line": "word and ",
    "spaces": " ",
    "dots": ".",
    "spaced dots": ". ",
    "stops and quotes": '."',
    "brackets": ").",
    "open brackets": "(",
    "digits": "7",
    "digits with commas": "1,",
    "grouped digits": "123,456.",
    "spaced digits": "123 ",
    "apostrophes": "1'",
    "percent signs": "% ",
    "currency signs": "$ ",
    "capitals": "A",
    "initials": "A. ",
    "names": "Aa & ",
    "names with hyphens": "A-",
    "connected names": "Of of ",
    "months": "May ",
    "month days": "May 4 ",
    "dates": "4.5.",
    "quarters": "Q3 ",
    "open quotes": "“a ",
    "straight quotes": '"a ',
    "number words": "twenty-",
    "scales": "two hundred ",
    "bullets": "- ",
    "pipes": "|",
    "short lines": "ab\n",
    "figure lines": "12\n",
    "blank lines": "a\n\n",
    "tabs": "\ta",
    "underscores": "_",
    "asterisks": "*",
    "controls": "\x00\x1b[31m",
    "separators": "\x1c\u2028",
    "bidi": "\u202egnp.\u202c ",
    "joiners": "\u200d\u200c",
    "accents": "\u0301",
    "full stops": "。",
    "ideographs": "日本",
    "ideographic lines": "日本語の文章\n",
    "other digits": "١٢ ",
    "footnotes": ".[1]",
    "leaders": ". . . 5\n",
}

ANSWER = (
    "On 4 May 2023 and in May and Q3 2024, Ann Aa and Of Bb had 7, 123,456 and 1.5% of $2 million, "
    'twenty-two, 12345, and "a word and a word" in Xanadu.'
)


def calls(function: Callable[[], object]) -> int:
    """How many functions are called until this one returns."""
    count = 0

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_a_page_of_a_hundred_thousand_characters(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert_partition(text)
    page = PageText("d", 1, None, text)
    middle = len(text) // 2
    for one in passages([ScoredPage(page, ((middle, middle + 3, 1.0),))]):
        assert one.quote == text[one.start : one.end]
        assert one.verified
        assert len(one.quote) <= 1000
    found = claims(ANSWER, [page])
    assert not next(claim for claim in found if claim.text == "Xanadu").found


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_an_answer_of_fifty_thousand_characters(piece: str) -> None:
    answer = piece * (50_000 // len(piece))
    found = claims(answer, [], question="")
    covered = set()
    for claim in found:
        assert answer[claim.start : claim.end] == claim.text
        assert not claim.found
        assert not covered & set(range(claim.start, claim.end))
        covered |= set(range(claim.start, claim.end))


@pytest.mark.parametrize("name", ["one word", "one line", "dots", "digits with commas", "initials"])
def test_a_page_of_a_megabyte(name: str) -> None:
    piece = HOSTILE[name]
    text = piece * (MEGABYTE // len(piece))
    bounds = sentences(text)
    assert bounds[0][0] == 0
    assert bounds[-1][1] == len(text.rstrip())
    assert find_quote("not there", text) is None
    assert not any(
        claim.found for claim in claims("in Xanadu 8642", [PageText("d", 1, None, text)])
    )


@pytest.mark.parametrize(
    "piece",
    ["Mr. A. Smith had 4.5 of it, e.g. here. ", "ab\n12\n", "- item\n", "Word word ", "x", '." '],
)
def test_twice_the_text_is_twice_the_work(piece: str) -> None:
    def work(size: int) -> int:
        text = piece * (size // len(piece))
        page = PageText("d", 1, None, text)
        scored = ScoredPage(page, tuple((at, at + 2, 1.0) for at in range(0, size, 50)))
        return calls(lambda: (passages([scored]), claims(ANSWER, [page])))

    assert work(40_000) < 2.3 * work(20_000) + 1000


def test_more_pages_are_no_more_work_each() -> None:
    text = "Revenue rose by 4.5 percent to 333.9 million euros in May 2023, said Ann Bell.\n" * 40

    def work(count: int) -> int:
        pages = [PageText("d", number, None, text) for number in range(count)]
        return calls(lambda: claims("Xanadu, 17.5% and 5 May 2021", pages))

    work(1)  # what compiles patterns is work once
    assert work(40) < 2.3 * work(20) + 1000


def test_control_characters_come_through_as_they_are() -> None:
    text = "Safe text here. \x1b[31mRed \u202etxet\u202c of Hallowby.\x07 More text here."
    page = PageText("d", 1, None, text)
    at = text.index("Hallowby")
    (found,) = passages([ScoredPage(page, ((at, at + 8, 1.0),))])
    assert found.quote == text[found.start : found.end]
    assert "\x1b[31mRed \u202etxet\u202c of Hallowby." in found.quote
    assert claims("in Hallowby", [page])[0].found


def test_importing_needs_no_model() -> None:
    program = (
        "import sys\n"
        "from citrus_cli.evidence import passages, support, verify\n"
        "print(passages.__name__, 'torch' in sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert out.stdout.split() == ["citrus_cli.evidence.passages", "False"]
