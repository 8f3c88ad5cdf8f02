"""Cleaning: every rule once, and the properties that must hold for any text."""

from __future__ import annotations

import random
import unicodedata

import pytest

from citrus_cli.documents.clean import (
    WhiteSpace,
    clean_characters,
    compact_white_space,
    safe_cut,
)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("o\ufb03ce \ufb01ll \ufb02y \ufb00 \ufb04 \ufb05 \ufb06", "office fill fly ff ffl st st"),
        ("cafe\u0301", "caf\xe9"),
        ("co\xadop\xaderation", "cooperation"),
        ("5\xa0%\u2009and\u3000more\u202fso", "5 % and more so"),
        ("a\x00b\x07c\x1b[31md\x7fe\x81f", "abc[31mdef"),
        ("5\x9610 It\x92s \x80 9", "5–10 It’s € 9"),
        ("keep\tthis\nline", "keep\tthis\nline"),
        ("a\r\nb\rc\x0bd\x85e\u2028f\u2029g", "a\nb\nc\nd\ne\nf\ng"),
        ("lone \ud83d surrogate \udc00", "lone \ufffd surrogate \ufffd"),
        ("user\u202egnp.exe\u202c \u2066x\u2069 \u200ey\u200f", "usergnp.exe x y"),
        ("zero\u200bwidth\ufeff\u2060", "zerowidth"),
        ("in\U000e0069\U000e0067visible", "invisible"),
        ("\u212b \u2126", "\xc5 \u03a9"),
    ],
)
def test_characters(raw: str, clean: str) -> None:
    assert clean_characters(raw) == clean


@pytest.mark.parametrize("text", ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "👩\u200d🔬"])
def test_joiners_that_spell_words_and_emoji_stay(text: str) -> None:
    assert clean_characters(text) == text
    assert clean_characters("a\u200db\u200c \u200d") == "ab "


@pytest.mark.parametrize(
    ("raw", "clean", "indented"),
    [
        ("a  b \t c", "a b\tc", "a  b\tc"),
        ("\n\n  a\n\n\n\n b \n\t\n\nc\n\n", "a\n\nb\n\nc", "  a\n\n b\n\nc"),
        ("a   \nb", "a\nb", "a\nb"),
        ("def f():\n    return  1\n", "def f():\nreturn 1", "def f():\n    return  1"),
        (" " * 99 + "x", "x", " " * 40 + "x"),
        (" \n\t ", "", ""),
        ("a" + " " * 999 + "b\t\t c", "a b\tc", "a" + " " * 200 + "b\t\tc"),
    ],
)
def test_white_space(raw: str, clean: str, indented: str) -> None:
    assert compact_white_space(raw) == clean
    assert compact_white_space(raw, keep_indent=True) == indented


def _random_text(rng: random.Random, length: int) -> str:
    alphabet = (
        "ab  \n\n\t-e\u0301\u00e9\ufb01\u200d\u0915\u094d\u1100\u1161\u11a8\u0bc6\u0bbe\ud800\xad👩"
    )
    return "".join(rng.choice(alphabet) for _ in range(length))


@pytest.mark.parametrize("seed", range(60))
def test_cleaning_is_idempotent_and_normal(seed: int) -> None:
    text = _random_text(random.Random(seed), 200)
    clean = compact_white_space(clean_characters(text), keep_indent=bool(seed % 2))
    again = compact_white_space(clean_characters(clean), keep_indent=bool(seed % 2))
    assert again == clean
    assert unicodedata.is_normalized("NFC", clean)
    clean.encode("utf-8")


@pytest.mark.parametrize("seed", range(60))
def test_white_space_does_not_depend_on_the_pieces(seed: int) -> None:
    rng = random.Random(seed)
    text = _random_text(rng, 300)
    keep = bool(seed % 2)
    white = WhiteSpace(keep_indent=keep)
    pieces, at = [], 0
    while at < len(text):
        size = rng.randint(1, 9)
        pieces.append(white.feed(text[at : at + size]))
        at += size
    assert "".join(pieces) == compact_white_space(text, keep_indent=keep)


@pytest.mark.parametrize("seed", range(60))
def test_a_safe_cut_changes_no_character(seed: int) -> None:
    text = _random_text(random.Random(seed), 100)
    for at in range(40, 90):
        cut = safe_cut(text, at)
        assert 0 < cut <= at
        assert clean_characters(text[:cut]) + clean_characters(text[cut:]) == clean_characters(text)


def test_a_safe_cut_gives_up_on_endless_clusters() -> None:
    assert safe_cut("a" + "\u0301" * 500, 300) == 300
