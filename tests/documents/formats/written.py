"""Documents of all formats, written by the libraries that are made for them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from email.message import EmailMessage

import docx
import openpyxl
import pptx
from odf import table as odf_table
from odf import text as odf_text
from odf.opendocument import OpenDocumentSpreadsheet, OpenDocumentText

Paragraphs = Sequence[str]


def docx_of(paragraphs: Paragraphs) -> bytes:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    return saved(document.save)


def pptx_of(paragraphs: Paragraphs) -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    frame = slide.placeholders[1].text_frame
    for number, text in enumerate(paragraphs):
        (frame.paragraphs[0] if not number else frame.add_paragraph()).text = text
    return saved(deck.save)


def xlsx_of(paragraphs: Paragraphs) -> bytes:
    book = openpyxl.Workbook()
    for number, text in enumerate(paragraphs, start=1):
        cell = book.active.cell(number, 1)
        cell.value, cell.data_type = text, "s"
    return saved(book.save)


def odt_of(paragraphs: Paragraphs) -> bytes:
    document = OpenDocumentText()
    for text in paragraphs:
        document.text.addElement(odf_text.P(text=text))
    return saved(document.write)


def ods_of(paragraphs: Paragraphs) -> bytes:
    document = OpenDocumentSpreadsheet()
    sheet = odf_table.Table(name="Sheet")
    for text in paragraphs:
        row, cell = odf_table.TableRow(), odf_table.TableCell(valuetype="string")
        cell.addElement(odf_text.P(text=text))
        row.addElement(cell)
        sheet.addElement(row)
    document.spreadsheet.addElement(sheet)
    return saved(document.write)


def eml_of(paragraphs: Paragraphs) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "a@x.example", "b@x.example", "<1@x>"
    message.set_content("\n\n".join(paragraphs) + "\n")
    return bytes(message)


def epub_of(paragraphs: Paragraphs) -> bytes:
    from html import escape

    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
            'container"><rootfiles><rootfile full-path="O/c.opf"/></rootfiles></container>',
            "O/c.opf": '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
            '<item id="a" href="a%20b.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="n" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
            '</manifest><spine><itemref idref="a"/></spine></package>',
            "O/a b.xhtml": '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/'
            f'1999/xhtml"><body>{body}</body></html>',
            "O/nav.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><body><nav>'
            '<a href="a%20b.xhtml#x">Chapter One</a></nav></body></html>',
        }
    )


def rtf_of(paragraphs: Paragraphs) -> bytes:
    def letter(one: str) -> str:
        if one in "\\{}":
            return f"\\{one}"
        units = one.encode("utf-16-le")
        codes = [int.from_bytes(units[at : at + 2], "little") for at in range(0, len(units), 2)]
        return one if one.isascii() else "".join(f"\\u{code}?" for code in codes)

    body = "\\par ".join("".join(map(letter, text)) for text in paragraphs)
    return (r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}" + body + r"\par}").encode("ascii")


WRITERS: dict[str, Callable[[Paragraphs], bytes]] = {
    "docx": docx_of, "pptx": pptx_of, "xlsx": xlsx_of, "odt": odt_of, "ods": ods_of,
    "eml": eml_of, "epub": epub_of, "rtf": rtf_of,
}  # fmt: skip


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def zipped(files: dict[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def replaced(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """An archive in which one file is another."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files: dict[str, str | bytes] = {one: archive.read(one) for one in archive.namelist()}
    files[name] = change(bytes(files.get(name, b"")))  # type: ignore[arg-type]
    return zipped(files)
