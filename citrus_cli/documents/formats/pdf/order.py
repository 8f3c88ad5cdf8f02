"""The reading order of a page: what is read one after the other, and in which shape."""

from __future__ import annotations

from statistics import median

from citrus_cli.documents.formats.pdf.columns import find_columns
from citrus_cli.documents.formats.pdf.lines import Row
from citrus_cli.documents.formats.pdf.paint import Rule
from citrus_cli.documents.formats.pdf.paragraphs import Paragraph, read_paragraphs
from citrus_cli.documents.formats.pdf.tables import Table, head_start, read_table, table_end

_DEPTH = 6


def read_blocks(rows: list[Row], rules: list[Rule]) -> list[Paragraph | Table]:
    """Paragraphs and tables of one frame of a page, in the order in which they are read."""
    if not rows:
        return []
    body = median(span.size for row in rows for span in row for _ in range(1 + len(span.text) // 8))
    return _read(rows, rules, body, 0)


def _read(rows: list[Row], rules: list[Rule], body: float, depth: int) -> list[Paragraph | Table]:
    found: list[Paragraph | Table] = []
    waiting: list[Row] = []
    at = 0
    while at < len(rows):
        if len(rows) - at < 3 or depth > _DEPTH:
            waiting += rows[at:]
            break
        zone, further = find_columns(rows, at, rules)
        if zone is None:
            waiting += rows[at:further]
            at = further
            continue
        found += _read_level(waiting, rules, body)
        waiting = []
        for column in zone.columns:
            found += _read(list(column), rules, body, depth + 1)
        at = zone.end
    return found + _read_level(waiting, rules, body)


def _read_level(rows: list[Row], rules: list[Rule], body: float) -> list[Paragraph | Table]:
    """Tables, and paragraphs between them, of rows that are read from top to bottom."""
    found: list[Paragraph | Table] = []
    lines: list[Row] = []
    at = 0
    while at < len(rows):
        end = table_end(rows, at, rules)
        heads = head_start(lines, rows[at:end]) if end - at > 1 else len(lines)
        table = read_table([*lines[heads:], *rows[at:end]], rules) if end - at > 1 else None
        if table is None:
            lines += rows[at : max(end, at + 1)] if end > at else [rows[at]]
            at = max(end, at + 1)
            continue
        found += read_paragraphs(lines[:heads], body)
        lines = []
        found.append(table)
        at = end
    return found + read_paragraphs(lines, body)
