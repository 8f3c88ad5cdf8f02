"""Cutting text into blocks."""

from __future__ import annotations

import random

import pytest

from citrus_cli.documents.blocks import cut


def test_short_text_is_one_block() -> None:
    assert list(cut("a\nb", 10)) == [(0, "a\nb")]
    assert list(cut("", 10)) == []


def test_cuts_after_lines_then_words_then_anywhere() -> None:
    assert list(cut("one two\nthree four", 12)) == [(0, "one two\n"), (8, "three four")]
    assert list(cut("one two three", 9)) == [(0, "one two "), (8, "three")]
    assert list(cut("x" * 25, 10)) == [(0, "x" * 10), (10, "x" * 10), (20, "x" * 5)]


def test_a_cut_does_not_part_a_letter_from_its_accent() -> None:
    assert list(cut("x" * 9 + "e\u0301" + "y" * 5, 10)) == [(0, "x" * 9), (9, "e\u0301yyyyy")]


@pytest.mark.parametrize("seed", range(40))
def test_blocks_are_the_text(seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choice("abc \n\u0301") for _ in range(500))
    blocks = list(cut(text, 32))
    assert "".join(piece for _, piece in blocks) == text
    assert all(text.startswith(piece, start) for start, piece in blocks)
    assert all(0 < len(piece) <= 32 for _, piece in blocks)
