"""What a file is, by its first bytes."""

from __future__ import annotations

import codecs
import re

from citrus_cli.documents.encodings import bom_encoding
from citrus_cli.documents.formats.base import Head

HEAD = 65_536
"""So many bytes are enough to tell."""

_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_OFFICE = {
    ".docx": "a Word document",
    ".xlsx": "an Excel workbook",
    ".pptx": "a PowerPoint presentation",
    ".odt": "an OpenDocument text",
    ".ods": "an OpenDocument spreadsheet",
    ".odp": "an OpenDocument presentation",
    ".doc": "a Word document",
    ".xls": "an Excel workbook",
    ".ppt": "a PowerPoint presentation",
    ".rtf": "a rich text document",
    ".pages": "a Pages document",
}
_OFFICE_PARTS = (b"word/", b"xl/", b"ppt/", b"opendocument")
_BOOKS = frozenset((".epub", ".mobi", ".azw3"))
_IMAGES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
_ARCHIVES = (
    b"PK\3\4",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\xfd7zXZ",
    b"BZh9",
    b"\x28\xb5\x2f\xfd",
)


def looks_like_html(data: bytes) -> bool:
    """Whether a document that starts with `data` says of itself that it is a web page."""
    return bool(_HTML.match(data.removeprefix(codecs.BOM_UTF8)))


def is_wide(head: Head) -> bool:
    """Whether the text is in an encoding whose every other byte may be NUL."""
    encoding = bom_encoding(head.data) or head.encoding or ""
    return encoding.replace("_", "-").lower().startswith(("utf-16", "utf-32"))


def why_no_text(head: Head) -> str | None:
    """Why a document that is of no format with a mark of its own is no text either: what it is,
    and the cure; None where it may well be text."""
    if head.suffix == ".pdf":
        return _not_a_pdf(head.data)
    return None if is_wide(head) else _why_binary(head.data, head.suffix)


def _not_a_pdf(head: bytes) -> str:
    if looks_like_html(head):
        return (
            "it is a web page, not a PDF (a log-in or error page that was saved under the name?); "
            "download it again, or rename it to .html"
        )
    known = _recognize(head, ".pdf")
    if known:
        return f"it is no PDF but {known}"
    if b"\0" in head:
        return "it is not a PDF (its header is missing), or too damaged to be one; fetch it again"
    return "it is not a PDF (its header is missing); if it is text, rename it to .txt"


def _why_binary(head: bytes, suffix: str) -> str | None:
    if known := _recognize(head, suffix):
        return f"it is {known}"
    if b"\0" in head:
        return (
            "it is not text but binary data (it has NUL bytes); if it is UTF-16 text without a "
            "byte order mark, say so with --encoding utf-16-le"
        )
    controls = sum(head.count(code) for code in range(1, 32) if code not in b"\t\n\v\f\r\x1b\b")
    if controls > len(head) / 10:
        return "it is not text but binary data; convert it to PDF or text first"
    return None


def _recognize(head: bytes, suffix: str) -> str:
    """A well-known format that is not supported, with what to do about it; "" if none is."""
    old = head.startswith((b"\xd0\xcf\x11\xe0", b"{\\rtf"))
    zipped = head.startswith(b"PK\3\4")
    if b"application/epub+zip" in head[:128] or (suffix in _BOOKS and (zipped or b"\0" in head)):
        return (
            "an e-book; convert it to text first, for example: "
            f"ebook-convert in{suffix or '.epub'} out.txt"
        )
    if old or (zipped and (suffix in _OFFICE or any(part in head for part in _OFFICE_PARTS))):
        return (
            f"{_OFFICE.get(suffix, 'an office document')}; convert it to PDF first, for example: "
            f"libreoffice --headless --convert-to pdf in{suffix}"
        )
    if (
        head.startswith(_IMAGES)
        or head[4:12] in (b"ftypheic", b"ftypavif")
        or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")
    ):
        return (
            "an image; make a PDF with text of it first, for example: "
            f"ocrmypdf --image-dpi 300 in{suffix or '.png'} out.pdf"
        )
    if head.startswith(_ARCHIVES):
        return "a compressed archive; unpack it first, and give the files in it"
    if head.startswith((b"%!PS", b"\x04%!PS")):
        return "PostScript; convert it to PDF first: ps2pdf in.ps out.pdf"
    return ""
