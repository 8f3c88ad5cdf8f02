"""Passages: which parts of the text are chosen, how they grow, and what always holds."""

from __future__ import annotations

import random

import pytest
from evidence_texts import random_text

from citrus_cli.evidence.model import Evidence, PageText, ScoredPage
from citrus_cli.evidence.passages import LONGEST_PASSAGE, passages
from citrus_cli.evidence.sentences import sentences
from citrus_cli.evidence.verify import quote_stands

REPORT = PageText(
    "report.pdf",
    7,
    "5",
    "The whole life of a machine\n"
    "The second part depends on proof. A landlord who signs a fifteen-year contract wants to know\n"
    "that the machine has been tortured before it was sold. Until now we rented chambers for such\n"
    "tests from a university, and waited our turn. This will end. The board approved a new test\n"
    "laboratory in July. It will be built in the town of Hallowby, close to the railway.\n"
    "Key figures (EUR million) Q3 2025 Q3 2024\n"
    "Revenue 333.9 319.4\n"
    "Gross profit 109.5 102.8\n\n",
)


def span(page: PageText, words: str, weight: float) -> tuple[int, int, float]:
    start = page.text.index(words)
    return start, start + len(words), weight


def scored(page: PageText, *words: tuple[str, float]) -> ScoredPage:
    return ScoredPage(page, tuple(span(page, text, weight) for text, weight in words))


def quotes(found: list[Evidence]) -> list[str]:
    return [" ".join(one.quote.split()) for one in found]


def test_a_whole_sentence_around_a_word() -> None:
    (found,) = passages([scored(REPORT, ("Hallowby", 2.0))])
    assert found.quote == "It will be built in the town of Hallowby, close to the railway."
    assert REPORT.text[found.start : found.end] == found.quote
    assert (found.document, found.page, found.label) == ("report.pdf", 7, "5")
    assert found.score == 1.0
    assert found.verified


def test_a_whole_row_around_a_figure() -> None:
    (found,) = passages([scored(REPORT, ("109.5", 1.0))])
    assert found.quote == "Gross profit 109.5 102.8"


def test_cells_of_a_row_on_lines_of_their_own() -> None:
    page = PageText("t.pdf", 1, None, "Revenue\n333.9\n319.4\nGross profit\n109.5\n102.8\n")
    (found,) = passages([scored(page, ("102.8", 1.0))])
    assert found.quote == "Gross profit\n109.5\n102.8"


def test_a_heading_comes_with_its_line() -> None:
    (found,) = passages([scored(REPORT, ("whole life", 1.0))])
    assert found.quote == "The whole life of a machine\nThe second part depends on proof."


def test_a_weighty_heading_is_not_the_end_of_what_stands_before_it() -> None:
    page = PageText("a", 1, None, "It is in Hallowby.\nQuality\nIt was good.")
    found = passages([scored(page, ("Hallowby", 3.0), ("Quality", 2.0))])
    assert [one.quote for one in found] == ["It is in Hallowby.", "Quality\nIt was good."]


def test_a_heading_whose_line_is_shown_already_is_not_shown_alone() -> None:
    page = scored(REPORT, ("whole life", 1.0), ("depends on proof", 9.0))
    assert quotes(passages([page], least_share=0)) == ["The second part depends on proof."]


def test_weighty_neighbours_are_one_passage_and_light_ones_are_left_out() -> None:
    found = passages([scored(REPORT, ("laboratory", 1.0), ("Hallowby", 1.0), ("university", 0.2))])
    assert quotes(found) == [
        "The board approved a new test laboratory in July. "
        "It will be built in the town of Hallowby, close to the railway.",
        "Until now we rented chambers for such tests from a university, and waited our turn.",
    ]
    assert found[0].score == pytest.approx(2 / 2.2)


def test_merged_passages_end_at_sentences_within_the_limit() -> None:
    text = " ".join(
        f"Sentence number {i} says a little about its own place here." for i in range(40)
    )
    page = PageText("a", 1, None, text)
    found = passages([ScoredPage(page, ((0, len(text), 1.0),))], least_share=0, most=3)
    assert len(found) == 3
    for one in found:
        assert LONGEST_PASSAGE / 2 < one.end - one.start <= LONGEST_PASSAGE
        assert one.quote.startswith("Sentence")
        assert one.quote.endswith("here.")


def test_a_long_sentence_is_not_cut_for_the_limit() -> None:
    sentence = "The tenant shall " + "pay on time and " * 35 + "leave."
    page = PageText("a", 1, None, f"First. {sentence} Last.")
    assert LONGEST_PASSAGE < len(sentence) < 800
    assert passages([scored(page, ("leave", 1.0))])[0].quote == sentence


def test_length_alone_is_no_merit() -> None:
    """A long sentence gathers more of evenly spread weight than a short one holds."""
    long = "The long sentence " + "goes on and on " * 30 + "to its end."
    page = PageText("a", 1, None, f"{long}\n\nThe code is 4711 here.")
    spread = tuple((at, at + 1, 0.01) for at in range(len(long)))
    code = span(page, "4711", 3.0)
    assert sum(weight for _, _, weight in spread) > code[2]
    assert (
        passages([ScoredPage(page, (*spread, code))], most=1)[0].quote == "The code is 4711 here."
    )


def test_a_page_number_does_not_beat_a_sentence_by_being_short() -> None:
    page = PageText("a", 1, None, "It is in Hallowby.\n\n12")
    assert 2.5 / len("It is in Hallowby.") < 1.0 / len("12")
    found = passages([scored(page, ("Hallowby", 2.5), ("12", 1.0))], most=1)
    assert found[0].quote == "It is in Hallowby."


def test_thin_evidence_gives_fewer_or_none() -> None:
    pages = [PageText("a", n, None, f"Page {n} says something of its own.") for n in range(1, 41)]
    even = [ScoredPage(page, ((0, len(page.text), 1.0),)) for page in pages]
    assert passages(even) == []
    assert len(passages(even, least_share=0.02)) == 5
    heavy = ScoredPage(pages[20], ((0, 5, 60.0),))
    assert [one.page for one in passages([*even, heavy])] == [21]


def test_the_share_is_of_all_weight_also_of_what_lies_on_white_space() -> None:
    page = PageText("a", 1, None, "One.\n\n\n\nTwo.")
    (found,) = passages([ScoredPage(page, ((0, 3, 1.0), (4, 8, 3.0)))])
    assert (found.quote, found.score) == ("One.", 0.25)


def test_a_span_over_two_sentences_gives_to_each_its_part() -> None:
    page = PageText("a", 1, None, "Aaaa aaaa.\n\nBbbb bbbb bbbb bbbb bbbb.")
    found = passages([ScoredPage(page, ((0, len(page.text), 1.0),))], most=2, least_share=0.9)
    assert quotes(found) == ["Aaaa aaaa. Bbbb bbbb bbbb bbbb bbbb."]
    assert found[0].score == pytest.approx(35 / 37)


def test_a_page_that_comes_twice_is_one_page() -> None:
    halves = [scored(REPORT, ("Hallowby", 1.0)), scored(REPORT, ("railway", 1.0))]
    assert passages(halves) == passages([scored(REPORT, ("Hallowby", 1.0), ("railway", 1.0))])


def test_the_highest_score_comes_first_and_equals_keep_the_reading_order() -> None:
    pages = [PageText("a", n, None, f"The plant number {n} is here.") for n in (1, 2, 3)]
    weights = (1.0, 2.0, 1.0)
    given = [ScoredPage(p, ((0, 3, w),)) for p, w in zip(pages, weights, strict=True)]
    assert [one.page for one in passages(given)] == [2, 1, 3]


@pytest.mark.parametrize(
    "spans",
    [
        (),
        ((0, 4, 0.0),),
        ((0, 4, -1.0),),
        ((0, 4, float("nan")),),
        ((0, 4, float("inf")),),
        ((4, 4, 1.0),),
        ((9, 3, 1.0),),
        ((10**6, 10**6 + 5, 1.0),),
    ],
)
def test_spans_that_count_as_nothing(spans: tuple[tuple[int, int, float], ...]) -> None:
    assert passages([ScoredPage(REPORT, spans)]) == []


def test_a_span_that_reaches_beyond_its_page_is_cut() -> None:
    page = PageText("a", 1, None, "Alone here.")
    (found,) = passages([ScoredPage(page, ((-5, 500, 1.0),))])
    assert (found.start, found.end, found.score) == (0, 11, 1.0)


def test_no_pages_and_wrong_settings() -> None:
    assert passages([]) == []
    assert passages([scored(REPORT, ("Hallowby", 1.0))], most=0) == []
    with pytest.raises(ValueError, match="least_share"):
        passages([], least_share=1.5)
    with pytest.raises(ValueError, match="most"):
        passages([], most=-1)


def test_any_text_and_any_weights() -> None:
    random_ = random.Random(11)
    for _ in range(400):
        pages = []
        for number in range(random_.randrange(1, 4)):
            page = PageText("d", number, None, random_text(random_))
            spans = [
                (at, at + random_.randrange(9), random_.choice([0.0, 0.1, 1.0, 5.0]))
                for at in (random_.randrange(len(page.text) + 1) for _ in range(12))
            ]
            pages.append(ScoredPage(page, tuple(spans)))
        most, least = random_.randrange(1, 6), random_.choice([0.0, 0.05, 0.3])
        found = passages(pages, most=most, least_share=least)
        assert found == passages(iter(pages), most=most, least_share=least)
        assert len(found) <= most
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        assert sum(one.score for one in found) <= 1 + 1e-9
        covered = set()
        for one in found:
            text = pages[one.page].page.text
            assert one.quote == text[one.start : one.end]
            assert one.verified
            assert quote_stands(one.quote, text)
            assert least - 1e-12 <= one.score <= 1
            bounds = sentences(text)
            assert one.start in {start for start, _ in bounds}
            assert one.end in {end for _, end in bounds}
            places = {(one.page, at) for at in range(one.start, one.end)}
            assert not places & covered
            covered |= places
