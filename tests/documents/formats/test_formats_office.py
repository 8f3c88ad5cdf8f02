"""Word, Excel, PowerPoint, OpenDocument, RTF, mail and notebooks: what is special to each."""

from __future__ import annotations

import datetime
import json
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from openpyxl.comments import Comment
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches
from written import docx_of, epub_of, odt_of, replaced, saved

from citrus_cli.documents.formats import PageText, Reader, by_name
from citrus_cli.documents.formats.xlsx.numbers import NumberFormat
from citrus_cli.documents.protocol import Job


def opened(tmp_path: Path, data: bytes, name: str) -> Reader:
    file = tmp_path / f"a.{name}"
    file.write_bytes(data)
    return by_name(name).open(Job(str(file), name, ((1, None),), 2**30, name=file.name))


def page(tmp_path: Path, data: bytes, name: str, number: int = 1) -> PageText:
    return opened(tmp_path, data, name).page(number)


def test_word(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Part one", 1)
    paragraph = document.add_paragraph("Sales were 1,250")
    paragraph.add_run("4").font.superscript = True
    paragraph.add_run(" tonnes, not ")
    paragraph.add_run("300").font.strike = True
    paragraph.add_run(" secret").font.hidden = True
    paragraph.add_run(" 450.")
    for text in ("first", "second"):
        document.add_paragraph(text, style="List Number")
    document.add_paragraph("bullet", style="List Bullet")
    table = document.add_table(3, 3)
    for row in table.rows:
        for cell in row.cells:
            cell.text = "x"
    table.cell(0, 0).merge(table.cell(0, 1)).text = "wide"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "high"
    document.add_page_break()
    document.add_paragraph("On page two")
    document.sections[0].header.paragraphs[0].text = "Letterhead GmbH"
    reader = opened(tmp_path, saved(document.save), "docx")
    assert reader.page(1).text == (
        "Letterhead GmbH\n\n# Part one\n\nSales were 1,250 [4] tonnes, not 450.\n\n1. first\n"
        "2. second\n- bullet\n\n| wide | wide | x |\n| high | x | x |\n| high | x | x |"
    )
    assert reader.page(2).text == "On page two"
    assert {notice.code for notice in reader.notices} == {"struck-out-text", "hidden-text"}


def test_changes_notes_comments_and_boxes_of_word(tmp_path: Path) -> None:
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = (
        "<w:p><w:r><w:t>Fee: </w:t></w:r><w:del><w:r><w:delText>300</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>450</w:t></w:r></w:ins><w:r><w:footnoteReference w:id='2'/></w:r>"
        "<w:r><w:commentReference w:id='7'/></w:r></w:p>"
        "<w:p><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p>"
        "</w:txbxContent></w:pict></w:r></w:p>"
    )

    def part(kind: str, inner: str) -> bytes:
        return f'<w:{kind} xmlns:w="{w}">{inner}</w:{kind}>'.encode()

    def noted(inner: str) -> str:
        return f"<w:p><w:r><w:t>{inner}</w:t></w:r></w:p>"

    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "".join(
        f'<Relationship Id="n{kind}" Type="{base}/{kind}" Target="{kind}.xml"/>'
        for kind in ("footnotes", "comments")
    )
    data = replaced(
        docx_of([]),
        "word/document.xml",
        lambda _: part("document", f"<w:body>{body}</w:body>"),
    )
    data = replaced(
        data,
        "word/footnotes.xml",
        lambda _: part("footnotes", f"<w:footnote w:id='2'>{noted('Net.')}</w:footnote>"),
    )
    comment = f"<w:comment w:id='7' w:author='Ann'>{noted('Sure?')}</w:comment>"
    data = replaced(data, "word/comments.xml", lambda _: part("comments", comment))
    data = replaced(
        data,
        "word/_rels/document.xml.rels",
        lambda old: old.replace(b"</Relationships>", relations.encode() + b"</Relationships>"),
    )
    reader = opened(tmp_path, data, "docx")
    assert reader.page(1).text == "Fee: 450 [1] [note: Ann: Sure?]\n\n[1] Net.\n\nIn a box"
    assert [notice.code for notice in reader.notices] == ["deleted-text"]


def test_excel(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sales"
    sheet["A1"] = "Report 2023"
    sheet.merge_cells("A1:C1")
    sheet.append([])
    sheet.append(["Item", "Date", "Amount", "Share"])
    sheet.append(["Apples", datetime.date(2024, 3, 5), 1234.5, 0.125])
    sheet.append(["Pears", None, -20])
    sheet.append(["Sum", None, "=SUM(C4:C5)"])
    sheet["B4"].number_format, sheet["C4"].number_format = "d mmm yyyy", "#,##0.00"
    sheet["C5"].number_format, sheet["D4"].number_format = "#,##0;(#,##0)", "0.0%"
    sheet["A4"].comment = Comment("check this", "Bob")
    book.create_sheet("Secret").sheet_state = "hidden"
    reader = opened(tmp_path, saved(book.save), "xlsx")
    assert (reader.pages, reader.page(1).label) == (1, "Sales")
    assert reader.page(1).text == (
        "# Sales\n\nReport 2023\n\n| Item | Date | Amount | Share |\n"
        "| Apples [note: check this] | 5 Mar 2024 | 1,234.50 | 12.5% |\n"
        "| Pears |  | (20) |  |\n| Sum |  | =SUM(C4:C5) |  |"
    )
    assert reader.notices[0] == "hidden sheets were not read: Secret"
    assert [one.code for one in reader.page(1).notices] == ["formulas-without-results"]


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("General", "0.30000000000000004", "0.3"),
        ("General", "1234567", "1234567"),
        ("0.00", "2.5", "2.50"),
        ('"€" #,##0', "1234", "€ 1,234"),
        ("[$$-409]#,##0.00;[Red]-[$$-409]#,##0.00", "-5", "-$5.00"),
        ("0%", "0.07", "7%"),
        ("#,##0,", "1234567", "1,235"),
        ("00000", "42", "00042"),
        ("0.00E+00", "12345", "1.23E+04"),
        ("yyyy-mm-dd", "45356", "2024-03-05"),
        ("dd/mm/yyyy hh:mm", "45356.75", "05/03/2024 18:00"),
        ("mmmm d, yyyy", "45356", "March 5, 2024"),
        ("h:mm AM/PM", "0.75", "6:00 PM"),
        ("[h]:mm", "1.5", "36:00"),
        ("mm:ss", "0.0005", "00:43"),
        ('0 "days"', "3", "3 days"),
        ("# ?/?", "0.5", "0.5"),
    ],
)
def test_numbers_as_they_are_shown(code: str, value: str, shown: str) -> None:
    assert NumberFormat(code).show(value) == shown


def test_powerpoint(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.placeholders[1].text = "point one\npoint two"
    slide.shapes.title.text = "Slide title"
    slide.notes_slide.notes_text_frame.text = "say hello"
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    size = [Inches(1)] * 4
    table = slide.shapes.add_table(2, 2, *size).table
    for row in range(2):
        for column in range(2):
            table.cell(row, column).text = f"{row}{column}"
    figures = CategoryChartData()
    figures.categories = ["East", "West"]
    figures.add_series("Q1", (19.2, 21.4))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *size, figures)
    reader = opened(tmp_path, saved(deck.save), "pptx")
    assert reader.page(1).text == "# Slide title\n\n- point one\n- point two\n\n[notes] say hello"
    assert reader.page(2).text == (
        "| 00 | 01 |\n| 10 | 11 |\n\n[chart]\n\n|  | Q1 |\n| East | 19.2 |\n| West | 21.4 |"
    )


def test_opendocument(tmp_path: Path) -> None:
    names = ("office", "text", "table")
    spaces = " ".join(
        f'xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"' for one in names
    )
    body = (
        "<text:h text:outline-level='2'>Head</text:h><text:tracked-changes>gone"
        "</text:tracked-changes><text:p>Body<text:note><text:note-citation>1</text:note-citation>"
        "<text:note-body><text:p>the note</text:p></text:note-body></text:note> end</text:p>"
        "<text:list><text:list-item><text:p>a</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell table:number-rows-spanned='2'>"
        "<text:p>N</text:p></table:table-cell><table:table-cell><text:p>1</text:p>"
        "</table:table-cell></table:table-row><table:table-row><table:covered-table-cell/>"
        "<table:table-cell><text:p>2</text:p></table:table-cell></table:table-row></table:table>"
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:text>{body}"
        "</office:text></office:body></office:document-content>"
    )
    data = replaced(odt_of([]), "content.xml", lambda _: content.encode())
    assert page(tmp_path, data, "odt").text == (
        "## Head\n\nBody [1] end\n\n[1] the note\n\n- a\n\n| N | 1 |\n| N | 2 |"
    )


def test_an_e_book_names_its_chapters(tmp_path: Path) -> None:
    first = page(tmp_path, epub_of(["It began."]), "epub")
    assert (first.text, first.label) == ("It began.", "Chapter One")


def test_rich_text(tmp_path: Path) -> None:
    data = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}{\*\generator x;}"
        rb"\pard Caf\'e9 \u8364?5 1,250{\super 4} {\strike old}{\v hid} new\par"
        rb"\pard\outlinelevel0 Head\par\pard\intbl a\cell b\cell\row\intbl 1\cell 2\cell\row\pard "
        rb'{\field{\*\fldinst HYPERLINK "https://e.example/"}{\fldrslt link}} see{\footnote note}'
        rb" {\f1 \'cf\'f0}\par {\pict 0102}\{x\}\par}"
    )
    read = page(tmp_path, data, "rtf")
    assert read.text == (
        "Café €5 1,250 [4] new\n\n# Head\n\n| a | b |\n| 1 | 2 |\n\n"
        "link (https://e.example/) see [1] Пр\n\n[1] note\n\n{x}"
    )
    assert {one.code for one in read.notices} == {"struck-out-text", "hidden-text"}


def test_an_e_mail_and_what_is_attached(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["Subject"], message["Message-ID"] = "a@x.example", "Prüfung", "<1@x>"
    message.set_content("Hello\n\n> quoted\nBye")
    message.add_alternative("<p>Hello</p>", subtype="html")
    for data, name in ((docx_of(["In Word"]), "rep.docx"), (b"\0\1\2", "x.bin")):
        message.add_attachment(data, maintype="application", subtype="x", filename=name)
    message.add_attachment("a;b\n1;2", filename="t.csv")
    reader = opened(tmp_path, bytes(message), "eml")
    first, *attached = [reader.page(number) for number in range(1, reader.pages + 1)]
    assert first.text.startswith("From: a@x.example\nSubject: Prüfung\n\nHello\n\n> quoted\nBye")
    assert "[attachment: rep.docx]" in first.text
    assert [one.code for one in first.notices] == ["attachments-not-read"]
    assert [(one.label, one.text) for one in attached] == [
        ("rep.docx", "In Word"),
        ("t.csv", "| a | b |\n| 1 | 2 |"),
    ]
    box = b"From a@x Mon Jun  3 09:12:00 2024\n" + bytes(message)
    box += b"\n\nFrom b@x Mon Jun  3 09:12:00 2024\nSubject: two\n\nsecond\n"
    letters = opened(tmp_path, box, "mbox")
    assert letters.pages == 2
    assert "In Word" in letters.page(1).text
    assert (letters.page(2).label, letters.page(2).text) == ("two", "Subject: two\n\nsecond")


def test_quoted_replies_in_web_mail(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["Message-ID"] = "a@x.example", "<1@x>"
    html = "<p>New fee: 5</p><blockquote type=cite><p>Old fee: 4</p></blockquote>"
    message.set_content(html, subtype="html")
    text = page(tmp_path, bytes(message), "eml").text
    assert text.endswith("New fee: 5\n\n[quoted message]\n\nOld fee: 4\n\n[end of quoted message]")


def test_a_notebook(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Tides\n", "\n", "The mean is 3.1 m."]},
        {
            "cell_type": "code",
            "source": "plot(level)",
            "outputs": [
                {"data": {"image/png": "iVBO" * 500, "text/plain": ["<Figure>"]}},
                {"data": {"text/html": "<table><tr><th>a<th>b<tr><td>1<td>2</table>"}},
                {"text": "\x1b[31mred\x1b[0m"},
            ],
        },
    ]
    data = json.dumps({"cells": cells, "nbformat": 4}).encode()
    read = page(tmp_path, data, "ipynb")
    assert read.text == (
        "# Tides\n\nThe mean is 3.1 m.\n\n```\nplot(level)\n```\n\n<Figure>\n\n"
        "| a | b |\n| 1 | 2 |\n\nred"
    )
    assert [one.code for one in read.notices] == ["pictures-not-read"]
