"""What a reader of a PDF should know: what is on a page, or in the file, and not in the text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader

from citrus_cli.documents.formats.pdf.annotations import Annotations
from citrus_cli.documents.formats.pdf.geometry import Box
from citrus_cli.documents.formats.pdf.page import PageContent
from citrus_cli.documents.notices import Notice

_LARGE_PICTURE = 0.02
"""Pictures that take more than this share of a page may say something."""

_LARGE_EMBLEM = 0.06
"""In the margins, where emblems stand, only larger ones do."""

_EDGE = 0.12
_SIDE = 45.0
_WHOLE_PAGE = 0.6
_LITTLE_TEXT = 500
_HIDDEN_ENOUGH = 3
_NAMES = 5


def page_notices(content: PageContent, known: set[tuple[float, ...]]) -> Iterator[Notice]:
    """What to say of one page; `known` are the places of pictures that earlier pages have too."""
    yield from _picture_notices(content, known)
    counts = content.hidden.counts
    if sum(counts.values()) >= _HIDDEN_ENOUGH:
        reasons = ", ".join(sorted(reason for reason in counts if counts[reason]))
        yield Notice(f"text that is not visible was left out ({reasons})", "hidden-text")
    if content.struck:
        yield Notice("text that is struck out was left out", "struck-out-text")
    if content.unreadable and content.unreadable > 0.002 * len(content.text):
        yield Notice(
            "some glyphs have no character: their font does not say which they show",
            "unmapped-glyphs",
        )


def _picture_notices(content: PageContent, known: set[tuple[float, ...]]) -> Iterator[Notice]:
    page = content.geometry.width * content.geometry.height
    if page <= 0:
        return
    boxes = [_clipped(box, content) for box, _ in content.paint.pictures]
    solid = len("".join(content.text.split()))
    covered = sum(_area(box) for box in boxes) / page
    if covered > _WHOLE_PAGE:
        if solid < _LITTLE_TEXT and not content.invisible_read:
            yield Notice(
                "a picture covers the page, and beside it is little text: it looks scanned; "
                "have its text recognized (OCR)",
                "scanned-page",
            )
        return
    new = False
    for box in boxes:
        place = tuple(round(edge / 4) for edge in box)
        at_edge = box[3] < _EDGE * content.geometry.height or (
            box[1] > (1 - _EDGE) * content.geometry.height
        )
        least = _LARGE_EMBLEM if at_edge else _LARGE_PICTURE
        large = _area(box) > least * page and min(box[2] - box[0], box[3] - box[1]) > _SIDE
        if large and place not in known:
            new = True
        if len(known) < 10_000:
            known.add(place)
    if new:
        yield Notice("it has a picture, whose content was not read", "picture-not-read")


def _clipped(box: Box, content: PageContent) -> Box:
    left, top, right, bottom = box
    return (
        max(left, 0.0), max(top, 0.0),
        min(right, content.geometry.width), min(bottom, content.geometry.height),
    )  # fmt: skip


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def attached(annotations: Annotations) -> Iterator[Notice]:
    """Files that are attached to a page."""
    if annotations.attached:
        yield _attachments(annotations.attached)


def root_notices(reader: PdfReader) -> Iterator[Notice]:
    """What to say of the file as a whole."""
    try:
        names = list(reader.attachments)
    except Exception:
        names = []
    if names:
        yield _attachments(names)
    try:
        root: Any = reader.trailer["/Root"]
        form = root.get("/AcroForm")
        dynamic = form is not None and "/XFA" in form.get_object()
        fields = form is not None and bool(form.get_object().get("/Fields"))
    except Exception:
        return
    if dynamic:
        rest = "; what its fields hold was read" if fields else ""
        yield Notice(
            f"it holds an XFA form, of which only what its pages show was read{rest}", "xfa-form"
        )


def _attachments(names: list[str]) -> Notice:
    shown = ", ".join(sorted(set(names))[:_NAMES])
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return Notice(f"files are attached to it, which were not read: {shown}{more}", "attachments")
