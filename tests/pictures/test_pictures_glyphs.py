"""Where characters are drawn: fonts of two bytes, forms within forms, and what is given up on."""

from __future__ import annotations

import io
import itertools
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from fontTools.ttLib import TTFont
from fpdf import FPDF
from pdf_builder import PageSpec, build
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, FloatObject, NameObject

from citrus_cli.evidence.model import Evidence
from citrus_cli.pictures import glyphs as module
from citrus_cli.pictures import write_highlights
from citrus_cli.pictures.glyphs import UnknownPlaceError, glyphs, multiply, place

FONT = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
SHOWN = b"BT /F1 12 Tf 72 700 Td (The pass key) Tj ET"


def page(spec: PageSpec | str) -> PageObject:
    return PdfReader(io.BytesIO(build([spec]))).pages[0]


def unicode_pdf(text: str) -> bytes:
    """A page in an embedded font whose characters are two bytes each."""
    pdf = FPDF(unit="pt", format=(600, 400))
    pdf.add_font("DejaVu", fname=FONT)
    pdf.set_font("DejaVu", size=12)
    pdf.add_page()
    pdf.set_xy(50, 60)
    pdf.multi_cell(400, 16, text)
    return bytes(pdf.output())


def test_fonts_of_two_bytes() -> None:
    text = "Цена ключа — 4711 ₽, the pass key"
    drawn = list(glyphs(PdfReader(io.BytesIO(unicode_pdf(text))).pages[0]))
    assert "".join(one.text for one in drawn) == text
    font = TTFont(FONT)
    names, measures = font.getBestCmap(), font["hmtx"]
    widths = [one.quad[2] - one.quad[0] for one in drawn]
    known = [12 * measures[names[ord(letter)]][0] / font["head"].unitsPerEm for letter in text]
    assert widths == pytest.approx(known, abs=0.02)
    assert all(b.quad[0] >= a.quad[0] for a, b in itertools.pairwise(drawn))


def test_fonts_of_two_bytes_are_marked(tmp_path: Path) -> None:
    path, out = tmp_path / "a.pdf", tmp_path / "out.pdf"
    path.write_bytes(unicode_pdf("Цена ключа — 4711 ₽, and the pass key is in the eﬃcient box."))
    quote = "4711 ₽, and the pass key is in the efficient box."
    done = write_highlights(path, [Evidence("a.pdf", 1, None, quote, 13, 62, 1, True)], out)
    assert len(done.marked) == 1


def test_resources_that_a_page_inherits() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(build([PageSpec(SHOWN)])))
    one = writer.pages[0]
    parent = one["/Parent"].get_object()
    parent[NameObject("/Resources")] = one.raw_get("/Resources")
    del one["/Resources"]
    out = io.BytesIO()
    writer.write(out)
    assert "".join(g.text for g in glyphs(PdfReader(out).pages[0])) == "The pass key"
    del parent["/Resources"]
    out = io.BytesIO()
    writer.write(out)
    # pypdf then knows no font of this name: its own guess is a width of 500
    assert len(list(glyphs(PdfReader(out).pages[0]))) == len("The pass key")


def test_a_form_has_a_matrix_of_its_own() -> None:
    one = page(PageSpec(b"2 0 0 2 0 0 cm /Fm Do", forms={"Fm": SHOWN}))
    form = one["/Resources"]["/XObject"]["/Fm"]  # type: ignore[index]
    form[NameObject("/Matrix")] = ArrayObject(FloatObject(x) for x in (3, 0, 0, 3, 5, 7))
    first = next(glyphs(one))
    assert first.quad[4:6] == pytest.approx((2 * (3 * 72 + 5), 2 * (3 * (700 - 0.22 * 12) + 7)))


def test_images_are_no_text() -> None:
    assert list(glyphs(page(PageSpec(b"/Im Do", image=True)))) == []


@pytest.mark.parametrize(
    ("limit", "value", "spec"),
    [
        ("_MOST_GLYPHS", 3, PageSpec(SHOWN)),
        ("_MOST_FORMS", 2, PageSpec(b"/Fm Do " * 3, forms={"Fm": SHOWN})),
        ("_DEEPEST", 0, PageSpec(b"/Fm Do", forms={"Fm": SHOWN})),
    ],
)
def test_limits(limit: str, value: int, spec: PageSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(glyphs(page(spec)))
    monkeypatch.setattr(module, limit, value)
    with pytest.raises(UnknownPlaceError):
        list(glyphs(page(spec)))


@pytest.mark.parametrize(("key", "value"), [("/Subtype", "/Type3"), ("/Encoding", "/Identity-V")])
def test_fonts_without_plain_widths(key: str, value: str) -> None:
    one = page(PageSpec(SHOWN))
    font = one["/Resources"]["/Font"]["/F1"]  # type: ignore[index]
    font[NameObject(key)] = NameObject(value)
    with pytest.raises(UnknownPlaceError):
        list(glyphs(one))


def test_a_pypdf_that_keeps_its_widths_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf.generic._font", None)
    with pytest.raises(UnknownPlaceError, match="no widths"):
        list(glyphs(page(PageSpec(SHOWN))))


def test_matrices() -> None:
    shift, double = (1.0, 0.0, 0.0, 1.0, 3.0, 4.0), (2.0, 0.0, 0.0, 2.0, 0.0, 0.0)
    assert place(multiply(shift, double), 1, 1) == (8, 10)
    assert place(multiply(double, shift), 1, 1) == (5, 6)
