"""Where an answer comes from, on standard error under it; and what of it stands nowhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from citrus_cli import wording
from citrus_cli.answer import Answer
from citrus_cli.cli.streams import ColorMode, console, is_terminal, write_error
from citrus_cli.cli.text import document_name, one_line
from citrus_cli.evidence import Evidence

_QUOTE = 240
"""A quote is shown up to so many characters; JSON has all of it."""


def print_sources(answer: Answer, color: ColorMode) -> None:
    """Draw the sources of an answer: a table for a person, a line each in a log."""
    if not answer.evidence:
        return
    if is_terminal(sys.stderr):
        _draw(answer.evidence, len(answer.documents) > 1, color)
    else:
        write_error("".join(f"source: {line}\n" for line in source_lines(answer)))


def source_lines(answer: Answer) -> list[str]:
    """A line for each source: its page or its lines, its share, and what it says."""
    named = len(answer.documents) > 1
    return [f"{_where(o, named)}, {o.score:.0%}: {_short(o.quote)}" for o in answer.evidence]


def not_found(answer: Answer) -> list[str]:
    """A warning for what the answer states and no document has."""
    missing = [one_line(claim.text) for claim in answer.claims if not claim.found]
    if not missing:
        return []
    stands = "stands" if len(missing) == 1 else "stand"
    what = "document" if len(answer.documents) == 1 else "documents"
    return [f"{', '.join(missing)}: {stands} nowhere in the {what}"]


def page_name(page: int, label: str | None) -> str:
    """`page 9 (printed 6)`, safe to print."""
    return wording.page_name(page, one_line(label) if label else None)


def _where(one: Evidence, named: bool) -> str:
    place = (
        wording.lines_name(one.line, one.last_line)
        if one.line is not None
        else page_name(one.page, one.label)
    )
    return f"{document_name(one.document)}, {place}" if named else place


def _draw(evidence: Sequence[Evidence], named: bool, color: ColorMode) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for one in evidence:
        where = Text(_where(one, named), style=f"link {_link(one)}")
        grid.add_row(where, Text(f"{one.score:.0%}"), Text(_short(one.quote)))
    screen = console(sys.stderr, color)
    screen.print()
    screen.print(grid)


def _link(one: Evidence) -> str:
    """A link that viewers open at the page, where terminals and viewers can (OSC 8)."""
    try:
        page = f"#page={one.page}" if one.line is None else ""
        return "" if one.document == "-" else Path(one.document).resolve().as_uri() + page
    except (OSError, ValueError):
        return ""


def _short(quote: str) -> str:
    text = one_line(quote)
    return text if len(text) <= _QUOTE else f"{text[: _QUOTE - 1]}…"
