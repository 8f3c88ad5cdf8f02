"""Content streams: the fast reader against pypdf's own, and table rows kept whole."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from pdf_builder import PageSpec, build, show
from pypdf import PdfReader
from pypdf.generic import DecodedStreamObject, StreamObject

from citrus_cli.documents.content import read_page, settle_positions
from citrus_cli.documents.tokens import Operation, read_operations

# What bears on text; the fast reader leaves the rest out.
_TEXTUAL = frozenset(b"BT ET Tf T* TJ Tj ' \" Do Td TD Tm Tc Tw Tz TL Tr Ts".split())


def pypdf_operations(data: bytes) -> list[Operation]:
    from pypdf.generic import ContentStream

    stream = DecodedStreamObject()
    stream.set_data(data)
    return list(ContentStream(stream, None, "bytes").operations)


def plain(operations: list[Operation]) -> list[tuple[list[Any], bytes]]:
    """Operations that bear on text, with numbers and strings as plain Python."""

    def value(operand: Any) -> Any:
        if isinstance(operand, list):
            return [value(item) for item in operand]
        return operand if isinstance(operand, (bytes, str)) else float(operand)

    return [
        ([value(operand) for operand in operands], operator)
        for operands, operator in operations
        if operator in _TEXTUAL
    ]


_STRINGS = [
    b"(plain)",
    rb"(a\(b\)c\\d\n\101\7x)",
    b"()",
    b"<0041>",
    b"<>",
    b"(multi\nline)",
    b"(a\\\nb)",
]
_NUMBERS = [b"1", b"-2.5", b"+.5", b"0", b"10.", b"-.25", b"007"]


def _random_stream(rng: random.Random) -> bytes:
    def number() -> bytes:
        return rng.choice(_NUMBERS)

    def string() -> bytes:
        return rng.choice(_STRINGS)

    def numbers(count: int) -> bytes:
        return b" ".join(number() for _ in range(count))

    pieces: list[Callable[[], bytes]] = [
        lambda: b"BT",
        lambda: b"ET",
        lambda: b"q",
        lambda: b"/F1 " + number() + b" Tf",
        lambda: numbers(2) + rng.choice([b" Td", b" TD"]),
        lambda: numbers(6) + rng.choice([b" Tm", b" cm"]),
        lambda: number() + rng.choice([b" Tc", b" Tw", b" Tz", b" TL", b" Tr", b" Ts"]),
        lambda: string() + rng.choice([b" Tj", b"Tj", b"\nTj", b" '"]),
        lambda: numbers(2) + b" " + string() + b' "',
        lambda: b"[" + b" ".join(rng.choice([number(), string()]) for _ in range(5)) + b"] TJ",
        lambda: b"[" + string() + string() + b"]TJ",
        lambda: b"T*",
        lambda: b"/Fm0 Do",
        lambda: numbers(4) + b" re W n",
        lambda: numbers(2) + b" m " + numbers(6) + b" c h f*",
        lambda: b"/Cs1 cs " + numbers(3) + b" scn /P1 SCN",
        lambda: b"/GS0 gs [3 2] 0 d 1 J 0 i",
        lambda: b"/Span <</MCID 3 /ActualText (x) /E <00>>> BDC",
        lambda: b"/P <<>> DP /Tag BMC EMC",
        lambda: b"% a comment (with Tj in it\n",
    ]
    gaps = [b"\n", b" ", b"\r\n", b"\t \n"]
    return b"".join(rng.choice(pieces)() + rng.choice(gaps) for _ in range(60))


@pytest.mark.parametrize("seed", range(150))
def test_the_fast_reader_agrees_with_pypdf(seed: int) -> None:
    data = _random_stream(random.Random(seed))
    fast = read_operations(data)
    assert fast is not None, data
    assert plain(fast) == plain(pypdf_operations(data))


@pytest.mark.parametrize(
    "data",
    [
        b"BT (never closed Tj ET",
        b"BT (nested (parentheses)) Tj ET",
        b"BT <4> Tj ET",
        b"BT <zz> Tj ET",
        b"BI /W 1 /H 1 ID \x00\x01 EI BT (x) Tj ET",
        b"1.2.3 0 Td",
        b"--1 0 Td",
        b"1 0 Frobnicate",
        b"QBT",
        b"/F#31 12 Tf",
        b"Q",
        b"(left over)",
        b"/odd 1 2 Td",
        b"BT Tj ET",
        b"\x80",
        b"(carriage\rreturn) Tj",
    ],
)
def test_anything_unusual_is_left_to_pypdf(data: bytes) -> None:
    assert read_operations(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"1 " * 60_000,
        b"1" * 60_000,
        b"1" * 60_000 + b" Frobnicate",
        b"<" * 60_000,
        b"(" * 60_000,
        b"(" + b"a" * 60_000,
        b"(" + b"\\(" * 30_000,
        b"[1 " * 30_000,
        b"[" + b"1" * 60_000,
        b"[" + b"1 " * 30_000,
        b"[" + b"(a)" * 30_000,
        b"<<" + b"(a)" * 30_000,
        b"0 0 m " * 20_000 + b"0 0 x",
        b"q " * 30_000,
        b"q " * 20_000 + b"Q " * 20_000,
    ],
)
def test_the_fast_reader_takes_linear_time(data: bytes) -> None:
    start = time.process_time()
    read_operations(data)
    assert time.process_time() - start < 2  # quadratic would be minutes, exponential forever


def test_states_saved_in_vain_are_left_out() -> None:
    assert read_operations(b"q 1 0 0 1 5 5 cm /F1 1 Tf Q q q Q Q BT ET") == [
        ([], b"BT"),
        ([], b"ET"),
    ]
    kept = read_operations(b"q 1 0 0 1 5 5 cm BT ET Q")
    assert kept is not None
    assert [operator for _, operator in kept] == [b"q", b"cm", b"BT", b"ET", b"Q"]


def test_positions_are_settled_before_text_is_shown() -> None:
    operations: list[Operation] = [
        ([2, 0, 0, -2, 10, 20], b"Tm"),
        (["/F1", 9], b"Tf"),
        ([3, 4], b"Td"),
        ([1, 1], b"Td"),
        ([b"x"], b"Tj"),
        ([5, 0], b"Td"),
        ([b"y"], b"Tj"),
        ([1, 2, 3], b"Tm"),
        ([5, 0], b"Td"),
    ]
    assert settle_positions(operations) == [
        ([2, 0, 0, -2, 10 + 2 * 4, 20 - 2 * 5], b"Tm"),
        *operations[1:2],
        *operations[4:],
    ]


def _text(*pages: str | PageSpec) -> list[str]:
    reader = PdfReader(io.BytesIO(build(pages)))
    return [read_page(page).text for page in reader.pages]


def test_rows_of_a_page_drawn_by_a_browser_stay_whole() -> None:
    """Every cell in a text object of its own, its place given by a Tm and then a Td."""
    rows = [("Net income", "5,363", "4,869"), ("Inventories", "(509)", "57")]
    cells = []
    for line, row in enumerate(rows):
        for column, cell in enumerate(row):
            cells.append(
                b"q 0.75 0 0 -0.75 0 792 cm BT /F1 12 Tf 1 0 0 -1 0 0 Tm %d %d Td (%s) Tj ET Q"
                % (100 + 200 * column, -100 - 20 * line, cell.encode())
            )
    (text,) = _text(PageSpec(b"\n".join(cells)))
    assert [line.split() for line in text.split("\n")] == [
        ["Net", "income", "5,363", "4,869"],
        ["Inventories", "(509)", "57"],
    ]


def test_columns_of_text_are_not_mixed() -> None:
    left = b"BT /F1 12 Tf 72 700 Td (left one) Tj 0 -14 Td (left two) Tj ET "
    right = b"BT /F1 12 Tf 320 700 Td (right one) Tj 0 -14 Td (right two) Tj ET"
    (text,) = _text(PageSpec(left + right))
    assert text.split("\n") == ["left one", "left two", "right one", "right two"]


def test_rotated_text_is_not_lost() -> None:
    (text,) = _text(PageSpec(show("upright") + b" BT /F1 12 Tf 0 1 -1 0 50 50 Tm (turned) Tj ET"))
    assert text.split() == ["upright", "turned"]


def test_text_within_forms_is_read() -> None:
    (text,) = _text(PageSpec(b"/Fm Do", forms={"Fm": show("inside a form")}))
    assert text.strip() == "inside a form"


def test_a_page_is_left_as_it_was() -> None:
    reader = PdfReader(io.BytesIO(build(["twice"])))
    page = reader.pages[0]
    before = page.raw_get("/Contents")
    assert read_page(page) == read_page(page)
    assert page.raw_get("/Contents") is before
    assert isinstance(page["/Contents"], StreamObject)


def test_what_is_invisible_is_counted() -> None:
    hidden = PageSpec(b"q 3 Tr " + show("hidden") + b" Q " + show("seen\nseen too"))
    reader = PdfReader(io.BytesIO(build([hidden])))
    content = read_page(reader.pages[0])
    assert (content.visible, content.invisible) == (2, 1)


def test_a_page_without_contents() -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    page = writer.add_blank_page(100, 100)
    assert read_page(page).text == ""
