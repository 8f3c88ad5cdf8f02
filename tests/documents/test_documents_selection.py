"""Page selections."""

from __future__ import annotations

import pytest

from citrus_cli.documents.selection import PageSelection, parse_pages
from citrus_cli.errors import UsageError


@pytest.mark.parametrize(
    ("pages", "ranges"),
    [
        ("3", ((3, 3),)),
        ("5-10,14", ((5, 10), (14, 14))),
        ("7-", ((7, None),)),
        ("-3", ((1, 3),)),
        (" 2 - 4 , 9 ", ((2, 4), (9, 9))),
        ("2\u20134", ((2, 4),)),
        ("14,5-10", ((5, 10), (14, 14))),
        ("1-3,2-5,6", ((1, 6),)),
        ("4-,2,9", ((2, 2), (4, None))),
        ("1-4,2-3", ((1, 4),)),
        ("3-,1-5", ((1, None),)),
    ],
)
def test_parsing(pages: str, ranges: tuple[tuple[int, int | None], ...]) -> None:
    selection = parse_pages(pages)
    assert selection is not None
    assert selection.ranges == ranges
    assert parse_pages(str(selection)) == selection


@pytest.mark.parametrize(
    ("pages", "says"),
    [
        ("", "is not a page"),
        (",", "is not a page"),
        ("1,,2", "is not a page"),
        ("-", "is not a page"),
        ("a-b", "is not a page"),
        ("1-2-3", "is not a page"),
        ("1.5", "is not a page"),
        ("\u0663", "is not a page"),  # an Arabic digit
        ("0", "count from 1"),
        ("0-4", "count from 1"),
        ("-0", "count from 1"),
        ("9-5", "did you mean 5-9"),
    ],
)
def test_bad_syntax(pages: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_pages(pages)


def test_no_selection_is_none() -> None:
    assert parse_pages(None) is None


def test_pages_within_and_beyond_a_document() -> None:
    selection = PageSelection(((2, 3), (5, 9)))
    assert list(selection.within(6)) == [2, 3, 5, 6]
    assert list(selection.within(1)) == []
    assert str(selection.beyond(6)) == "7-9"
    assert selection.beyond(9) is None
    assert PageSelection(((2, None),)).beyond(5) is None
    assert 3 in selection
    assert 4 not in selection
    assert 10**9 in PageSelection(((2, None),))


@pytest.mark.parametrize(
    "ranges", [(), ((3, 2),), ((0, 1),), ((1, 2), (3, 4)), ((1, None), (5, 6))]
)
def test_ranges_are_validated(ranges: tuple[tuple[int, int | None], ...]) -> None:
    with pytest.raises(UsageError):
        PageSelection(ranges)
