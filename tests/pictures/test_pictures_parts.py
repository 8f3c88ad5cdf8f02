"""The parts of the pictures: words, runs, claims in an answer, the strip's geometry."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest
from made_up import answer

from citrus_cli.answer import DocumentReceipt, Seconds
from citrus_cli.evidence.model import Claim, PageText
from citrus_cli.pictures import KeptPageText, Picture, words
from citrus_cli.pictures.claims import pieces
from citrus_cli.pictures.receipt import receipt
from citrus_cli.pictures.spans import Run, level_of, passages, runs
from citrus_cli.pictures.strip import LEVELS, shade, step, strip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("\x00\x1b\x7f\x9b", "␀␛␡‹U+009B›"),
        (
            "\u202eabc\u2066\u200b\ufeff\u00ad\U000e0041",
            "‹U+202E›abc‹U+2066›‹U+200B›‹U+FEFF›‹U+00AD›‹U+E0041›",
        ),
        ("\ud800x\udfff\ufffe\uffff", "�x���"),
        ("می\u200cخواهم 👩\u200d🔬 שלום", "می\u200cخواهم 👩\u200d🔬 שלום"),
    ],
)
def test_what_acts_or_hides_is_shown(text: str, shown: str) -> None:
    assert words.visible(text) == shown
    assert words.visible(shown) == shown


def test_one_line_is_cut_with_an_ellipsis() -> None:
    assert words.one_line(" a \n b\tc ") == "a b c"
    assert words.one_line("abcdef", 6) == "abcdef"
    assert words.one_line("abcde fgh", 7) == "abcde…"


def test_pages_are_named_with_what_is_printed() -> None:
    assert words.page_name(9, "6") == "page 9 (printed 6)"
    assert words.page_name(9, None) == words.page_name(9, "9") == "page 9"
    assert words.page_name(1, "i\u202e\n") == "page 1 (printed i‹U+202E›)"


def test_numbers_read_well() -> None:
    assert [words.percent(x) for x in (0, 0.0004, 0.042, 0.1, 0.626, 1)] == [
        "0.0 %",
        "under 0.1 %",
        "4.2 %",
        "10 %",
        "63 %",
        "100 %",
    ]
    assert [words.score(x) for x in (0, 0.871, -1.5, 0.00123)] == [
        "0.00",
        "0.87",
        "-1.50",
        "0.0012",
    ]


def test_the_receipt_says_what_went_wrong_too() -> None:
    document = DocumentReceipt("a\x1b.pdf", 1, 1, pages_failed=(2, 3, 4))
    made = answer(
        documents=(document,), from_store=True, complete=False, seconds=Seconds(0, 0.1, 70)
    )
    rows = dict(receipt(made))
    assert rows["a␛.pdf"] == "1 page, 1 token; could not be read: 2-4"
    assert rows["tokens read"] == "24,310, from the store"
    assert rows["answer"].endswith("cut short")
    assert rows["time"] == "load 0.00 s, read 0.10 s, answer 1:10"


def test_levels_never_hide_what_is_little() -> None:
    assert [level_of(x) for x in (0, -1, float("nan"), 0.001, 0.25, 0.26, 1, 7)] == [
        0,
        0,
        0,
        1,
        1,
        2,
        4,
        4,
    ]
    assert [shade(x, 0.5) for x in (0, 1e-9, 0.5)] == [0, 1, LEVELS]
    assert shade(0.1, 0) == 0
    assert [shade((level / LEVELS) ** 2, 1) for level in range(1, LEVELS + 1)] == [1, 2, 3, 4, 5, 6]


def test_runs_cover_the_text_without_gaps() -> None:
    text = "one two three four five"
    found = runs(
        text, ((4, 7, 0.5), (6, 99, 1.0), (-5, 2, 0.1), (9, 9, 1.0)), ((8, 13, 2), (0, 13, 1))
    )
    assert "".join(text[run.start : run.end] for run in found) == text
    assert all(before.end == after.start for before, after in itertools.pairwise(found))
    assert found[0] == Run(0, 2, 1, (1,))
    assert found[-1] == Run(13, 23, 4)
    assert [(one.sources, one.begins) for one in passages(found)] == [
        ((1,), (1,)),
        ((1, 2), (2,)),
        ((), ()),
    ]


def test_runs_join_neighbours_over_a_space_but_not_over_a_line() -> None:
    assert runs("ab cd\nef", ((0, 2, 1), (3, 5, 0.9), (6, 8, 1))) == [
        Run(0, 5, 4),
        Run(5, 6, 0),
        Run(6, 8, 4),
    ]
    assert runs("ab cd", ((0, 2, 1), (3, 5, 0.1))) == [Run(0, 2, 4), Run(2, 3, 0), Run(3, 5, 1)]
    assert runs("ab cd", ((0, 2, 1), (3, 5, 1)), ((3, 5, 1),))[1] == Run(2, 3, 0)
    assert runs("ab-cd", ((0, 2, 1), (3, 5, 1)))[1] == Run(2, 3, 0)
    assert runs("", ((0, 2, 1),)) == []


def test_equal_spans_of_two_sources_are_one_passage() -> None:
    (only,) = passages(runs("abc", (), ((0, 3, 1), (0, 3, 2))))
    assert only.begins == (1, 2)


def test_an_answer_in_pieces_is_the_answer() -> None:
    text = "It cost 5 euros in May."
    claims = [
        Claim("May", "date", 19, 22, False, ()),
        Claim("5 euros", "amount", 8, 15, True, ()),
        Claim("euros", "words", 10, 15, True, ()),
        Claim("beyond", "words", 20, 99, True, ()),
        Claim("", "words", 3, 3, True, ()),
    ]
    placed, left = pieces(text, claims)
    assert "".join(one.text for one in placed) == text
    assert [one.text for one in placed if one.claim] == ["5 euros", "May"]
    assert {one.text for one in left} == {"euros", "beyond", ""}
    assert pieces("", ()) == ((), ())


def test_ticks_are_round() -> None:
    assert [step(length, 10) for length in (1, 10, 11, 20, 21, 50, 51, 1000, 1001)] == [
        1, 1, 2, 2, 5, 5, 10, 100, 200,
    ]  # fmt: skip


@pytest.mark.parametrize("pages", [1, 3, 36, 100, 101, 700])
@pytest.mark.parametrize("layers", [1, 4, 30, 126])
def test_the_strip_stays_within_itself(pages: int, layers: int) -> None:
    kept = tuple(KeptPageText(PageText("a.pdf", n, None, "x"), ()) for n in range(1, pages + 1))
    drawn = strip(Picture(answer(), (), (), None, kept, ((1 / pages,) * pages,) * layers))
    assert drawn is not None
    assert drawn.columns[-1].x + drawn.column <= drawn.width
    assert drawn.top + drawn.row * layers < drawn.height
    for ticks in (drawn.pages, drawn.layers):
        assert ticks[0].text == "1"
        assert all(b.at - a.at >= 12 for a, b in itertools.pairwise(ticks))
    assert (drawn.overview is not None) == (pages > 100)
    assert all(column.stop for column in drawn.columns)


def test_drawing_is_imported_when_something_is_drawn() -> None:
    code = (
        "import sys, citrus_cli.pictures; "
        "print([name for name in ('matplotlib', 'jinja2', 'pypdf', 'torch', 'numpy') "
        "if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
