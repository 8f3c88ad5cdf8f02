"""Columns, tables, paragraphs: in which order a page is read, and in which shape."""

from __future__ import annotations

import pytest
from pdf_reading import at, page_of, text_of, texts_of

LEFT = [
    "The lessor keeps the roof, the",
    "outer walls and all drains in",
    "good repair at his own cost.",
    "The lessee pays for every",
    "window pane that breaks.",
]
RIGHT = [
    "Rent is payable in advance",
    "on the third working day of",
    "each quarter. Interest runs",
    "at 7 percent from the day",
    "after the due date.",
]


def rows(*lines: tuple[str, ...], left: tuple[int, ...] = (72, 250, 330, 410)) -> list[bytes]:
    """Operators that show cells at fixed places, a line below the other."""
    return [
        at(x, 600 - 16 * index, cell)
        for index, line in enumerate(lines)
        for x, cell in zip(left, line, strict=False)
        if cell
    ]


@pytest.mark.parametrize("shift", [0, 5])
def test_columns_of_text_are_read_one_after_the_other(shift: int) -> None:
    shown = [at(60, 740 - 15 * i, line) for i, line in enumerate(LEFT)]
    shown += [at(320, 740 - shift - 15 * i, line) for i, line in enumerate(RIGHT)]
    assert text_of(*shown) == f"{' '.join(LEFT)}\n\n{' '.join(RIGHT)}"


def test_lines_are_read_from_the_top_whatever_is_drawn_first() -> None:
    lines = ["Notice of sale", "The barge is sold on 4 May.", "No warranty is given."]
    shown = [at(72, 700 - 30 * i, line) for i, line in enumerate(lines)]
    assert text_of(*reversed(shown)) == "\n\n".join(lines)


def test_a_table_of_words_keeps_its_rows() -> None:
    text = text_of(
        *rows(
            ("Duty of the keeper", "By when", "Fine"),
            ("Sweep the stairs and the yard", "each Friday", "12 euro"),
            ("Light the lamps of the pier", "at dusk", "30 euro"),
        )
    )
    assert text.split("\n")[1:] == [
        "| Sweep the stairs and the yard | each Friday | 12 euro |",
        "| Light the lamps of the pier | at dusk | 30 euro |",
    ]


def test_cells_that_are_blank_keep_their_columns() -> None:
    text = text_of(
        *rows(
            ("Stock", "Opening", "Sold", "Closing"),
            ("Barrels", "31", "12", "19"),
            ("Drums", "", "", "14"),
            ("Crates", "8", "8", ""),
        )
    )
    assert text.split("\n") == [
        "| Stock | Opening | Sold | Closing |",
        "| Barrels | 31 | 12 | 19 |",
        "| Drums | | | 14 |",
        "| Crates | 8 | 8 | |",
    ]


def test_a_heading_over_several_columns_is_said_in_each() -> None:
    shown = [at(262, 616, "Year ended in May"), *rows(
        ("", "2018", "2017", "2016"), ("Income", "1,250", "(31)", "7"), ("Cost", "12", "310", "19")
    )]  # fmt: skip
    assert text_of(*shown).split("\n") == [
        "| | Year ended in May 2018 | Year ended in May 2017 | 2016 |",
        "| Income | 1,250 | (31) | 7 |",
        "| Cost | 12 | 310 | 19 |",
    ]


def test_a_sign_of_currency_stands_with_its_figure() -> None:
    shown = rows(
        ("Income", "$", "5", "$"), ("Cost", "", "12", ""), left=(72, 250, 290, 305)
    )  # fmt: skip
    shown += [at(350, 600, "6"), at(350, 584, "(2)")]
    assert text_of(*shown).split("\n") == ["| Income | $ 5 | $ 6 |", "| Cost | 12 | (2) |"]


def test_lines_of_cells_between_rules_are_joined() -> None:
    cells = rows(
        ("Clause", "What it says"), ("4 a", "The buyer pays within"), ("", "nine days"),
        ("4 b", "No warranty"), ("", "Is given"),
    )  # fmt: skip
    rules = [b"72 %d m 400 %d l S\n" % (y, y) for y in (596, 564, 532)]
    assert text_of(*cells, *rules).split("\n")[1:] == [
        "| 4 a | The buyer pays within nine days |",
        "| 4 b | No warranty Is given |",
    ]


def test_numbers_of_lines_in_the_margin_are_left_out() -> None:
    lines = [
        "The plaintiff states that the barge was", "moored at the quay for", "40 days without",
        "leave, and that the fee of", "9 crowns a day was", "never paid by the defendant.",
    ]  # fmt: skip
    shown = [at(90, 740 - 22 * i, line) for i, line in enumerate(lines)]
    shown += [at(50, 740 - 22 * i, str(i + 1)) for i in range(len(lines))]
    assert " ".join(text_of(*shown).split()) == " ".join(lines)


def test_numbers_of_rows_stay() -> None:
    shown = rows(*((str(i), f"Ship {i}", f"{i * 7} t") for i in range(1, 8)))
    assert "| 3 | Ship 3 | 21 t |" in text_of(*shown)


def test_parts_have_kinds_and_boxes() -> None:
    page = page_of(
        [
            at(72, 600, "A large heading", 20),
            at(72, 560, "Some text of the body, on one line."),
            at(72, 520, "1. An item of a list"),
            *[at(x, 480 - 15 * y, str(x + y)) for x in (72, 200) for y in (0, 1)],
        ]
    )
    assert [part.kind for part in page.parts] == ["heading", "paragraph", "list item", "table"]
    for part in page.parts:
        assert part.box is not None
        left, top, right, bottom = part.box
        assert 70 < left < right < 300
        assert 170 < top < bottom < 350
    assert page.text[page.parts[2].start : page.parts[2].end] == "1. An item of a list"


def test_heads_and_feet_are_left_out_of_sentences() -> None:
    body = ["It was resolved that the dividend shall", "not exceed 2.40, and the plan to", "end."]
    pages = [
        at(72, 765, "Minutes of the board", 9)
        + at(72, 720, line)
        + at(280, 40, f"Page {n} of 3", 9)
        for n, line in enumerate(body, start=1)
    ]
    assert texts_of(pages) == [f"Minutes of the board\n\n{body[0]}", body[1], body[2]]


def test_sums_at_the_end_of_pages_are_no_feet() -> None:
    pages = [
        at(72, 700, "Rope 400") + at(72, 60, f"Carried forward {amount}")
        for amount in ("1,200", "2,950", "4,100")
    ]
    assert [text.rsplit(" ", 1)[-1] for text in texts_of(pages)] == ["1,200", "2,950", "4,100"]


def test_a_word_that_a_page_breaks_is_whole() -> None:
    pages = [at(72, 400, "They sign the inter-"), at(72, 400, "national treaty at once.")]
    assert texts_of(pages) == ["They sign the international", "treaty at once."]


def test_what_is_stamped_across_is_no_part_of_a_sentence() -> None:
    stamp = b"0.85 g BT /F1 60 Tf 0.7 0.7 -0.7 0.7 150 600 Tm (DRAFT) Tj ET 0 g\n"
    lines = [at(72, 700, "The seller delivers ten cranes"), stamp, at(72, 686, "by October.")]
    assert text_of(*lines).startswith("The seller delivers ten cranes by October.")
