"""A page as it is kept: its text, the lines of its source, the parts that it is made of."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from citrus_cli.documents.blocks import Part


@dataclass(frozen=True)
class PageRecord:
    """A page of a document.

    Attributes:
        number: 1-based, as in `Block`.
        label: what a PDF prints or declares for it, where that differs.
        text: its cleaned text.
        lines: (characters into the text, line of the source there), ascending.
        parts: its structure, as far as it is known.
    """

    number: int
    label: str | None
    text: str
    lines: tuple[tuple[int, int], ...] = ((0, 1),)
    parts: tuple[Part, ...] = ()

    def layout(self) -> str:
        """All but number, label and text, as JSON."""
        parts = [{k: v for k, v in asdict(part).items() if v is not None} for part in self.parts]
        return json.dumps([self.lines, parts] if parts else [self.lines], separators=(",", ":"))

    def crc(self, position: int) -> int:
        """A checksum of the page as the one that is at `position` of its document."""
        head = json.dumps([position, self.number, self.label, self.layout()])
        return zlib.crc32(self.text.encode(), zlib.crc32(head.encode()))


def with_layout(number: int, label: str | None, text: str, layout: str) -> PageRecord:
    """A page from its fields and what `layout` gave.

    Raises:
        ValueError, TypeError, KeyError: `layout` makes no sense.
    """
    lines, *rest = json.loads(layout)
    parts = tuple(
        Part(**{**one, "box": tuple(one["box"])} if "box" in one else one)
        for one in (rest[0] if rest else ())
    )
    return PageRecord(number, label, text, tuple((start, line) for start, line in lines), parts)


def write_page(file: BinaryIO, page: PageRecord) -> None:
    """Append a page to a spool file."""
    fields = [page.number, page.label, page.text, page.layout()]
    file.write(json.dumps(fields).encode() + b"\n")


def read_pages(path: Path) -> Iterator[PageRecord]:
    """The pages of a spool file, one after the other."""
    with path.open("rb") as file:
        for line in file:
            yield with_layout(*json.loads(line))
