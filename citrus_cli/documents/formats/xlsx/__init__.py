"""Excel workbooks."""

from __future__ import annotations

from citrus_cli.documents.formats.base import Format, Head, Reader, Refusal
from citrus_cli.documents.protocol import Job


class Xlsx(Format):
    """An Excel workbook; every sheet is a page, which is called by the sheet's name."""

    name = "xlsx"
    title = "an Excel workbook"
    suffixes = frozenset((".xlsx", ".xlsm", ".xltx", ".xltm"))
    priority = 50

    def accepts(self, head: Head) -> bool:
        return any(name.startswith("xl/") for name in head.entries)

    def open(self, job: Job) -> Reader:
        from citrus_cli.documents.formats.archive import Archive
        from citrus_cli.documents.formats.xlsx.workbook import Workbook

        archive = Archive(job.path)
        if "xl/workbook.bin" in archive:
            raise Refusal("it is a binary workbook (.xlsb); save it as .xlsx in Excel")
        return Workbook(archive)
