"""Where an answer comes from, on standard error under it; and what of it stands nowhere."""

from __future__ import annotations

import math
import sys
from pathlib import Path

from citrus_cli import wording
from citrus_cli.answer import Answer
from citrus_cli.cli.output.streams import ColorMode, console, is_terminal, write_error
from citrus_cli.cli.output.text import document_name, one_line
from citrus_cli.evidence.model import Evidence

_QUOTE = 240
"""A quote is shown up to so many characters; JSON has all of it."""

_MOST = math.log(1e6)
"""Beyond this loss of likelihood, in nats, more means nothing to a reader."""

_STYLES = {"weak": "yellow", "none": "yellow"}


def print_sources(answer: Answer, color: ColorMode) -> None:
    """Draw the sources of an answer: a table for a person, a line each in a log."""
    support = support_line(answer)
    if is_terminal(sys.stderr):
        _draw(answer, support, color)
    else:
        write_error("".join(f"source: {line}\n" for line in source_lines(answer)))
        write_error(f"support: {support}\n" if support else "")


def source_lines(answer: Answer) -> list[str]:
    """A line for each source: its page or its lines, its share, and what it says."""
    named = len(answer.documents) > 1
    return [f"{_where(o, named)}, {_figures(o)}: {_short(o.quote)}" for o in answer.evidence]


def support_line(answer: Answer) -> str:
    """How much an answer rests on its sources, in words; empty when that is not known."""
    if not answer.found and answer.support is None:
        return "none: the question finds nothing to rest on; these passages come nearest"
    if answer.support is None:
        return ""
    one = answer.support
    return f"{one.level}: without its sources the answer is {_less(one.drop)}"


def not_found(answer: Answer) -> list[str]:
    """A warning for what the answer states and no document has."""
    missing = [one_line(claim.text) for claim in answer.claims if not claim.found]
    if not missing:
        return []
    stands = "stands" if len(missing) == 1 else "stand"
    what = "document" if len(answer.documents) == 1 else "documents"
    return [f"{', '.join(missing)}: {stands} nowhere in the {what}"]


def doubts(answer: Answer) -> list[str]:
    """A warning for an answer that was wanted although the documents do not seem to hold it."""
    if answer.found or answer.support is None:
        return []
    what = "document does" if len(answer.documents) == 1 else "documents do"
    return [f"the {what} not seem to hold an answer to: {one_line(answer.question)}"]


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


def _figures(one: Evidence) -> str:
    return f"{one.score:.0%}" if one.drop is None else f"{one.score:.0%}, {_less(one.drop)} without"


def _less(drop: float) -> str:
    """A loss of likelihood, in nats per token, as people say it."""
    if drop < math.log(1.05):
        return "as likely"
    return f"{math.exp(min(drop, _MOST)):.2g} times less likely per token"


def _draw(answer: Answer, support: str, color: ColorMode) -> None:
    from rich.table import Table
    from rich.text import Text

    if not answer.evidence and not support:
        return
    named = len(answer.documents) > 1
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for one in answer.evidence:
        where = Text(_where(one, named), style=f"link {_link(one)}")
        grid.add_row(where, Text(_figures(one)), Text(_short(one.quote)))
    screen = console(sys.stderr, color)
    screen.print()
    screen.print(grid)
    if support:
        screen.print(Text.assemble(("support: ", "dim"), (support, _STYLES.get(support[:4], ""))))


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
