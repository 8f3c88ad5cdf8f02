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
_OLE = b"\xd0\xcf\x11\xe0"
# Documents of old programs, by the names of what is in them, and what to convert them to.
_OLD = (
    ("WordDocument", ".doc", "an old Word document", "docx"),
    ("Workbook", ".xls", "an old Excel workbook", "xlsx"),
    ("PowerPoint Document", ".ppt", "an old PowerPoint presentation", "pptx"),
)
_ZIPPED = frozenset((".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub"))
_BOOKS = frozenset((".mobi", ".azw3", ".azw"))
_ARCHIVES = (
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
    if head.startswith(_OLE):
        return _old(head, suffix)
    if suffix in _BOOKS and b"\0" in head:
        return f"an e-book of a closed kind; convert it first: ebook-convert in{suffix} out.epub"
    if head[4:12] in (b"ftypheic", b"ftypavif"):
        return "a picture; convert it first, for example: convert in.heic out.png"
    if head.startswith(b"PK\3\4"):
        if suffix in _ZIPPED:
            return "damaged (too little of it is there to tell what it is); fetch it again"
        if suffix == ".pages":
            return "a Pages document; save it as PDF or Word in Pages"
        return "a zip archive; to read what is in it, put a slash behind its name: in.zip/"
    if head.startswith(_ARCHIVES):
        return "a compressed archive; unpack it first, and give the files in it"
    if head.startswith((b"%!PS", b"\x04%!PS")):
        return "PostScript; convert it to PDF first: ps2pdf in.ps out.pdf"
    return ""


def _old(head: bytes, suffix: str) -> str:
    """What a file of the kind that Office wrote before 2007 is."""

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in head

    if holds("EncryptedPackage"):
        return "protected with a password; save a copy without one"
    if suffix == ".msg" or holds("__substg1.0"):
        return "an Outlook message; save it as .eml, or print it to PDF"
    known = next((one for one in _OLD if holds(one[0])), None)
    known = known or next((one for one in _OLD if one[1] == suffix), None)
    if known is None:
        return "an office document; convert it to PDF first"
    _, old, title, new = known
    return f"{title}; convert it first: libreoffice --headless --convert-to {new} in{old}"
