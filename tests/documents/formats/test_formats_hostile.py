"""Documents that are cut off, blow up, reach out, or are not what they are called."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import WRITERS, docx_of, odt_of, replaced, xlsx_of, zipped

from citrus_cli.documents import Document
from citrus_cli.documents.formats import Head, Refusal, StreamedFormat, by_content, by_name
from citrus_cli.documents.protocol import Job
from citrus_cli.errors import CitrusError

Open = Callable[..., Document]
Write = Callable[[str, "bytes | str"], Path]

WORDS = ["The pier of Gdynia is 480 metres long.", "It was mended in 1936, for 1,250 zloty."]
LIMITS = {"page_seconds": 15, "page_memory_bytes": 500 * 2**20}


def read_here(file: Path, name: str) -> list[str]:
    """The texts of all pages, in this process."""
    reader = by_name(name).open(Job(str(file), name, ((1, None),), 2**30, name=file.name))
    return [reader.page(number).text for number in range(1, reader.pages + 1)]


def outcome(document: Callable[[], Document]) -> str:
    """The text, or the message, which is one line."""
    start = time.process_time()
    try:
        return "".join(block.text for block in document().blocks())
    except CitrusError as error:
        return f"error: {'not in one line' if chr(10) in str(error) else error}"
    finally:
        assert time.process_time() - start < 20


@pytest.mark.parametrize("name", sorted(WRITERS))
@given(st.lists(st.text("abcdeéßÄ漢ж5,. -", min_size=1, max_size=30), min_size=1, max_size=5))
@settings(max_examples=10, deadline=None)
def test_words_come_back_in_order(
    name: str, tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    texts = [f"w{number} {text} x" for number, text in enumerate(texts)]
    file = tmp_path_factory.mktemp("any") / f"any.{name}"
    file.write_bytes(WRITERS[name](texts))
    assert by_content(Head(file.read_bytes()[:65_536], file.name, file)) is by_name(name)
    text = "\n".join(read_here(file, name))
    marks = "#|-\n "  # of the structure
    frame = {"xlsx": "Sheet", "ods": "Sheet"}.get(name, "")
    kept = "".join(one for one in text.removeprefix(f"# {frame}") if one not in marks)
    if name == "eml":
        kept = kept.split("b@x.example", 1)[1]
    assert kept == "".join(one for text in texts for one in text if one not in marks)


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_truncated_at_fifty_places(name: str, tmp_path: Path) -> None:
    whole = WRITERS[name](WORDS)
    for place in range(1, 50):
        file = tmp_path / f"cut.{name}"
        file.write_bytes(whole[: len(whole) * place // 50])
        head = Head(file.read_bytes()[:65_536], file.name, file)
        form = by_content(head)
        if form is None or isinstance(form, StreamedFormat):
            continue
        try:
            read_here(file, form.name)
        except (MemoryError, RecursionError):
            raise
        except Exception:
            continue  # told in one line, as the next test shows


def test_a_cut_off_document_is_named(opened: Open, write: Write) -> None:
    data = docx_of(WORDS)
    said = outcome(lambda: opened(write("cut.docx", data[: len(data) // 2])))
    assert said.startswith("error: cut.docx: it is damaged (BadZipFile")
    assert "fetch it again" in said
    said = outcome(lambda: opened(write("cut.xlsx", xlsx_of(WORDS)[:40])))
    assert said.startswith("error: cut.xlsx: it is damaged")


@pytest.mark.parametrize("name", ["docx", "xlsx", "odt", "epub", "rtf", "eml"])
def test_the_content_goes_before_the_name(opened: Open, write: Write, name: str) -> None:
    for suffix in ("txt", "pdf", "bin"):
        document = opened(write(f"any.{suffix}", WRITERS[name](WORDS)))
        assert document.kind == name
    assert WORDS[0] in outcome(lambda: opened(write("called.docx", "\n".join(WORDS))))


@pytest.mark.parametrize("suffix", ["docx", "xlsx", "pptx", "odt", "epub", "rtf", "eml", "html"])
def test_an_empty_body(opened: Open, write: Write, suffix: str) -> None:
    said = outcome(lambda: opened(write(f"empty.{suffix}", b"")))
    assert "it is empty (0 bytes)" in said
    if suffix in WRITERS and suffix not in ("xlsx", "eml"):
        said = outcome(lambda: opened(write(f"bare.{suffix}", WRITERS[suffix]([]))))
        assert "it holds no text" in said


@pytest.mark.parametrize(
    ("written", "part"),
    [
        (docx_of, "word/document.xml"),
        (odt_of, "content.xml"),
        (xlsx_of, "xl/worksheets/sheet1.xml"),
    ],
)
def test_a_zip_bomb(opened: Open, write: Write, written: Callable[..., bytes], part: str) -> None:
    bomb = replaced(written(WORDS), part, lambda _: b"<a>" + b" " * 60_000_000)
    assert len(bomb) < 1_000_000
    said = outcome(lambda: opened(write("bomb.bin", bomb), **LIMITS))
    assert said.startswith("error: bomb.bin: ") or WORDS[0] not in said


def test_entities_are_neither_fetched_nor_blown_up(
    opened: Open, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("the password is 1234")
    declared = (
        f'<!DOCTYPE x [<!ENTITY s SYSTEM "file://{tmp_path}/secret.txt"><!ENTITY a "ha">'
        + "".join(
            f'<!ENTITY {b} "{f"&{a};" * 20}">' for a, b in zip("abcdefg", "bcdefgh", strict=True)
        )
        + "]>"
    ).encode()  # fmt: skip

    def hostile(xml: bytes) -> bytes:
        start = xml.index(b"<w:document")
        return declared + xml[start:].replace(b"The pier", b"&s;&h;The pier", 1)

    said = outcome(
        lambda: opened(
            write("reach.docx", replaced(docx_of(WORDS), "word/document.xml", hostile)), **LIMITS
        )
    )
    assert "1234" not in said
    assert len(said) < 1_000
    page = f'<html><body>x<iframe src="file://{tmp_path}/secret.txt"></iframe></body></html>'
    assert "1234" not in outcome(lambda: opened(write("reach.html", page)))


@pytest.mark.parametrize(("rows", "columns", "last"), [(100_000, 2, "99999"), (10, 5_000, "9")])
def test_large_sheets(opened: Open, write: Write, rows: int, columns: int, last: str) -> None:
    cells = "".join(f"<c><v>{column}</v></c>" for column in range(1, columns))
    lines = "".join(f"<row><c><v>{number}</v></c>{cells}</row>" for number in range(rows))
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{lines}</sheetData></worksheet>"
    )
    data = replaced(xlsx_of(["x"]), "xl/worksheets/sheet1.xml", lambda _: sheet.encode())
    said = outcome(lambda: opened(write("large.xlsx", data), **LIMITS))
    assert f"| {last} |" in said


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_picture_of_a_billion_pixels(opened: Open, write: Write, suffix: str) -> None:
    pytest.importorskip("rapidocr")

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    size = struct.pack(">IIBBBBB", 40_000, 25_000, 1, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(bytes(9)))
    data = png + chunk(b"IEND", b"")
    said = outcome(lambda: opened(write(f"large.{suffix}", data)))
    assert "it has 1,000,000,000 pixels, more than 100,000,000; scale it down" in said


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("old.doc", "WordDocument", "an old Word document; convert it first: libreoffice"),
        ("old.bin", "PowerPoint Document", "--convert-to pptx in.ppt"),
        ("locked.docx", "EncryptedPackage", "protected with a password; save a copy without one"),
        ("note.msg", "__substg1.0", "an Outlook message; save it as .eml"),
    ],
)
def test_documents_of_old_programs(
    opened: Open, write: Write, name: str, content: str, says: str
) -> None:
    data = b"\xd0\xcf\x11\xe0" + bytes(100) + content.encode("utf-16-le")
    assert says in outcome(lambda: opened(write(name, data)))


def test_what_is_locked_or_of_a_kind_that_is_not_read(opened: Open, write: Write) -> None:
    manifest = "<m:manifest xmlns:m='x'><m:encryption-data/></m:manifest>"
    locked = replaced(odt_of(WORDS), "META-INF/manifest.xml", lambda _: manifest.encode())
    assert "protected with a password" in outcome(lambda: opened(write("a.odt", locked)))
    drm = "<e><EncryptionMethod Algorithm='http://www.w3.org/2001/04/xmlenc#aes128-cbc'/></e>"
    book = replaced(WRITERS["epub"](WORDS), "META-INF/encryption.xml", lambda _: drm.encode())
    assert "protected against copying" in outcome(lambda: opened(write("a.epub", book)))
    binary = zipped({"xl/workbook.bin": "x"})
    assert "save it as .xlsx" in outcome(lambda: opened(write("a.xlsb", binary)))


def test_macros_are_no_text(opened: Open, write: Write) -> None:
    data = replaced(docx_of(WORDS), "word/vbaProject.bin", lambda _: b"Sub AutoOpen()")
    said = outcome(lambda: opened(write("a.docm", data)))
    assert WORDS[0] in said
    assert "AutoOpen" not in said


def test_a_refusal_while_a_page_is_read_fails_that_page(tmp_path: Path) -> None:
    file = tmp_path / "a.docx"
    file.write_bytes(zipped({"word/styles.xml": "<a/>"}))
    with pytest.raises(Refusal, match="its text is missing"):
        read_here(file, "docx")
