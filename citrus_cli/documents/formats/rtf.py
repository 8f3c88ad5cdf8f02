"""Rich text (RTF)."""

from __future__ import annotations

from pathlib import Path

from citrus_cli.documents.formats.base import Format, Head, OnePage, Reader, Refusal
from citrus_cli.documents.protocol import Job

_LIMIT = 100 * 2**20


class Rtf(Format):
    """A document in rich text. It is one page: it does not say where its pages begin."""

    name = "rtf"
    title = "a rich text document"
    suffixes = frozenset((".rtf",))
    priority = 40

    def accepts(self, head: Head) -> bool:
        return head.data.lstrip().startswith(b"{\\rtf")

    def open(self, job: Job) -> Reader:
        from citrus_cli.documents.formats.rich_text import read_rtf

        file = Path(job.path)
        if file.stat().st_size > _LIMIT:
            raise Refusal(f"it is larger than {_LIMIT // 2**20} MB; save it as .docx")
        return OnePage(lambda: read_rtf(file.read_bytes()))
