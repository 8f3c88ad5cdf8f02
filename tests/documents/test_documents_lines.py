"""Lines out of PDFs: broken words and tables in pieces."""

from __future__ import annotations

import time

import pytest

from citrus_cli.documents.lines import clean_page, join_broken_words, join_cells


@pytest.mark.parametrize(
    ("raw", "joined"),
    [
        ("inter-\nnational law", "international law"),
        ("inter\u2010 \n  national", "international"),
        ("inter\xad\nnational", "international"),
        ("over-\xfcber-\nm\xe4\xdfig", "over-\xfcber-m\xe4\xdfig"),
        # the hyphen belongs to the word
        ("the then-\ncurrent rate", "the then-current rate"),
        ("year-over-\nyear growth", "year-over-year growth"),
        ("divestiture-\nrelated charges", "divestiture-related charges"),
        ("wave-\nparticle or wave-particle", "wave-particle or wave-particle"),
        ("a wave-\nparticle: a wave, a particle", "a wave-particle: a wave, a particle"),
        # … unless the page says otherwise, or a mere ending follows
        ("long-\ner and longer", "longer and longer"),
        ("a high-\nly rated", "a highly rated"),
        (
            "data-\nbase, the database, its data, its base",
            "database, the database, its data, its base",
        ),
        # not a broken word at all
        ("Anti-\nCorruption", "Anti-\nCorruption"),
        ("pages 5-\n7", "pages 5-\n7"),
        ("a dash -\nand more", "a dash -\nand more"),
        ("x-\n\ny", "x-\n\ny"),
    ],
)
def test_broken_words(raw: str, joined: str) -> None:
    assert join_broken_words(raw) == joined


def test_the_halves_of_a_broken_word_do_not_count_as_words() -> None:
    # "iden" and "tifier" stand on the page only as halves, twice even
    assert (
        join_broken_words("an iden-\ntifier, the iden-\ntifier") == "an identifier, the identifier"
    )


def test_cells_become_a_row_behind_their_label() -> None:
    cells = "Net income\n\n$\n5,363\n\n$\n(4,869)\n\n\nOther — net\n\n12.5\n%\n—\nNext line"
    assert join_cells(cells) == "Net income $ 5,363 $ (4,869)\n\nOther — net 12.5 % —\nNext line"


@pytest.mark.parametrize(
    "text",
    [
        "The text ends here.\n\n12\n\nAnother paragraph",  # a page number
        "It was 5.\nSo it was",
        "1. One\n2. Two",
        "",
    ],
)
def test_what_is_no_table_stays(text: str) -> None:
    assert join_cells(text) == text


def test_cells_do_not_join_sentences_or_values_without_label() -> None:
    assert join_cells("It ended.\n5\n6") == "It ended.\n5 6"
    assert join_cells("2018\n2017\n2016") == "2018 2017 2016"


def test_long_columns_stay_in_lines_of_bearable_length() -> None:
    column = "\n".join(str(number) for number in range(100, 200))
    rows = join_cells(column).split("\n")
    assert " ".join(rows) == column.replace("\n", " ")
    assert max(len(row.split()) for row in rows) == 40


def test_a_page_is_cleaned_as_a_whole() -> None:
    raw = " \n\nThe o\ufb03ce of inter-\nnational  a\ufb00airs\0\n \n \nCash\n \n$\n \n5\xa0\n"
    assert clean_page(raw) == "The office of international affairs\n\nCash $ 5"


@pytest.mark.parametrize("text", ["a" * 200_000, "a-" * 100_000, "ab-\n" * 50_000, "- " * 100_000])
def test_hostile_pages_take_linear_time(text: str) -> None:
    start = time.process_time()
    clean_page(text)
    assert time.process_time() - start < 5
