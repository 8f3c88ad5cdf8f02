"""Characters, words and marks: what stands on one line, and how it is written down."""

from __future__ import annotations

import pytest
from pdf_reading import at, text_of

from citrus_cli.documents.formats.pdf.scripts import logical


def test_words_stand_apart_without_a_space_between_them() -> None:
    shown = b"BT /F1 10 Tf 72 700 Td [(The) -250 (pilot) -250 (boards)] TJ ET"
    assert text_of(shown) == "The pilot boards"


def test_words_drawn_in_pieces_are_whole() -> None:
    pieces = (
        b"BT /F1 12 Tf 72 700 Td 0 Tc (paid 120) Tj 47.37 0 Td 0.03 Tc (0) Tj 6.7 0 Td "
        b"( crowns) Tj ET"
    )
    assert text_of(pieces) == "paid 1200 crowns"


def test_letters_set_apart_are_one_word() -> None:
    spread = b"BT /F1 11 Tf 3 Tc 72 700 Td (HARBOUR) Tj 0 Tc ET "
    assert text_of(spread, at(72, 660, "The rules of the port are below.")).startswith("HARBOUR\n")


def test_what_is_printed_twice_to_look_bold_is_read_once() -> None:
    twice = [at(72 + shift, 700, "Total 1,305", before="") for shift in (0, 0.3)]
    assert text_of(*twice) == "Total 1,305"
    letters = [at(72 + 8 * i + s, 700, c) for i, c in enumerate("Keeper") for s in (0, 0.35)]
    assert text_of(*letters) == "Keeper"


@pytest.mark.parametrize(
    ("parts", "read"),
    [
        ([(0, "reached 1,250", 11), (4, "4", 6.5), (0, " tonnes", 11)], "reached 1,250 [4] tonnes"),
        ([(0, "held 10", 11), (4, "7", 6.5), (0, " spores", 11)], "held 10^7 spores"),
        ([(0, "about 40 m", 11), (4, "2", 6.5), (0, " of deck", 11)], "about 40 m² of deck"),
        ([(0, "the 4", 11), (4, "th", 6.5), (0, " of May", 11)], "the 4th of May"),
        ([(0, "is 5", 11), (4, "1", 6.5), (1, "/", 9), (-1, "4", 6.5)], "is 5 1/4"),
        ([(0, "some H", 11), (-2, "2", 6.5), (0, "O here", 11)], "some H2O here"),
        ([(4, "3", 6.5), (0, "Without transit", 11)], "[3]Without transit"),
    ],
)
def test_raised_and_lowered_characters(parts: list[tuple[float, str, float]], read: str) -> None:
    shown, rise = [b"BT 72 700 Td"], 0.0
    for rise, text, size in parts:
        shown.append(b"/F1 %f Tf %f Ts (%s) Tj" % (size, rise, text.encode("latin-1")))
    assert text_of(b"\n".join([*shown, b"ET"])).replace("[3] ", "[3]") == read


def test_an_accent_drawn_apart_is_on_its_letter() -> None:
    shown = rb"BT /F1 12 Tf 72 700 Td [(from L\250) 333 (ubeck to M\264) 333 (alaga)] TJ ET"
    assert text_of(shown) == "from Lübeck to Málaga"


def test_a_large_initial_begins_the_first_of_its_lines() -> None:
    shown = [at(72, 672, "W", 44)]
    lines = [
        "hen the dam broke in 1911, nine",
        "villages were lost. The inquiry",
        "blamed the owner",
    ]
    shown += [at(116, 704 - 15 * i, line) for i, line in enumerate(lines)]
    shown.append(at(72, 656, "of the upper mill, and he was fined."))
    text = text_of(*shown)
    assert text.startswith("When the dam broke in 1911, nine villages")


def test_a_printed_soft_hyphen_is_a_hyphen() -> None:
    assert text_of(at(72, 700, "from \xad22 to 07\xad4418")) == "from -22 to 07-4418"


@pytest.mark.parametrize(
    ("seen", "read"),
    [
        ("הפיח", "חיפה"),
        ("רנ 4250 ןולש", "שלון 4250 נר"),
        ("The word םולש means peace", "The word שלום means peace"),
        ("2024-05-01 ךיראת", "תאריך 2024-05-01"),
    ],
)
def test_right_to_left_text_is_in_the_order_of_reading(seen: str, read: str) -> None:
    assert logical(list(seen)) == read


@pytest.mark.parametrize(
    ("matrix", "place"),
    [("0 1 -1 0", "100 300"), ("0 -1 1 0", "100 700"), ("-1 0 0 -1", "300 300")],
)
def test_text_that_runs_otherwise_is_read(matrix: str, place: str) -> None:
    turned = f"BT /F1 11 Tf {matrix} {place} Tm (Load in tonnes) Tj ET".encode()
    assert "Load in tonnes" in text_of(at(200, 500, "Crane 1: 12"), turned)
