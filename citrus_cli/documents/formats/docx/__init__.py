"""Word documents."""

from __future__ import annotations

from citrus_cli.documents.formats.base import Format, Head, Reader
from citrus_cli.documents.protocol import Job


class Docx(Format):
    """A Word document; its pages are those that Word noted when it last laid it out."""

    name = "docx"
    title = "a Word document"
    suffixes = frozenset((".docx", ".docm", ".dotx", ".dotm"))
    priority = 50

    def accepts(self, head: Head) -> bool:
        return any(name.startswith("word/") for name in head.entries)

    def open(self, job: Job) -> Reader:
        from citrus_cli.documents.formats.docx.reader import read_docx

        return read_docx(job.path)
