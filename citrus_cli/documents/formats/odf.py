"""OpenDocument: texts, spreadsheets and presentations."""

from __future__ import annotations

from typing import ClassVar

from citrus_cli.documents.formats.base import Format, Head, Reader
from citrus_cli.documents.protocol import Job


class _OpenDocument(Format):
    priority = 50
    kind: ClassVar[bytes]

    def accepts(self, head: Head) -> bool:
        # the archive begins with a file that says nothing but what it is
        if b"mimetypeapplication/vnd.oasis.opendocument." in head.data[:200]:
            return b"opendocument." + self.kind in head.data[:200]
        return head.suffix in self.suffixes and "content.xml" in head.entries

    def open(self, job: Job) -> Reader:
        from citrus_cli.documents.formats.archive import Archive
        from citrus_cli.documents.formats.opendocument import open_odf

        return open_odf(Archive(job.path), self.name)


class Odt(_OpenDocument):
    """An OpenDocument text. It is one page: it does not say where its pages begin."""

    name = "odt"
    title = "an OpenDocument text"
    suffixes = frozenset((".odt", ".ott"))
    kind = b"text"


class Ods(_OpenDocument):
    """An OpenDocument spreadsheet; every sheet is a page, which is called by the sheet's name."""

    name = "ods"
    title = "an OpenDocument spreadsheet"
    suffixes = frozenset((".ods", ".ots"))
    kind = b"spreadsheet"


class Odp(_OpenDocument):
    """An OpenDocument presentation; every slide is a page, its notes at the end."""

    name = "odp"
    title = "an OpenDocument presentation"
    suffixes = frozenset((".odp", ".otp"))
    kind = b"presentation"
