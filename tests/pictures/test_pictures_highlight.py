"""Evidence in the PDF: the right words are covered, and doubt becomes a note."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from made_up import QUESTION, QUOTES, REPORT, evidence, fire, sample_pages
from pdf_builder import PageSpec, build, show
from pypdf import PdfReader, PdfWriter
from pypdf.errors import DependencyError
from pypdf.generic import ArrayObject, NameObject, NumberObject

from citrus_cli.errors import CitrusError, DocumentError, UsageError
from citrus_cli.evidence.model import Evidence
from citrus_cli.pictures import write_highlights
from citrus_cli.pictures.glyphs import glyphs

TEXT = "First line here.\nThe pass key is\n4711 and no-\nthing else.\nLast line."

Save = Callable[..., Path]


def quoted(quote: str, start: int = 0, page: int = 1) -> Evidence:
    return Evidence("a.pdf", page, None, quote, start, start + len(quote), 0.75, True)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """save(page, …) → a PDF of these pages."""

    def run(*pages: str | PageSpec, **changes: object) -> Path:
        path = tmp_path / "a.pdf"
        path.write_bytes(build(pages, **changes))
        return path

    return run


def annotations(path: Path, page: int = 1, password: str | None = None) -> list[dict[str, object]]:
    reader = PdfReader(path, password=password)
    return [one.get_object() for one in reader.pages[page - 1].get("/Annots", [])]


def covered(path: Path, annotation: dict[str, object], page: int = 1) -> list[str]:
    """The characters whose middle lies in each quadrilateral of an upright highlight."""
    numbers = [float(one) for one in annotation["/QuadPoints"]]  # type: ignore[attr-defined]
    drawn = list(glyphs(PdfReader(path).pages[page - 1]))
    found = []
    for at in range(0, len(numbers), 8):
        xs, ys = numbers[at : at + 8 : 2], numbers[at + 1 : at + 8 : 2]
        inside = [
            glyph.text
            for glyph in drawn
            if min(xs) <= (min(glyph.quad[::2]) + max(glyph.quad[::2])) / 2 <= max(xs)
            and min(ys) <= (min(glyph.quad[1::2]) + max(glyph.quad[1::2])) / 2 <= max(ys)
        ]
        found.append("".join(inside))
    return found


def test_evidence_of_the_sample_is_marked_line_by_line(tmp_path: Path) -> None:
    out = tmp_path / "marked.pdf"
    before = REPORT.read_bytes()
    done = write_highlights(REPORT, fire().evidence, out, question=QUESTION)
    assert (len(done.marked), len(done.noted)) == (3, 0)
    assert REPORT.read_bytes() == before
    first, second = [one for one in annotations(out, 13) if one["/Subtype"] == "/Highlight"]
    assert [line.strip() for line in covered(out, first, 13)] == [
        "The fire was caused by a",
        QUOTES[0].removeprefix("The fire was caused by a "),
    ]
    assert [line.strip() for line in covered(out, second, 13)] == [QUOTES[1]]
    assert first["/Contents"] == f"{QUESTION}\nscore 0.91, word for word"
    assert len(annotations(out, 6)) == 1
    source, copy = PdfReader(REPORT), PdfReader(out)
    assert len(copy.pages) == len(source.pages)
    assert copy.page_labels == source.page_labels
    assert copy.pages[12].extract_text() == source.pages[12].extract_text()


def test_a_row_of_a_table_is_marked_cell_by_cell(tmp_path: Path) -> None:
    cells = ["Gross profit", "109.5", "102.8", "316.1", "302.6"]
    page = next(one for one in sample_pages() if "| Gross profit | 109.5" in one.text)
    row = evidence(page, f"| {' | '.join(cells)} |")
    out = tmp_path / "marked.pdf"
    done = write_highlights(REPORT, [row], out)
    assert (done.marked, done.noted) == ((row,), ())
    (one,) = annotations(out, page.page)
    assert one["/Subtype"] == "/Highlight"
    assert [cell.strip() for cell in covered(out, one, page.page)] == cells


def test_places_agree_with_the_page_as_drawn(save: Save, tmp_path: Path) -> None:
    path = save("ab\nWide MMM iii")
    drawn = list(glyphs(PdfReader(path).pages[0]))
    assert "".join(one.text for one in drawn) == "abWide MMM iii"
    # Helvetica at 12 points from (72, 740), lines of 14
    assert drawn[0].quad[4] == pytest.approx(72)
    assert drawn[1].quad[4] == pytest.approx(72 + 0.556 * 12)
    assert drawn[2].quad[4] == pytest.approx(72)
    assert drawn[7].quad[4] == pytest.approx(72 + (944 + 222 + 556 + 556 + 278) * 0.012)
    assert drawn[2].quad[5] == pytest.approx(drawn[0].quad[5] - 14)


def test_white_space_and_hyphens_do_not_count(save: Save, tmp_path: Path) -> None:
    path, out = save(TEXT), tmp_path / "out.pdf"
    done = write_highlights(path, [quoted("The pass\tkey  is 4711 and nothing\nelse.", 17)], out)
    assert len(done.marked) == 1
    (one,) = annotations(out)
    assert covered(out, one) == ["The pass key is", "4711 and no-", "thing else."]
    assert one["/Contents"] == "score 0.75, word for word"


STREAMS = {
    "kerned": b"BT /F1 12 Tf 72 700 Td [(T) 80 (he p) -20 (ass) -300 (key)] TJ ET",
    "in pieces": b"BT /F1 12 Tf 72 700 Td (The) Tj 24 0 Td (pass) Tj 30 0 Td (key) Tj ET",
    "spaced": b"BT /F1 12 Tf 2 Tc 5 Tw 72 700 Td (The pass key) Tj ET",
    "narrow": b"BT /F1 12 Tf 60 Tz 72 700 Td (The pass key) Tj ET",
    "raised": b"BT /F1 12 Tf 4 Ts 72 700 Td (The pass key) Tj ET",
    "scaled": b"q 2 0 0 2 10 20 cm BT /F1 6 Tf 1 0 0 1 36 300 Tm (The pass key) Tj ET Q",
    "quote": b"BT /F1 12 Tf 14 TL 72 714 Td (The pass key) ' ET",
    "quotes": b'BT /F1 12 Tf 14 TL 72 714 Td 1 1 (The pass key) " ET',
    "leading": b"BT /F1 12 Tf 72 714 TD 0 -14 TD (The pass key) Tj T* ET",
    "form": b"q 1 0 0 1 50 0 cm /Fm Do Q",
}


@pytest.mark.parametrize("name", STREAMS)
def test_ways_to_draw_text(name: str, save: Save, tmp_path: Path) -> None:
    form = b"BT /F1 12 Tf 22 700 Td (The pass key) Tj ET"
    path = save(PageSpec(STREAMS[name] + b"\n" + show("Something else."), forms={"Fm": form}))
    out = tmp_path / "out.pdf"
    write_highlights(path, [quoted("The pass key")], out)
    (one,) = annotations(out)
    assert one["/Subtype"] == "/Highlight"
    assert "".join(covered(out, one)).replace(" ", "") == "Thepasskey"
    numbers = [float(number) for number in one["/QuadPoints"]]  # type: ignore[attr-defined]
    assert len(numbers) == 8
    left, right = min(numbers[::2]), max(numbers[::2])
    assert left == pytest.approx(82 if name == "scaled" else 72, abs=0.1)
    natural = 71.36  # of these words in Helvetica at 12 points
    wide = {"kerned": 68.03 + 2.88, "in pieces": 54 + 18.67, "spaced": natural + 22 + 10}
    wide |= {"narrow": natural * 0.6, "quotes": natural + 11 + 2}
    assert right - left == pytest.approx(
        wide.get(name, natural), abs=3 if name == "kerned" else 0.2
    )
    middle = (min(numbers[1::2]) + max(numbers[1::2])) / 2
    base = {"raised": 704, "scaled": 620}.get(name, 700)
    assert middle == pytest.approx(base + 0.28 * 12, abs=0.1)


def test_text_that_runs_upwards_gets_an_upright_box(save: Save, tmp_path: Path) -> None:
    path = save(PageSpec(b"BT /F1 12 Tf 0 1 -1 0 300 100 Tm (The pass key) Tj ET"))
    out = tmp_path / "out.pdf"
    write_highlights(path, [quoted("The pass key")], out)
    (one,) = annotations(out)
    left, bottom, right, top = (float(number) for number in one["/Rect"])  # type: ignore[attr-defined]
    assert (right - left, top - bottom) == pytest.approx((12, 71.36), abs=0.1)
    assert bottom == pytest.approx(100, abs=0.1)


def test_the_nearer_of_two_places_is_taken(save: Save, tmp_path: Path) -> None:
    filler = "\n".join(f"Line {number} of something that fills the page." for number in range(20))
    text = f"The pass key\n{filler}\nThe pass key"
    path, out = save(text), tmp_path / "out.pdf"
    quote = "The pass key"
    write_highlights(path, [quoted(quote, text.rindex(quote)), quoted(quote, 0)], out)
    last, first = annotations(out)
    assert float(last["/Rect"][1]) < float(first["/Rect"][1]) - 200  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("Nothing of the kind.", quoted("The pass key")),
        ("7 and 7 and 7", quoted("7", 6)),
        ("Some text.", quoted(" - \n")),
        (PageSpec(b"BT /F1 12 Tf 72 700 Td (The pass"), quoted("The pass key")),
        (PageSpec(b"BT 72 700 Td (The pass key) Tj ET"), quoted("The pass key")),
        (PageSpec(b"BT /F1 12 Tf 1 Tm (The pass key) Tj ET"), quoted("The pass key")),
        (PageSpec(b"/Fm Do", forms={"Fm": b"/Fm Do BT /F1 9 Tf (The) Tj ET"}), quoted("The")),
    ],
    ids=["absent", "ambiguous", "empty", "cut off", "no font", "bad matrix", "endless"],
)
def test_what_cannot_be_placed_gets_a_note(
    text: str | PageSpec, evidence: Evidence, save: Save, tmp_path: Path
) -> None:
    out = tmp_path / "out.pdf"
    done = write_highlights(save(text), [evidence, evidence], out, question="Why?\x1b")
    assert done.noted == (evidence, evidence)
    first, second = annotations(out)
    assert first["/Subtype"] == second["/Subtype"] == "/Text"
    assert first["/Contents"] == f"Why?␛\nscore 0.75, word for word\n\n“{evidence.quote}”"
    assert first["/Rect"] == [12, 760, 32, 780]
    assert second["/Rect"] == [38, 760, 58, 780]


@pytest.mark.parametrize(
    ("turned", "corner"),
    [(0, [12, 760]), (90, [12, 12]), (180, [580, 12]), (270, [580, 760]), (-90, [580, 760])],
)
def test_pages_that_are_turned(turned: int, corner: list[int], save: Save, tmp_path: Path) -> None:
    path = save(TEXT)
    writer = PdfWriter(clone_from=path)
    writer.pages[0][NameObject("/Rotate")] = NumberObject(turned)
    writer.write(path)
    out = tmp_path / "out.pdf"
    write_highlights(path, [quoted("Last line.", 60), quoted("absent")], out)
    mark, note = annotations(out)
    assert covered(out, mark) == ["Last line."]
    assert note["/Rect"][:2] == corner  # type: ignore[index]
    assert PdfReader(out).pages[0].rotation % 360 == turned % 360


def test_annotations_that_are_there_stay(save: Save, tmp_path: Path) -> None:
    path, once, twice = save(TEXT), tmp_path / "once.pdf", tmp_path / "twice.pdf"
    write_highlights(path, [quoted("First line")], once)
    write_highlights(once, [quoted("Last line.", 60)], twice)
    assert [covered(twice, one) for one in annotations(twice)] == [["First line"], ["Last line."]]


def test_damaged_annotations_are_replaced(save: Save, tmp_path: Path) -> None:
    path, out = save(TEXT), tmp_path / "out.pdf"
    writer = PdfWriter(clone_from=path)
    writer.pages[0][NameObject("/Annots")] = NumberObject(7)
    writer.write(path)
    write_highlights(path, [quoted("First line")], out)
    assert len(annotations(out)) == 1


def test_encrypted_documents_stay_encrypted(save: Save, tmp_path: Path) -> None:
    path, out = save(TEXT, password="open sesame", owner="other"), tmp_path / "out.pdf"
    for wrong, said in ((None, "give its password"), ("wrong", "does not open it")):
        with pytest.raises(DocumentError, match=said):
            write_highlights(path, [quoted("First line")], out, password=wrong)
    assert not out.exists()
    write_highlights(path, [quoted("First line")], out, password="open sesame")
    reader = PdfReader(out)
    assert reader.is_encrypted
    assert not reader.decrypt("")
    assert len(annotations(out, password="open sesame")) == 1
    assert b"First line" not in out.read_bytes()


def test_documents_that_open_without_a_password_keep_their_limits(
    save: Save, tmp_path: Path
) -> None:
    path, out = save(TEXT, password="", owner="secret"), tmp_path / "out.pdf"
    write_highlights(path, [quoted("First line")], out, password="not needed")
    before, after = PdfReader(path), PdfReader(out)
    assert after.is_encrypted
    assert after.decrypt("")
    assert after.user_access_permissions == before.user_access_permissions
    assert len(after.pages[0]["/Annots"]) == 1  # type: ignore[arg-type]


def test_the_source_is_never_overwritten(save: Save, tmp_path: Path) -> None:
    path = save(TEXT)
    before = path.read_bytes()
    link, hard = tmp_path / "link.pdf", tmp_path / "hard.pdf"
    link.symlink_to(path)
    hard.hardlink_to(path)
    for out in (path, link, hard, tmp_path / "x" / ".." / "a.pdf"):
        with pytest.raises(UsageError):
            write_highlights(path, [quoted("First line")], out, overwrite=True)
    assert path.read_bytes() == before


def test_the_copy_replaces_a_file_only_when_told(save: Save, tmp_path: Path) -> None:
    path, out = save(TEXT), tmp_path / "out.pdf"
    out.write_bytes(b"mine")
    with pytest.raises(UsageError, match="exists"):
        write_highlights(path, [quoted("First line")], out)
    assert out.read_bytes() == b"mine"
    write_highlights(path, [quoted("First line")], out, overwrite=True)
    assert len(annotations(out)) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.pdf", "out.pdf"]


def test_documents_that_cannot_be_read(save: Save, tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    good = save(TEXT).read_bytes()
    bad = tmp_path / "bad.pdf"
    for content in (b"", b"%PDF-1.7\n", b"plain text", good[: len(good) // 3]):
        bad.write_bytes(content)
        with pytest.raises(DocumentError, match=re.escape(str(bad))):
            write_highlights(bad, [], out)
    for missing in (tmp_path / "missing.pdf", tmp_path):
        with pytest.raises(DocumentError):
            write_highlights(missing, [], out)
    assert not out.exists()


def test_evidence_of_another_document_is_refused(save: Save, tmp_path: Path) -> None:
    for page in (0, 2):
        with pytest.raises(UsageError, match=f"no page {page} to mark, it has 1"):
            write_highlights(save(TEXT), [quoted("First", page=page)], tmp_path / "out.pdf")


def test_a_failed_write_leaves_nothing(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, out = save(TEXT), tmp_path / "out.pdf"
    for error, kind in (
        (OSError(28, "No space left"), CitrusError),
        (KeyError("x"), DocumentError),
    ):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(PdfWriter, "write", fail)
        with pytest.raises(kind):
            write_highlights(path, [], out)
    assert [one.name for one in tmp_path.iterdir()] == ["a.pdf"]


def test_an_empty_page_gets_a_note(tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.add_blank_page(200, 100)
    writer.pages[0][NameObject("/Annots")] = ArrayObject()
    writer.write(tmp_path / "a.pdf")
    done = write_highlights(tmp_path / "a.pdf", [quoted("x")], tmp_path / "out.pdf")
    assert len(done.noted) == 1


def test_a_document_without_pages(tmp_path: Path) -> None:
    PdfWriter().write(tmp_path / "a.pdf")
    with pytest.raises(DocumentError, match="no pages"):
        write_highlights(tmp_path / "a.pdf", [], tmp_path / "out.pdf")


def test_a_cipher_that_is_missing(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(*_: object) -> None:
        raise DependencyError("cryptography is required")

    monkeypatch.setattr(PdfReader, "decrypt", lacking)
    with pytest.raises(DocumentError, match="cryptography is required"):
        write_highlights(save(TEXT, password="x"), [], tmp_path / "out.pdf", password="x")


@pytest.mark.parametrize(
    "stream",
    [
        b"BT /F1 0 Tf 72 700 Td (The pass key) Tj ET",
        b"BT /F1 12 Tf 72 -700 Td (The pass key) Tj ET",
        b"BT /F1 12 Tf 900 700 Td (The pass key) Tj ET",
        b"BT /F1 12 Tf 0 Tz 72 700 Td (The pass key) Tj ET",
    ],
    ids=["no size", "below", "beside", "no width"],
)
def test_text_that_nobody_sees_gets_a_note(stream: bytes, save: Save, tmp_path: Path) -> None:
    path = save(PageSpec(stream))
    done = write_highlights(path, [quoted("The pass key")], tmp_path / "out.pdf")
    assert len(done.noted) == 1
