"""Claims: what counts as one, and when it stands in the documents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from citrus_cli.evidence.model import Claim, PageText
from citrus_cli.evidence.verify import claims


def pages(*texts: str, document: str = "d.pdf") -> list[PageText]:
    return [PageText(document, number, None, text) for number, text in enumerate(texts, 1)]


def look_up(answer: str, *texts: str, question: str = "") -> list[tuple[str, str, bool]]:
    found = claims(answer, pages(*texts), question=question)
    for one in found:
        assert answer[one.start : one.end] == one.text
        assert one.found == bool(one.places)
    assert [one.start for one in found] == sorted(one.start for one in found)
    return [(one.kind, one.text, one.found) for one in found]


def stands(answer: str, page: str) -> bool:
    """Whether the only claim of an answer stands on a page."""
    (claim,) = look_up(answer, page)
    return claim[2]


SAME = [
    ("it was EUR 1,234.5 million", "a loss of 1,234.5m"),
    ("it was EUR 1,234.5 million", "€1,234.5 million"),
    ("it was EUR 1,234.5 million", "1.234,5 Mio. EUR"),
    ("it was EUR 1,234.5 million", "EUR1.2345bn"),
    ("it was 1.2 billion", "1,200 million"),
    ("it was 1.2 billion", "1 200 000 000 of them"),
    ("it was $1.2 billion", "$1,200,000,000"),
    ("it was 14%", "14 %"),
    ("it was 14%", "14 percent"),
    ("it was 14%", "fourteen per cent"),
    ("it was 14 percent", "14\n%"),
    ("it was 14 percent", "of (14)% in"),
    ("it was (14)%", "14%"),
    ("it was 14", "14 percent"),
    ("it was 14", "the 14th."),
    ("it was 14", "(14), and"),
    ("it was 14", "14mm wide"),
    ("it was 3", "three of them"),
    ("it was three", "3 of them"),
    ("it was twelve", "12"),
    ("it was 23", "twenty-three programmes"),
    ("it was sixty-three percent", "63 %"),
    ("it was two million euros", "EUR 2m"),
    ("it was 100,000", "one hundred thousand units"),
    ("it was 8.70", "8.7"),
    ("it was 0.5", "0,5"),
    ("it was .5 to 12,345", "12 345 and 5"),
    ("it was 12 345", "12,345"),
    ("it was 1'234", "1,234"),
    ("it was 12,34,567", "1234567"),
    ("it was $1,577 million", "(in millions)\nPurchases (1,577) (1,373)"),
    ("it was 333.9 million euros", "Key figures (EUR million)\nRevenue 333.9"),
    ("it was 16%", "% change\nNorth America 15 — 16"),
    ("it was 1577", "$1,577 million"),
    ("it was $1577.00", "Total $ 1,577"),
    ("it was version 2.6.1", "firmware 2.6.1,"),
    ("it was 0", "zero"),
    ("it was ١٤", "14"),
]

DIFFERENT = [
    ("it was 14", "2014"),
    ("it was 14", "14.5"),
    ("it was 14", "0.14"),
    ("it was 14", "14,000"),
    ("it was 14", "A14"),
    ("it was 14", "1,014"),
    ("it was 14%", "14 plants"),
    ("it was 14%", "14 million, or 15%"),
    ("it was 14 million", "14"),
    ("it was 14 million", "14 billion"),
    ("it was 14 million", "14%"),
    ("it was EUR 14 million", "USD 14 million"),
    ("it was $14", "$14 million"),
    ("it was $14", "14%"),
    ("it was three", "thirty-three"),
    ("it was three", "twenty three"),
    ("it was three", "three hundred"),
    ("it was 20", "twenty-one"),
    ("it was 12,345", "12\n345"),
    ("it was 12,345", "7 12 345 8"),
    ("it was 1.5", "15"),
    ("it was 2.6.1", "2.6"),
    ("it was $1,577 million", "Purchases (1,577) (1,373)"),
    ("it was 99", ""),
]


@pytest.mark.parametrize(("answer", "page"), SAME)
def test_numbers_that_are_the_same(answer: str, page: str) -> None:
    assert all(found for _, _, found in look_up(answer, page))
    assert {kind for kind, _, _ in look_up(answer, page)} == {"number"}


@pytest.mark.parametrize(("answer", "page"), DIFFERENT)
def test_numbers_that_are_not(answer: str, page: str) -> None:
    assert not stands(answer, page)


def test_a_number_holds_its_currency_and_its_unit() -> None:
    answer = "From EUR 1.5 million to €2bn, by 14 %, (54)%, 3,000 dollars, 5 percentage points."
    assert [text for _, text, _ in look_up(answer)] == [
        "EUR 1.5 million",
        "€2bn",
        "14 %",
        "(54)%",
        "3,000 dollars",
        "5 percentage points",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "1. heating\n2. cooling\n3) both",
        "it is so (page 7), see pages 8 and 9, p. 3 [2], [4, 5]",
        "this is one of the reasons",
        "it is in the word abc123def and the covid-19 virus",
        "",
        "   \n",
        "no capital letters, no figures",
    ],
)
def test_what_is_no_claim(answer: str) -> None:
    assert look_up(answer, answer) == []


@pytest.mark.parametrize(
    "page",
    [
        "on 4 May 2023.",
        "on 4th of May, 2023",
        "May 4, 2023",
        "MAY 4, 2023",
        "4\nMay\n2023",
        "2023-05-04T10:00",
        "2023/5/4",
        "04.05.2023",
        "05/04/2023",
        "4/5/23",
        "4-May-23",
    ],
)
@pytest.mark.parametrize("date", ["4 May 2023", "May 4, 2023", "2023-05-04", "4th of May 2023"])
def test_days_that_are_the_same(date: str, page: str) -> None:
    page = page.split("T")[0]
    assert look_up(f"it was signed on {date}", page) == [("date", date, True)]


@pytest.mark.parametrize(
    "page",
    ["14 May 2023", "4 May 2024", "4 June 2023", "May 4", "2023-05-14", "4 May 20234", "May 2023"],
)
def test_days_that_are_not(page: str) -> None:
    assert look_up("it was on 4 May 2023", page) == [("date", "4 May 2023", False)]


@pytest.mark.parametrize("page", ["4 May 2023", "April 5, 2023", "04.05.2023"])
def test_a_numeric_date_may_be_meant_both_ways(page: str) -> None:
    assert look_up("signed 04.05.2023", page) == [("date", "04.05.2023", True)]


def test_a_numeric_date_that_can_be_meant_in_one_way_only() -> None:
    assert look_up("signed 3/25/2023", "25 March 2023") == [("date", "3/25/2023", True)]
    assert look_up("signed 3/25/2023", "3 January 2025") == [("date", "3/25/2023", False)]


@pytest.mark.parametrize(
    "page", ["Q3 2024", "third quarter of 2024", "Third-Quarter 2024", "3Q24", "Q3'24", "Q3 FY2024"]
)
@pytest.mark.parametrize("date", ["Q3 2024", "third quarter of 2024", "Q3 FY2024"])
def test_quarters(date: str, page: str) -> None:
    assert look_up(f"it grew in {date} again", page) == [("date", date, True)]
    assert not stands(f"it grew in {date} again", page.replace("3", "2").replace("hird", "ourth"))


@pytest.mark.parametrize(
    ("answer", "page", "date", "found"),
    [
        ("it was in May 2023", "on 4 May 2023", "May 2023", True),
        ("it was in May 2023", "May 4, 2023", "May 2023", True),
        ("it was in May 2023", "Sept. 2023", "May 2023", False),
        ("it was on 30 September", "30 Sept 2025", "30 September", True),
        ("approved in July by all", "in July.", "July", True),
        ("approved in May by all", "it may be", "May", False),
        ("it was in the first half of 2024", "H1 2024", "first half of 2024", True),
    ],
)
def test_dates_that_are_not_a_day(answer: str, page: str, date: str, found: bool) -> None:
    assert look_up(answer, page) == [("date", date, found)]


def test_a_date_is_not_a_number_as_well() -> None:
    assert [kind for kind, _, _ in look_up("on 4 May 2023 and 2023-05-04 and 5 of 2023")] == [
        *("date", "date", "number", "number")
    ]


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ("The laboratory will be built in Hallowby.", ["Hallowby"]),
        ("Hallowby", ["Hallowby"]),
        ("Hallowby.", ["Hallowby"]),
        ("Revenue rose. Costs fell.", []),
        ("Yes. No. Unknown.", []),
        ("Marta Lindqvist is the new chair.", ["Marta Lindqvist"]),
        (
            "The Bank of England and Ludwig van Beethoven met.",
            ["Bank of England", "Ludwig van Beethoven"],
        ),
        ("According to Mr. Tomas Verhallen it is.", ["Tomas Verhallen"]),
        ("It is Quillmarsh’s best heat pump, the Aria 9.", ["Quillmarsh", "Aria 9"]),
        ("In the Aria 9 and the T40 it is.", ["Aria 9", "T40"]),
        ("NASA did it; J. R. Hartley wrote of it.", ["NASA", "J. R. Hartley"]),
        ("- **Fennick Tube Works**: copper\n- Steel: others", ["Fennick Tube Works"]),
        ("I think that I am What When Who.", []),
        ("In July Marta Lindqvist came.", ["Marta Lindqvist"]),
        ("The code is TML/PVS/2025/041.", ["TML/PVS/2025/041"]),
    ],
)
def test_what_is_a_name(answer: str, names: list[str]) -> None:
    found = look_up(answer, answer)
    assert [text for kind, text, _ in found if kind == "name"] == names
    assert all(where for _, _, where in found)


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("led by Banque Merivale and", True),
        ("BANQUE MERIVALE", True),
        ("Banque\n  Merivale.", True),
        ("(Banque Merivale’s)", True),
        ("Banque Merivales", False),
        ("La-Banque Merivale", False),
        ("Banque Merivale-Duroc", False),
        ("a Banque Merivale-led group", True),
        ("XBanque Merivale", False),
        ("Banque de Merivale", False),
        ("XBanque Merivale, Banque Merivale", True),
    ],
)
def test_a_name_is_found_as_whole_words(page: str, found: bool) -> None:
    assert stands("it is led by Banque Merivale", page) is found


@pytest.mark.parametrize(
    "answer",
    [
        'it says "a bracket that serves four machines"',
        "it says “a bracket that serves four machines”",
        "it says « a bracket that serves four machines »",
        "it says „a bracket that serves four machines“",
        'it says "a bracket that serves four machines,"',
        'it says "a bracket ... four machines"',
    ],
)
def test_quotations(answer: str) -> None:
    page = "At the drawing board: a bracket that\nserves four machines instead of one."
    (claim,) = look_up(answer, page)
    assert claim[0] == "quote"
    assert claim[2]
    assert not stands(answer, page.replace("bracket", "brace"))
    assert not stands(answer, page.replace("a bracket", "a Bracket"))


def test_what_an_ellipsis_joins_stands_in_order() -> None:
    assert stands('"two … three four"', "two and three four")
    assert not stands('"two … three four"', "three four and two")


def test_the_longest_claim_wins() -> None:
    answer = 'He said "14 percent in May 2023 at Hallowby" to us'
    assert [kind for kind, _, _ in look_up(answer)] == ["quote"]


def test_what_the_question_says_is_left_out() -> None:
    answer = "In the third quarter of 2025 Quillmarsh sold 9,800 of the Aria 9 in Dunmere."
    question = "How many Aria 9 did QUILLMARSH sell in Q3 2025?"
    assert [text for _, text, _ in look_up(answer, question=question)] == ["9,800", "Dunmere"]


def test_places_are_in_reading_order_and_at_most_five() -> None:
    texts = ["no", *["Hallowby"] * 7]
    (claim,) = claims("in Hallowby", [*pages(*texts), *pages("Hallowby", document="e.pdf")])
    assert claim.places == tuple(("d.pdf", number) for number in range(2, 7))
    (claim,) = claims("in Hallowby", [*pages("no", "Hallowby"), *pages("Hallowby", document="e")])
    assert claim.places == (("d.pdf", 2), ("e", 1))


def test_a_page_that_comes_in_two_pieces_is_one_place() -> None:
    piece = PageText("d", 1, None, "Hallowby")
    assert claims("in Hallowby", [piece, piece])[0].places == (("d", 1),)


def test_pages_are_read_once_and_no_further_than_needed() -> None:
    read = []

    def lazily() -> Iterator[PageText]:
        for page in pages(*["Hallowby, 14"] * 100):
            read.append(page.page)
            yield page

    assert all(claim.found for claim in claims("in Hallowby 14 times", lazily()))
    assert read == [1, 2, 3, 4, 5]
    read.clear()
    assert claims("nothing to look up", lazily()) == ()
    assert read == []
    (claim,) = claims("in Xanadu", lazily())
    assert not claim.found
    assert read == list(range(1, 101))


def test_equal_claims_are_each_found() -> None:
    answer = "it is 14, and then 14, as NASA and NASA say"
    assert [found for _, _, found in look_up(answer, "14 nasa")] == [True] * 4


def test_a_claim_is_what_it_says() -> None:
    assert claims("in Hallowby", pages("Hallowby")) == (
        Claim("Hallowby", "name", 3, 11, True, (("d.pdf", 1),)),
    )
