"""Made-up cases of which it is known what stands where, and the nastiest ones by hand."""

from __future__ import annotations

import pytest

from citrus_cli.evidence.model import PageText
from citrus_cli.evidence.verify import claims
from tests.benchmarks.claims.cases import ClaimCase, Expected, claim_cases, judge


@pytest.mark.parametrize("seed", range(8))
def test_no_mark_is_false_and_none_is_missed(seed: int) -> None:
    marks = judge(claim_cases(200, seed))
    assert marks.cases == 200
    assert marks.facts > 300
    assert (marks.false, marks.missed, marks.unseen) == ((), (), ())


def test_cases_are_of_every_kind_and_both_found_and_not() -> None:
    cases = list(claim_cases(200, seed=0))
    facts = [fact for case in cases for fact in case.expected]
    assert {fact.kind for fact in facts} == {"number", "date", "name", "quote"}
    for kind in ("number", "date", "name", "quote"):
        found = [bool(fact.pages) for fact in facts if fact.kind == kind]
        assert found.count(True) > 10
        assert found.count(False) > 10
    assert list(claim_cases(200, seed=0)) == cases
    assert list(claim_cases(200, seed=1)) != cases


def test_wrong_marks_are_told_apart() -> None:
    page = (PageText("d", 1, None, "there were 14 of them"), PageText("d", 2, None, "none"))
    answer = "there were 14"
    right = ClaimCase(answer, page, (Expected("number", 11, 13, (1,)),))
    marks = judge([right])
    assert (marks.false, marks.missed, marks.unseen) == ((), (), ())
    nowhere = ClaimCase(answer, page, (Expected("number", 11, 13, ()),))
    assert [len(some) for some in vars(judge([nowhere])).values() if some != 1] == [1, 0, 0]
    elsewhere = judge([ClaimCase(answer, page, (Expected("number", 11, 13, (1, 2)),))])
    assert (len(elsewhere.false), len(elsewhere.missed)) == (0, 1)
    other = judge([ClaimCase(answer, page, (Expected("name", 0, 5, ()),))])
    assert len(other.unseen) == 2


STANDS = [
    ("it was in FY23", "fiscal 2023"),
    ("it was in FY2023", "FY'23"),
    ("it was in May 2023", "05/2023"),
    ("it was in May 2023", "17/05/2023"),
    ("it was on 4 May 2023", "4-6 May 2023"),
    ("it was on 4 May 2023", "May 4–6, 2023"),
    ("it was on 5 May 2023", "May 4-5, 2023"),
    ("it was on 5 May 2023", "May 4, 5 and 6, 2023"),
    ("it was 10%", "10-12%"),
    ("it was 10%", "10 to 12 percent"),
    ("it was $10 million", "$10-12 million"),
    ("it was $10 million", "between $10 and $12 million"),
    ("it was 1,200", "1.200 Mitarbeiter, 3,5 %"),
    ("it was $1.2 million", "US$ 1.2 mn"),
    ("it was €1.2bn", "1 200 Mio €"),
    ("it was 12:30", "12:30 p.m."),
    ("it was 14 days", "within fourteen (14) calendar days"),
    ("it was fourteen days", "a 14-day period"),
    ("it was 14 days", "Notice (days) | 14 | 21"),
    ("it was 14 working days", "14 business\ndays"),
    ("it was 5 km", "5,000 metres"),
    ("it was 8 tonnes", "trägt 8 Tonnen"),
    ("it was 4°C", "kept at 4 °C"),
    ("it had 14 plants", "Plants: 14"),
    ("it had 14 plants", "14 new plants"),
    ("it had 14 employees", "it employs 14 people"),
    ("it had 14 crew members", "a crew of 14"),
    ("it is in section 14", "sections 13 and 14"),
    ("it fell by 5 percentage points", "by 5 %-points"),
    ("it was a loss of $4.2 million", "(4.2) and 3.9 in $ million"),
    ("it was -4.2", "(4.2)"),
    ("it was $14", "$ 14"),
    ("it was on 14 May 2024", "14.05.2024"),
    ("it was on 14 May 2024", "05/14/2024"),
    ("it was on 4 May 2024", "05/04/2024, and 12/25/2023"),
    ("it was on 4 May 2024", "04/05/2024, and 25/12/2023"),
    ("it was on 4 May 2024", "04/05/2024 (signed 7 June 2023)"),
    ("it was 2023", "mid-2023"),
    ("it was 350", "three hundred and fifty"),
    ("it was 1,000,000", "a million"),
    ("it was 500,000", "half a million"),
    ("it was 2.5 million", "two and a half million"),
    ("it was 1.2 million", "one point two million"),
    ("it was 1999", "nineteen ninety-nine"),
    ("it was 21", "the twenty-first"),
    ("it was 3 billion", "30億"),
    ("それは3万5000円", "35,000円"),
    ("それは35,000円", "3万5000円"),
    ("it was ₹1 crore", "₹10,000,000"),
    ("it was made in China", "the US-China trade"),
    ("it is led by Anna Berg", "ANNA BERG-led"),
    ("it is led by Kenneth O'Brien", "Kenneth O’Brien"),
    ("it is led by J. R. Hartley", "J.R. Hartley"),
    ("it is led by John F. Kennedy", "John F Kennedy"),
    ("it is led by Harun al-Rashid", "HARUN AL-RASHID"),
    ("it is led by Uwe Weiß", "UWE WEISS, Uwe Weiß-Moran"),
    ("it is led by Marta Lindqvist", "Marta Lind-\nqvist"),
    ("it says “long-term debt”", "long-\nterm debt"),
    ("it says “term debt”", "long-term debt"),
    ("it says “international law”", "inter-\nnational law"),
    ("it says “the oﬃce”", "the office"),
    ("it says “[T]he plant closed”", "When the plant closed"),
    ("it says “[t]he plant closed”", "The plant closed"),
    ("彼は「東京本社」と", "東京\n本社"),
]

STANDS_NOT = [
    ("it was 12", "at 12:30"),
    ("it was 3", "3:1"),
    ("it was 19", "COVID-19"),
    ("it was 9001", "ISO-9001"),
    ("it was 14 days", "on 14 May 2021"),
    ("it was 14 days", "May 14, 2021"),
    ("it was 14 days", "14 weeks"),
    ("it was 14 days", "14 working days"),
    ("it was 14 days", "Article 14"),
    ("it was 14 days", "14 and 12 plants, 12 days"),
    ("it was 30 litres", "Table 30 shows the litres"),
    ("it was 14 square metres", "14 metres"),
    ("it was 5 km", "5 m"),
    ("it had 14 plants", "14 employees"),
    ("it had 14 plants", "section 14 on plants"),
    ("it had 14 plants", "14% of the plants"),
    ("it had 14 plants", "14 million plants"),
    ("it is in section 14", "14 sections"),
    ("it is in section 14", "Table 14"),
    ("it was 5 percent", "section 5"),
    ("it was 5 percent", "5 percentage points"),
    ("it was 5 percentage points", "5 percent"),
    ("it was 5 percentage points", "5 basis points"),
    ("it was $14", "14 days"),
    ("it was $14", "on 14 May 2021"),
    ("it was $14", "14 of the plants"),
    ("it was €14", "£14"),
    ("it was 3 thousand days", "3 million days"),
    ("it was on 4 May 2024", "04/05/2024, and 12/25/2023"),
    ("it was on 4 May 2024", "05/04/2024, and 25/12/2023"),
    ("it was on 4 May 2024", "05.04.2024"),
    ("it was on 4 May 2024", "04/05/2024 (signed June 7, 2023)"),
    ("it was 5", "5G and A5"),
    ("it was 12 million", "12 m wide"),
    ("it was 1,200", "1.200 kg"),
    ("it was $2019 million", "from 2019 to $12 million"),
    ("it was 10%", "10 and 12%"),
    ("it was twenty", "the twenty-first century"),
    ("it was fifty", "three hundred and fifty"),
    ("it was two", "two and a half million"),
    ("it was 1 million", "half a million"),
    ("it was nineteen", "nineteen ninety-nine"),
    ("それは3万円", "3万5000円"),
    ("それは5000円", "3万5000円"),
    ("it was 3 billion", "3億"),
    ("it was in May 2023", "6/05/20231"),
    ("it was on 4 May 2023", "20230504"),
    ("it is led by Anna Berg", "Anna Berg-Larsen"),
    ("it is led by Marie Dupont", "Jean-Marie Dupont"),
    ("it is led by Anna Berg", "Johanna Berg and Anna Bergman"),
    ("it says “run”", "running"),
    ("it says “the plant closed”", "the plant-closed"),
    ("it says “one … the end”", "one" + " and another" * 90 + " the end"),
]


def found(answer: str, *texts: str) -> bool:
    """Whether the only claim of an answer stands somewhere."""
    (claim,) = claims(answer, [PageText("d", n, None, text) for n, text in enumerate(texts, 1)])
    return claim.found


def test_both_ends_of_a_range_have_its_unit() -> None:
    answer = "it takes 10 to 15 days"
    page = PageText("d", 1, None, "10 May or 15 days")
    assert [claim.found for claim in claims(answer, [page])] == [False, True]
    page = PageText("d", 1, None, "10–15 days")
    assert [claim.found for claim in claims(answer, [page])] == [True, True]


def test_the_order_of_dates_is_the_documents() -> None:
    first = PageText("d", 1, None, "closed on 12/25/2023")
    second = PageText("d", 2, None, "signed on 04/05/2024")
    other = PageText("e", 1, None, "signed on 04/05/2024")
    (claim,) = claims("it was on 4 May 2024", [first, second, other])
    assert claim.places == (("e", 1),)
    (claim,) = claims("it was on 5 April 2024", [first, second, other])
    assert claim.places == (("d", 2), ("e", 1))


def test_list_items_do_not_make_one_date() -> None:
    found_ = claims("- 24\n- October 1961", [])
    assert [(claim.kind, claim.text) for claim in found_] == [
        ("number", "24"),
        ("date", "October 1961"),
    ]


@pytest.mark.parametrize(("answer", "page"), STANDS)
def test_what_stands_there(answer: str, page: str) -> None:
    assert found(answer, page)
    assert found(answer, f"Nothing here. {page}, they say.")


@pytest.mark.parametrize(("answer", "page"), STANDS_NOT)
def test_what_does_not(answer: str, page: str) -> None:
    assert not found(answer, page)
    assert not found(answer, f"nothing here {page} they say")


@pytest.mark.parametrize(
    ("answer", "first", "second"),
    [
        ("it is led by Anna Berg", "led by Anna", "Berg"),
        ("it was 1,200", "1,", "200"),
        ("it was on 4 May 2023", "on 4 May", "2023"),
        ("it says “the plant closed”", "the plant", "closed"),
    ],
)
def test_across_the_end_of_a_page_and_of_a_part_of_one(answer, first, second) -> None:
    assert not found(answer, first, second)
    parts = [PageText("d", 1, None, f"{first}\n"), PageText("d", 1, None, second)]
    (claim,) = claims(answer, parts)
    assert claim.found is (answer != "it was 1,200")
