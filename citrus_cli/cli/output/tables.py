"""Tables on standard output: drawn for a person, aligned text in a pipe."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from citrus_cli.cli.output.streams import ColorMode, console, is_terminal, write_out
from citrus_cli.cli.output.text import one_line


def print_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    color: ColorMode,
    numbers: frozenset[str] = frozenset(),
) -> None:
    """Print rows under a header; the columns in `numbers` are aligned at the right."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    if is_terminal(sys.stdout):
        write_out(_drawn(header, cells, color, numbers))
    else:
        write_out(aligned([list(header), *cells], [name in numbers for name in header]))


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> str:
    """Columns two spaces apart, without anything drawn."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = (
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        )
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def _drawn(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    color: ColorMode,
    numbers: frozenset[str],
) -> str:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for place, name in enumerate(header):
        number = name in numbers
        table.add_column(
            name,
            justify="right" if number else "left",
            no_wrap=number or place == 0,  # a name in two halves cannot be copied
            overflow="fold",
        )
    for row in rows:
        table.add_row(*map(Text, row))
    screen = console(sys.stdout, color)
    buffer = io.StringIO()
    width, screen.file = screen.width, buffer
    screen.print(table, width=width)
    return buffer.getvalue()
