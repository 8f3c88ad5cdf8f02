"""The evidence marked in the PDF it comes from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citrus_cli.errors import UsageError
from citrus_cli.evidence.model import Evidence
from citrus_cli.pictures.files import write_whole
from citrus_cli.pictures.pdf_copy import copy_of, quiet, write
from citrus_cli.pictures.placing import box, find, shows
from citrus_cli.pictures.words import one_line, score, visible

if TYPE_CHECKING:
    from pypdf import PageObject, PdfWriter

    from citrus_cli.pictures.glyphs import Glyph, Quad

COLOR = "ffd54a"


@dataclass(frozen=True)
class Highlighted:
    """What was marked: quotes where they stand, and those that only got a note on their page."""

    marked: tuple[Evidence, ...]
    noted: tuple[Evidence, ...]


def write_highlights(
    source_pdf: Path,
    evidence: Iterable[Evidence],
    out: Path,
    *,
    password: str | None = None,
    question: str | None = None,
    overwrite: bool = False,
) -> Highlighted:
    """Writes a copy of a PDF with evidence highlighted; all of it must be from this document.

    A quote whose exact place cannot be told gets a note at the top of its page. The copy of an
    encrypted PDF has the same password. `out` is never the source, and replaced only with
    `overwrite`.

    Raises:
        UsageError: `out` cannot be a new file, or the evidence is not from this document.
        DocumentError: the PDF cannot be read.
        CitrusError: the copy cannot be written.
    """
    given = tuple(evidence)
    target = Path(os.path.realpath(out))  # where it will be written, by whatever name
    if target.exists() and source_pdf.exists() and target.samefile(source_pdf):
        raise UsageError(f"{out}: it is the document itself; give another name for the copy")
    with quiet():
        writer = copy_of(source_pdf, password)
        pages = len(writer.pages)
        for one in given:
            if not 1 <= one.page <= pages:
                raise UsageError(
                    f"{source_pdf}: there is no page {one.page} to mark, it has {pages}"
                )
        done = _mark(writer, given, question)
        write_whole(out, lambda file: write(writer, file, source_pdf), overwrite=overwrite)
    return done


def _mark(writer: PdfWriter, evidence: Sequence[Evidence], question: str | None) -> Highlighted:
    marked, noted = list[Evidence](), list[Evidence]()
    drawn: dict[int, list[Glyph]] = {}
    tops: dict[int, int] = {}
    for one in evidence:
        page = writer.pages[one.page - 1]
        if one.page not in drawn:
            drawn[one.page] = _glyphs(page)
        quads = find(one, drawn[one.page])
        if quads and all(shows(page, quad) for quad in quads):
            _highlight(writer, page, quads, _content(one, question))
            marked.append(one)
        else:
            order = tops.setdefault(one.page, 0)
            tops[one.page] += 1
            _note(writer, page, order, f"{_content(one, question)}\n\n“{visible(one.quote)}”")
            noted.append(one)
    return Highlighted(tuple(marked), tuple(noted))


def _highlight(writer: PdfWriter, page: PageObject, quads: Sequence[Quad], content: str) -> None:
    from pypdf.annotations import Highlight
    from pypdf.generic import ArrayObject, FloatObject

    corners = [round(number, 2) for quad in quads for number in quad]
    across, up = corners[::2], corners[1::2]
    annotation = Highlight(
        rect=(min(across), min(up), max(across), max(up)),
        quad_points=ArrayObject(FloatObject(number) for number in corners),
        highlight_color=COLOR,
        printing=True,
        title_bar="citrus",
    )
    _add(writer, page, annotation, content)


def _note(writer: PdfWriter, page: PageObject, order: int, content: str) -> None:
    from pypdf.annotations import Text
    from pypdf.constants import AnnotationFlag

    x, y = _top(page, order)
    annotation = Text(rect=(x, y - 20, x + 20, y), text=content, title_bar="citrus")
    annotation.flags = AnnotationFlag.PRINT
    _add(writer, page, annotation, content)


def _top(page: PageObject, order: int) -> tuple[float, float]:
    """The upper left corner of the `order`-th note at the top of a page as it is seen."""
    left, bottom, right, top = box(page)
    along, inward = 12 + 26 * (order % 16), 12
    turned = page.rotation % 360
    if turned == 90:  # what is seen on top is the left side
        return left + inward, bottom + along + 20
    if turned == 180:
        return right - along - 20, bottom + inward + 20
    if turned == 270:
        return right - inward - 20, top - along
    return left + along, top - inward


def _add(writer: PdfWriter, page: PageObject, annotation: Any, content: str) -> None:
    from pypdf.generic import ArrayObject, NameObject, TextStringObject

    annotation[NameObject("/Contents")] = TextStringObject(content)
    if "/Annots" in page and not isinstance(page["/Annots"].get_object(), ArrayObject):
        del page["/Annots"]  # damaged: there is nothing in it to keep
    writer.add_annotation(page, annotation)


def _content(evidence: Evidence, question: str | None) -> str:
    checked = "word for word" if evidence.verified else "not word for word"
    said = f"score {score(evidence.score)}, {checked}"
    return f"{one_line(question)}\n{said}" if question else said


def _glyphs(page: PageObject) -> list[Glyph]:
    """What the page draws; nothing where that cannot be told."""
    from citrus_cli.pictures.glyphs import glyphs

    try:
        return list(glyphs(page))
    except Exception:  # a note on the page needs no places
        return []
