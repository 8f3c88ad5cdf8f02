"""Lines that are joined, and hyphens at their ends."""

from __future__ import annotations

import pytest

from citrus_cli.documents.formats.pdf.hyphens import join_lines, page_words
from citrus_cli.documents.formats.pdf.paragraphs import LINE_END


def joined(text: str, page: str = "") -> str:
    return join_lines(text, page_words([text, page]))


@pytest.mark.parametrize("end", ["\n", LINE_END])
@pytest.mark.parametrize(
    ("before", "after", "read"),
    [
        ("an inter-", "national one", "an international one"),
        ("its ratifi-", "cation takes", "its ratification takes"),
        ("The long-", "term plan", "The long-term plan"),
        ("a flood-", "delaying effect", "a flood-delaying effect"),
        ("der Haupt-", "und Nebenstrecke", "der Haupt- und Nebenstrecke"),
        ("covers pre-", "and postwar loans", "covers pre- and postwar loans"),
        ("https://a.org/tide-", "tables.pdf for all", "https://a.org/tide-tables.pdf for all"),
        ("the Anglo-", "Saxon king", "the Anglo-Saxon king"),
        ("in 2018-", "2019", "in 2018-2019"),
        ("state-of-the-", "art ships", "state-of-the-art ships"),
        ("a soft hy\u00ad", "phen", "a soft hyphen"),
    ],
)  # fmt: skip
def test_hyphens_at_line_ends(before: str, after: str, read: str, end: str) -> None:
    assert joined(before + end + after) == read


def test_the_page_tells_how_a_word_is_written() -> None:
    assert joined("a note-\nbook", "the notebook") == "a notebook"
    assert joined("a note-\nbook", "the note-book") == "a note-book"


def test_lines_that_run_on_are_joined_and_others_not() -> None:
    assert joined(f"one{LINE_END}two\nthree") == "one two\nthree"
    assert joined(f"会議は三月{LINE_END}九日に") == "会議は三月九日に"
