"""What is to be seen and what is not; what fonts, forms, notes and layers add."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from pdf_builder import PageSpec, build, scan
from pdf_reading import at, page_of
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

SEEN = at(72, 500, "The rent is 900 euro.")


def changed(data: bytes, change: Callable[[PdfWriter, Any], None]) -> bytes:
    """A PDF whose first page has been changed."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    change(writer, writer.pages[0])
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "hidden",
    [
        b"1 g " + at(72, 460, "Only 1 euro") + b"0 g ",
        at(72, 460, "Only 1 euro") + b"0 g 60 450 300 30 re f ",
        at(72, 460, "Only 1 euro", before="3 Tr"),
        at(72, 460, "Only 1 euro", 0.7),
        at(72, -60, "Only 1 euro"),
        b"0.2 g 60 450 300 30 re f 0.21 g " + at(72, 460, "Only 1 euro") + b"0 g ",
    ],
    ids=["white", "blacked out", "invisible", "tiny", "off page", "dark on dark"],
)
def test_what_is_not_to_be_seen_is_left_out_and_told(hidden: bytes) -> None:
    page = page_of([SEEN, at(72, 480, "It is due in May."), hidden])
    assert page.text == "The rent is 900 euro.\nIt is due in May."
    assert [notice.code for notice in page.notices] == ["hidden-text"]


@pytest.mark.parametrize(
    "seen",
    [
        b"0.1 0.2 0.5 rg 60 450 300 30 re f 1 g " + at(72, 460, "Depth in May") + b"0 g ",
        b"1 1 0 rg 60 450 300 30 re f 0 g " + at(72, 460, "Depth in May"),
        at(72, 460, "Depth in May") + b"72 457 m 150 457 l S ",
        b"q 90 0 0 20 70 455 cm /Im Do Q 1 g " + at(72, 460, "Depth in May") + b"0 g ",
    ],
    ids=["white on blue", "marked", "underlined", "white on a picture"],
)
def test_what_is_to_be_seen_is_read(seen: bytes) -> None:
    page = page_of(build([PageSpec(SEEN + seen, image=True)]))
    assert "Depth in May" in page.text
    assert not page.notices


def test_what_is_struck_out_is_left_out_and_told() -> None:
    page = page_of([at(72, 500, "The fee is 300 450 euro."), b"0.8 w 123 503.5 m 142 503.5 l S "])
    assert page.text == "The fee is 450 euro."
    assert [notice.code for notice in page.notices] == ["struck-out-text"]


def test_a_layer_that_is_switched_off_is_not_read() -> None:
    content = SEEN + b"/OC /M0 BDC " + at(72, 480, "Draft: 1 euro.") + b"EMC "

    def add_layer(writer: PdfWriter, page: Any) -> None:
        group = writer._add_object(
            DictionaryObject(
                {
                    NameObject("/Type"): NameObject("/OCG"),
                    NameObject("/Name"): TextStringObject("D"),
                }
            )
        )
        page["/Resources"][NameObject("/Properties")] = DictionaryObject({NameObject("/M0"): group})
        off = DictionaryObject({NameObject("/OFF"): ArrayObject([group])})
        writer.root_object[NameObject("/OCProperties")] = DictionaryObject(
            {NameObject("/OCGs"): ArrayObject([group]), NameObject("/D"): off}
        )

    assert page_of(changed(build([PageSpec(content)]), add_layer)).text == "The rent is 900 euro."


def _annotation(kind: str, rect: tuple[int, ...], **entries: Any) -> DictionaryObject:
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject(kind),
            NameObject("/Rect"): ArrayObject(FloatObject(edge) for edge in rect),
            **{NameObject(f"/{name}"): value for name, value in entries.items()},
        }
    )


def with_annotations(*annotations: DictionaryObject) -> bytes:
    def add(writer: PdfWriter, page: Any) -> None:
        page[NameObject("/Annots")] = ArrayObject(map(writer._add_object, annotations))

    content = SEEN + at(72, 460, "Keeper")
    return changed(build([PageSpec(content)]), add)


def test_forms_notes_and_links_are_read() -> None:
    field = _annotation(
        "/Widget", (200, 455, 360, 471), FT=NameObject("/Tx"), V=TextStringObject("Harbour Trust")
    )
    ticked = _annotation(
        "/Widget", (200, 435, 210, 445), FT=NameObject("/Btn"), AS=NameObject("/Yes")
    )
    note = _annotation("/Text", (72, 400, 90, 418), Contents=TextStringObject("Not seen by legal"))
    link = _annotation(
        "/Link", (90, 495, 115, 512),
        A=DictionaryObject(
            {
                NameObject("/S"): NameObject("/URI"),
                NameObject("/URI"): TextStringObject("mailto:rent@example.org"),
            }
        ),
    )  # fmt: skip
    hidden = _annotation(
        "/Text", (72, 300, 90, 318), Contents=TextStringObject("secret"), F=NumberObject(2)
    )
    text = page_of(with_annotations(field, ticked, note, link, hidden)).text
    assert "Keeper" in text
    assert "Harbour Trust" in text.split("Keeper")[1].split("\n")[0]
    assert "[x]" in text
    assert "[note: Not seen by legal]" in text
    assert "rent (rent@example.org) is 900" in text
    assert "secret" not in text


def test_damaged_annotations_do_no_harm() -> None:
    bad = DictionaryObject({NameObject("/Subtype"): NameObject("/Link")})
    assert page_of(with_annotations(bad)).text.startswith("The rent is 900 euro.")


def test_glyphs_are_what_their_fonts_call_them() -> None:
    def rename(writer: PdfWriter, page: Any) -> None:
        font = page["/Resources"]["/Font"]["/F1"]
        names = [NumberObject(1), *map(NameObject, ("/f_i", "/c_t", "/five.oldstyle", "/fl"))]
        font[NameObject("/Encoding")] = DictionaryObject(
            {
                NameObject("/BaseEncoding"): NameObject("/WinAnsiEncoding"),
                NameObject("/Differences"): ArrayObject(names),
            }
        )
        mapping = DecodedStreamObject()
        mapping.set_data(
            b"1 beginbfchar <04> <F002> endbfchar 1 beginbfrange <20> <7E> <0020> endbfrange"
        )
        font[NameObject("/ToUnicode")] = writer._add_object(mapping)

    content = b"BT /F1 11 Tf 72 500 Td (pro\001t, pra\002ice, \0031 and \004ood) Tj ET"
    page = page_of(changed(build([PageSpec(content)]), rename))
    assert page.text == "profit, practice, 51 and flood"
    assert not page.notices


def test_pictures_scans_and_files_that_are_not_read_are_told() -> None:
    picture = PageSpec(SEEN + b"q 300 0 0 200 72 200 cm /Im Do Q", image=True)
    assert [notice.code for notice in page_of(build([picture])).notices] == ["picture-not-read"]
    stamp = PageSpec(scan().content + b" " + at(72, 30, "Received by the registry"), image=True)
    page = page_of(build([stamp]))
    assert page.drawn
    assert [notice.code for notice in page.notices] == ["scanned-page"]
