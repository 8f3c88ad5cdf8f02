"""The evidence marked in the PDF it comes from."""

from __future__ import annotations

import logging
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citrus_cli.documents.clean import clean_characters
from citrus_cli.errors import DocumentError, UsageError
from citrus_cli.evidence.model import Evidence
from citrus_cli.pictures.files import write_whole
from citrus_cli.pictures.words import one_line, score, visible

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader, PdfWriter

    from citrus_cli.pictures.glyphs import Glyph, Quad

COLOR = "ffd54a"
_LEFT_OUT = re.compile(r"[\s\-\u00ad\u2010\u2011]+")
_FAR_AWAY = 40
"""A second place for a quote must be so many characters further from where the quote should be."""


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
    with _quiet():
        writer = _copy(source_pdf, password)
        pages = len(writer.pages)
        for one in given:
            if not 1 <= one.page <= pages:
                raise UsageError(
                    f"{source_pdf}: there is no page {one.page} to mark, it has {pages}"
                )
        done = _mark(writer, given, question)
        write_whole(out, lambda file: _write(writer, file, source_pdf), overwrite=overwrite)
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
        if quads:
            _highlight(writer, page, quads, _content(one, question))
            marked.append(one)
        else:
            order = tops.setdefault(one.page, 0)
            tops[one.page] += 1
            _note(writer, page, order, f"{_content(one, question)}\n\n“{visible(one.quote)}”")
            noted.append(one)
    return Highlighted(tuple(marked), tuple(noted))


def find(evidence: Evidence, drawn: Sequence[Glyph]) -> list[Quad]:
    """The corners around a quote, line by line; empty where its place is not certain.

    White space and hyphens do not count, since they differ between what a page draws and what is
    read from it. Of several places the one nearest to where the quote starts is taken, unless
    another is about as near.
    """
    wanted = _solid(evidence.quote)
    if not wanted:
        return []
    text, owners = list[str](), list[int]()
    for at, glyph in enumerate(drawn):
        solid = _solid(glyph.text)
        text.append(solid)
        owners += [at] * len(solid)
    joined = "".join(text)
    places = [match.start() for match in re.finditer(f"(?={re.escape(wanted)})", joined)]
    if not places:
        return []
    expected = evidence.start * len(wanted) / max(1, len(evidence.quote))
    places.sort(key=lambda place: abs(place - expected))
    best, *others = places
    if others and abs(others[0] - expected) < 2 * abs(best - expected) + _FAR_AWAY:
        return []
    first, last = owners[best], owners[best + len(wanted) - 1]
    return _lines(drawn[first : last + 1])


def _solid(text: str) -> str:
    """What of a text is compared: no white space, no hyphens, one way to write a letter."""
    return _LEFT_OUT.sub("", unicodedata.normalize("NFKC", clean_characters(text)))


def _lines(run: Sequence[Glyph]) -> list[Quad]:
    """Neighbouring glyphs of one line, as one quadrilateral each."""
    found: list[Quad] = []
    for glyph in run:
        if not glyph.text.strip():
            continue
        if found and _continues(found[-1], glyph.quad):
            last, quad = found[-1], glyph.quad
            found[-1] = (*last[:2], *quad[2:4], *last[4:6], *quad[6:8])
        else:
            found.append(glyph.quad)
    return found


def _continues(last: Quad, quad: Quad) -> bool:
    """Whether a glyph stands to the right of the last one, on its line and in its size."""
    up = (last[0] - last[4], last[1] - last[5])
    height = (up[0] ** 2 + up[1] ** 2) ** 0.5
    if not height:
        return False
    gap = (quad[4] - last[6], quad[5] - last[7])
    rise = (gap[0] * up[0] + gap[1] * up[1]) / height
    along = (gap[0] * up[1] - gap[1] * up[0]) / height
    grown = ((quad[0] - quad[4]) ** 2 + (quad[1] - quad[5]) ** 2) ** 0.5 / height
    return abs(rise) < 0.3 * height and -0.6 * height < along < 3 * height and 0.8 < grown < 1.25


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
    box = page.cropbox
    left, bottom, right, top = (float(box[at]) for at in range(4))
    along, inward = 12 + 26 * order, 12
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


def _copy(source: Path, password: str | None) -> PdfWriter:
    """A writer that holds all of the document."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.errors import DependencyError

    try:
        reader = PdfReader(source, strict=False)
        used = _decrypt(reader, source, password)
        writer = PdfWriter(clone_from=reader)
        if not len(writer.pages):
            raise DocumentError(f"{source}: it has no pages to mark")
    except DocumentError:
        raise
    except OSError as error:
        raise DocumentError(f"{source}: {error.strerror or error}") from error
    except DependencyError as error:
        raise DocumentError(f"{source}: its encryption cannot be undone ({error})") from error
    except Exception as error:
        raise DocumentError(
            f"{source}: it is damaged, so that no copy can be made to mark "
            f"({type(error).__name__}); open and save it in a PDF viewer first"
        ) from error
    if used is not None:
        _encrypt(writer, reader, used)
    return writer


def _decrypt(reader: PdfReader, source: Path, password: str | None) -> str | None:
    """The password that opens the document; None where it is not encrypted."""
    if not reader.is_encrypted:
        return None
    if reader.decrypt(""):
        return ""
    if password is None:
        raise DocumentError(f"{source}: it is encrypted; give its password")
    if not reader.decrypt(password):
        raise DocumentError(f"{source}: the password does not open it")
    return password


def _encrypt(writer: PdfWriter, reader: PdfReader, password: str) -> None:
    """The copy opens with the same password, and allows no more than the document."""
    import secrets

    allowed = reader.user_access_permissions
    owner = password or secrets.token_urlsafe(24)
    rights: Any = {} if allowed is None else {"permissions_flag": allowed}
    writer.encrypt(password, owner, algorithm="AES-256", **rights)


def _write(writer: PdfWriter, file: Path, source: Path) -> None:
    try:
        with file.open("wb") as opened:
            writer.write(opened)
    except OSError:
        raise
    except Exception as error:
        raise DocumentError(
            f"{source}: it is damaged, so that no copy can be written ({type(error).__name__}); "
            "open and save it in a PDF viewer first"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Holds back what pypdf complains about on standard error."""
    logger = logging.getLogger("pypdf")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
