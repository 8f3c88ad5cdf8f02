"""Typeset `quarterly_report.pdf` from the chapters in `src/report`.

    python sample_docs/make_samples.py [FOLDER]

The report is fiction. The same sources give the same bytes on every machine: nothing in the file
depends on the clock, on a font that happens to be installed or on a compression library. The other
documents in this folder, `contract.txt` and `manual.md`, are their own source.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

import fpdf
from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout
from fpdf.fonts import FontFace

CHAPTERS = Path(__file__).parent / "src" / "report"
REPORT_NAME = "quarterly_report.pdf"
COMPANY = "Quillmarsh Thermal Group plc"
TITLE = "Third Quarter Report 2025"
APPROVED = datetime(2025, 11, 4, 9, 0, tzinfo=timezone.utc)

FONT = "Helvetica"
BODY_POINTS = 10.0
LINE_MM = 5.2
TABLE_LINE_MM = 5.2
# A chapter begins on the page where the last one ended if at least this much of it is free.
CHAPTER_ROOM_MM = 85.0
HEADING_POINTS = {1: 19.0, 2: 12.5}
INK = (25, 25, 25)
ACCENT = (0, 82, 96)


@dataclass(frozen=True)
class Heading:
    """A chapter's title (level 1) or a section's (level 2)."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text; `**words**` are bold."""

    text: str


@dataclass(frozen=True)
class Bullet:
    """One item of a list."""

    text: str


@dataclass(frozen=True)
class Grid:
    """A table; its first row holds the headings."""

    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if len({len(row) for row in self.rows}) != 1:
            raise ValueError(f"rows of different lengths in the table {self.rows[0]}")

    @property
    def height(self) -> float:
        """The room in millimetres that it needs, with some for headings that wrap."""
        return len(self.rows) * TABLE_LINE_MM + 4


Block = Heading | Paragraph | Bullet | Grid


class Entry(NamedTuple):
    """A line of the contents: a title and the printed label of its page."""

    level: int
    title: str
    label: str


def parse(source: str) -> Iterator[Block]:
    """The blocks of a chapter, which is written in a small part of Markdown."""
    for chunk in source.strip().split("\n\n"):
        lines = chunk.splitlines()
        if lines[0].startswith("#"):
            marks, _, text = lines[0].partition(" ")
            yield Heading(len(marks), text)
            lines = lines[1:]
        if not lines:
            continue
        if lines[0].startswith("|"):
            cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
            yield Grid((cells[0], *cells[2:]))  # the second line only rules off the headings
        elif lines[0].startswith("- "):
            yield from (Bullet(line.removeprefix("- ")) for line in lines)
        else:
            yield Paragraph(" ".join(lines))


class Report(FPDF):  # type: ignore[misc]  # fpdf2 may be checked as untyped
    """The report's pages: a cover, the contents, then the chapters."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        self.entries: list[Entry] = []
        self.set_creation_date(APPROVED)
        # Another version may spell the same pages in other bytes; the tests look here.
        self.set_producer(f"fpdf2 {fpdf.__version__}")
        self.set_title(f"{COMPANY}: {TITLE}")
        self.set_author(COMPANY)
        self.set_lang("en-GB")
        # Compressed streams differ between versions of zlib.
        self.set_compression(False)
        self.set_margins(24, 26, 24)
        self.set_auto_page_break(True, margin=22)

    def header(self) -> None:
        """The running header, on every page but the cover."""
        if self.page == 1:
            return
        self.set_y(12)
        self.set_font(FONT, size=8.5)
        self.set_text_color(*ACCENT)
        self.cell(self.epw / 2, 5, COMPANY)
        self.cell(self.epw / 2, 5, TITLE, align=Align.R)
        self.set_draw_color(*ACCENT)
        self.line(self.l_margin, 18, self.w - self.r_margin, 18)
        self.set_y(self.t_margin)

    def footer(self) -> None:
        """The printed page label."""
        if self.page == 1:
            return
        self.set_y(-16)
        self.set_font(FONT, size=8.5)
        self.set_text_color(*ACCENT)
        self.cell(self.epw, 5, f"Page {self.get_page_label()}", align=Align.C)

    def cover(self) -> None:
        """Page i."""
        self.add_page(label_style="r", label_start=1)
        with self.local_context(fill_color=ACCENT):
            self.rect(0, 0, self.w, 92, style="F")
        self.set_text_color(255, 255, 255)
        self.set_y(48)
        for text, points in ((COMPANY, 25.0), (TITLE, 17.0)):
            self.set_font(FONT, "B" if points > 20 else "", points)
            self.cell(0, points * 0.55, text, new_x="LMARGIN", new_y="NEXT")
        self.set_text_color(*INK)
        self.set_font(FONT, size=BODY_POINTS + 1)
        self.set_y(112)
        self.multi_cell(
            self.epw,
            LINE_MM + 1,
            "Unaudited interim report for the three months and the nine months ended "
            "30 September 2025.\n\nHeat pumps, refrigerated transport, laboratory freezers, and "
            "the service that keeps them running.",
            align=Align.L,
        )
        self.set_y(255)
        self.set_font(FONT, size=9)
        self.cell(
            0, 5, f"{COMPANY} is an invented company, and so is everyone named in this report."
        )

    def contents(self, entries: list[Entry]) -> None:
        """Page ii: the chapters and the labels of the pages they start on."""
        self.add_page()
        self.heading(Heading(1, "Contents"), None, listed=False)
        self.set_font(FONT, size=BODY_POINTS)
        self.set_text_color(*INK)
        for entry in entries:
            if entry.level == 1:
                self.cell(self.epw - 20, 7.4, entry.title)
                self.cell(20, 7.4, entry.label, align=Align.R, new_x="LMARGIN", new_y="NEXT")

    def chapter(self, source: str) -> None:
        """One chapter."""
        blocks = list(parse(source))
        for block, following in zip(blocks, [*blocks[1:], None], strict=True):
            self.set_text_color(*INK)
            self.set_font(FONT, size=BODY_POINTS)
            if isinstance(block, Heading):
                self.heading(block, following)
            elif isinstance(block, Grid):
                self.grid(block)
            elif isinstance(block, Bullet):
                self.bullet(block)
            else:
                self.prose(block.text)
                self.ln(2.6)

    def heading(self, heading: Heading, following: Block | None, listed: bool = True) -> None:
        """A title, kept on one page with the table or the first lines that follow it."""
        points = HEADING_POINTS[heading.level]
        if heading.level > 1:
            self.ln(1.6)
            below = following.height if isinstance(following, Grid) else 4 * LINE_MM
            self._keep_together(points * 0.5 + below)
        elif self.y > self.t_margin:
            self.ln(9)
            self._keep_together(CHAPTER_ROOM_MM)
        if listed:
            self.start_section(heading.text, level=heading.level - 1)
            self.entries.append(Entry(heading.level, heading.text, self.get_page_label()))
        self.set_font(FONT, "B", points)
        self.set_text_color(*ACCENT)
        self.multi_cell(
            self.epw, points * 0.5, heading.text, align=Align.L, new_x="LMARGIN", new_y="NEXT"
        )
        self.ln(4.0 if heading.level == 1 else 1.4)

    def prose(self, text: str, indent: float = 0.0) -> None:
        """Text set between the margins."""
        self.set_x(self.l_margin + indent)
        self.multi_cell(
            self.epw - indent,
            LINE_MM,
            text,
            align=Align.L,
            markdown=True,
            new_x="LMARGIN",
            new_y="NEXT",
        )

    def bullet(self, bullet: Bullet) -> None:
        """A list item with a hanging indent."""
        self._keep_together(2 * LINE_MM)
        self.cell(5, LINE_MM, "-")
        self.prose(bullet.text, indent=5)
        self.ln(1.4)

    def grid(self, grid: Grid) -> None:
        """A table, not broken between pages."""
        self._keep_together(grid.height)
        columns = len(grid.rows[0])
        numeric = grid.rows[1][1][:1] in "+-(0123456789"
        first = 3.0 + (columns if numeric else 0.3 * columns)
        self.set_font(FONT, size=BODY_POINTS - 1.5)
        self.set_draw_color(*ACCENT)
        with self.table(
            rows=grid.rows,
            col_widths=(first, *[3.0] * (columns - 1)),
            text_align=(Align.L, *[Align.R if numeric else Align.L] * (columns - 1)),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="B", color=ACCENT),
            line_height=TABLE_LINE_MM,
        ):
            pass
        self.ln(4)

    def _keep_together(self, height: float) -> None:
        if self.will_page_break(height):
            self.add_page()


def chapter_sources() -> list[str]:
    """The chapters in their order; the first belongs to the front matter."""
    return [path.read_text(encoding="utf-8") for path in sorted(CHAPTERS.glob("*.md"))]


def typeset(entries: list[Entry]) -> Report:
    """Lay out the whole report, with these entries as its contents."""
    report = Report()
    report.cover()
    report.contents(entries)
    front, *chapters = chapter_sources()
    report.add_page()
    report.chapter(front)
    report.add_page(label_style="D", label_start=1)
    for source in chapters:
        report.chapter(source)
    return report


def write_report(folder: Path) -> Path:
    """Write the report into `folder` and say where it is."""
    # The first pass only learns where the chapters fall; the contents take one page either way.
    entries = typeset([]).entries
    target = folder / REPORT_NAME
    typeset(entries).output(str(target))
    return target


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    sys.stdout.write(f"{write_report(chosen)}\n")
