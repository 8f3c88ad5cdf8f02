"""PowerPoint presentations."""

from __future__ import annotations

from citrus_cli.documents.formats.base import Format, Head, Reader
from citrus_cli.documents.protocol import Job


class Pptx(Format):
    """A presentation; every slide is a page, its notes at the end."""

    name = "pptx"
    title = "a PowerPoint presentation"
    suffixes = frozenset((".pptx", ".pptm", ".ppsx", ".potx"))
    priority = 50

    def accepts(self, head: Head) -> bool:
        return any(name.startswith("ppt/") for name in head.entries)

    def open(self, job: Job) -> Reader:
        from citrus_cli.documents.formats.archive import Archive
        from citrus_cli.documents.formats.slides import Slides

        return Slides(Archive(job.path))
