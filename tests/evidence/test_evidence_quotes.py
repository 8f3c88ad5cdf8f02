"""Quotes against pages: letter by letter, or with other white space."""

from __future__ import annotations

import random

import pytest
from evidence_texts import random_text

from citrus_cli.evidence.verify import find_quote, quote_stands

PAGE = "The board approved\na new  test laboratory\n\nin July. 14 % of it."


@pytest.mark.parametrize("quote", ["The board", "approved\na new  test", "14 % of it.", "b"])
def test_a_quote_that_stands(quote: str) -> None:
    assert quote_stands(quote, PAGE)
    start, end = find_quote(quote, PAGE) or (0, 0)
    assert PAGE[start:end] == quote


@pytest.mark.parametrize(
    "quote",
    [
        "",
        " ",
        "\n",
        "approved a new",
        "the board",
        "14% of it",
        "The  board",
        "laboratory in August",
    ],
)
def test_a_quote_that_does_not_stand(quote: str) -> None:
    assert not quote_stands(quote, PAGE)


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("approved a new test laboratory in July", "approved\na new  test laboratory\n\nin July"),
        ("  The\tboard \n", "The board"),
        ("proved a n", "proved\na n"),
        ("laboratory in J", "laboratory\n\nin J"),
    ],
)
def test_white_space_may_differ(quote: str, found: str) -> None:
    start, end = find_quote(quote, PAGE) or (0, 0)
    assert PAGE[start:end] == found


@pytest.mark.parametrize(
    "quote", ["", " ", "theboard", "14% of it", "the board", "anew test", "it. The"]
)
def test_nothing_else_may_differ(quote: str) -> None:
    assert find_quote(quote, PAGE) is None


def test_the_first_of_several_places() -> None:
    assert find_quote("a b", "xa\nbx a b") == (6, 9)  # as it is written goes first
    assert find_quote("a b", "xa\nbx a  b") == (1, 4)


def test_any_piece_of_any_text_is_found_again() -> None:
    random_ = random.Random(3)
    for _ in range(500):
        text = random_text(random_)
        start, end = sorted(random_.randrange(len(text) + 1) for _ in range(2))
        quote = text[start:end]
        assert quote_stands(quote, text) == bool(quote.strip())
        loose = "\n ".join(quote.split())
        place = find_quote(loose, text)
        if quote.strip():
            assert place is not None
            assert text[place[0] : place[1]].split() == quote.split()
        else:
            assert place is None
