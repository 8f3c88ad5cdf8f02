"""Small PDFs, built operator by operator so that tests know exactly what is in them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pypdf import PdfWriter
from pypdf.constants import PageLabelStyle
from pypdf.generic import (
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    StreamObject,
)


@dataclass(frozen=True)
class PageSpec:
    """A page: its content stream, and what its resources hold besides the font F1."""

    content: bytes
    forms: Mapping[str, bytes] = field(default_factory=dict)
    image: bool = False


def show(text: str, size: int = 12) -> bytes:
    """Operators that show lines of Latin-1 text from the top of the page."""
    shown = [b"BT /F1 %d Tf %d TL 72 740 Td" % (size, size + 2)]
    for line in text.split("\n"):
        escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        shown.append(b"(%s) Tj T*" % escaped.encode("latin-1"))
    return b"\n".join([*shown, b"ET"])


def scan() -> PageSpec:
    """A page that shows nothing but a picture."""
    return PageSpec(b"q 612 0 0 792 0 0 cm /Im Do Q", image=True)


def build(pages: Sequence[str | PageSpec], **changes: Any) -> bytes:
    """The bytes of a PDF; `changes` go to `finish`."""
    writer = PdfWriter()
    font = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
                NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
            }
        )
    )
    for given in pages:
        spec = PageSpec(show(given)) if isinstance(given, str) else given
        page = writer.add_blank_page(612, 792)
        fonts = DictionaryObject({NameObject("/F1"): font})
        resources = DictionaryObject({NameObject("/Font"): fonts})
        objects = DictionaryObject()
        if spec.image:
            objects[NameObject("/Im")] = writer._add_object(_image())
        for name, content in spec.forms.items():
            form = _stream(content)
            form[NameObject("/Type")] = NameObject("/XObject")
            form[NameObject("/Subtype")] = NameObject("/Form")
            form[NameObject("/Resources")] = resources
            objects[NameObject(f"/{name}")] = writer._add_object(form)
        resources[NameObject("/XObject")] = objects
        page[NameObject("/Resources")] = resources
        page[NameObject("/Contents")] = writer._add_object(_stream(spec.content))
    return finish(writer, **changes)


def finish(
    writer: PdfWriter,
    *,
    roman: int = 0,
    password: str | None = None,
    owner: str | None = None,
    algorithm: str = "AES-256",
) -> bytes:
    """Writes a PDF out; its first `roman` pages are labelled i, ii, …, the others from 1."""
    if roman:
        writer.set_page_label(0, roman - 1, style=PageLabelStyle.LOWERCASE_ROMAN)
        writer.set_page_label(roman, len(writer.pages) - 1, style=PageLabelStyle.DECIMAL, start=1)
    if password is not None:
        writer.encrypt(password, owner, algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _stream(content: bytes) -> StreamObject:
    stream = DecodedStreamObject()
    stream.set_data(content)
    return stream.flate_encode() if len(content) > 10_000 else stream


def _image() -> StreamObject:
    image = _stream(b"\x80")
    image.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): FloatObject(1),
            NameObject("/Height"): FloatObject(1),
            NameObject("/ColorSpace"): NameObject("/DeviceGray"),
            NameObject("/BitsPerComponent"): FloatObject(8),
        }
    )
    return image
