"""Tables: rows of cells under their headings, worked out from what stands below what."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from statistics import median

from citrus_cli.documents.formats.pdf.geometry import Box
from citrus_cli.documents.formats.pdf.lines import Row, Span
from citrus_cli.documents.formats.pdf.paint import Rule

_FIGURE = re.compile(
    r"[(\[]?[-+\u2212–]?[$€£¥]? ?[(\[]?[-+\u2212–]?[\d][\d.,:/'\u202f ]*[%)\]*x]{0,3}(?: \[\d+\])?|"
    r"[-\u2010-\u2015\u2212]{1,3}|[$€£¥] ?[-\u2010-\u2015\u2212]|n/a|N/A|nm|NM"
)
_PROSE_WORDS = 9
_HEAD_LEADING = 1.6
_GAP = 2.6
"""Rows farther apart than this, in letter sizes, are not of one table."""


@dataclass(frozen=True)
class Table:
    """A table's rows, each with as many cells; the first are its headings."""

    rows: tuple[tuple[str, ...], ...]
    box: Box
    spans: tuple[Span, ...]


def is_figure(text: str) -> bool:
    """Whether a cell's text is a value: an amount, a share, a dash."""
    return _FIGURE.fullmatch(text) is not None


def table_end(rows: list[Row], start: int, rules: list[Rule]) -> int:
    """Where a run of rows that may be a table ends; `start` itself if none begins there."""
    if len(rows[start]) < 2:
        return start
    end = at = start + 1
    steps: list[float] = []
    figures = _has_figures(rows[start])
    while at < len(rows):
        size = max(span.size for span in rows[at - 1])
        step = _base(rows[at]) - _base(rows[at - 1])
        usual = median(steps) if steps else step
        if step > _GAP * size * 1.3:
            break
        if len(rows[at]) > 1:
            has = _has_figures(rows[at])
            if figures and not has and step > 1.3 * usual and _is_head(rows[at]):
                break
            figures = figures or has
            end = at + 1
        elif at - end >= 3 or _is_prose(rows[at], rows[start:end]):
            break
        steps.append(step)
        at += 1
    while end < len(rows) and end - start > 1 and _ends_cell(rows, start, end, rules):
        end += 1
    return end


def _ends_cell(rows: list[Row], start: int, at: int, rules: list[Rule]) -> bool:
    """Whether a single line below a table is the last line of one of its cells."""
    span, before = rows[at][0], rows[at - 1]
    step = _base(rows[at]) - _base(before)
    if len(rows[at]) > 1 or step > 1.6 * span.size:
        return False
    if span.text[:1].islower() and step < 1.35 * span.size and len(before) > 1:
        cell = min(before, key=lambda other: abs(other.left - span.left))
        return abs(cell.left - span.left) < 2 * span.size and span.right < cell.right + span.size
    left = min(one.left for row in rows[start:at] for one in row)
    right = max(one.right for row in rows[start:at] for one in row)
    across = [
        rule.box[1]
        for rule in rules
        if rule.across and rule.box[0] < left + span.size and rule.box[2] > right - span.size
    ]
    below = any(span.base < y < span.base + 1.5 * span.size for y in across)
    between = any(_base(before) < y < span.top + 0.3 * span.size for y in across)
    return below and not between


def head_start(lines: list[Row], table: list[Row]) -> int:
    """From which of the lines above a table on they head its columns.

    A heading over several columns stands alone in its line, to the right of the first column.
    """
    at = len(lines)
    left = min(row[0].left for row in table)
    labels = max(row[0].right for row in table if row[0].left < left + 2 * row[0].size)
    below = table[0]
    while at > 0 and len(lines) - at < 3 and len(lines[at - 1]) == 1:
        span = lines[at - 1][0]
        step = _base(below) - span.base
        if not 0 < step < _HEAD_LEADING * 1.3 * span.size or span.left < max(labels, left + 1):
            break
        below, at = lines[at - 1], at - 1
    return at


def _has_figures(row: Row) -> bool:
    return any(is_figure(span.text) and not _is_year(span) for span in row[1:])


def _is_head(row: Row) -> bool:
    """Whether a row of words heads columns: it has several, and does not begin like a row."""
    return len(row) > 2 or not any(is_figure(span.text) for span in row)


def _is_prose(row: Row, table: list[Row]) -> bool:
    """Whether a line on its own is a sentence between tables."""
    left = min(span.left for one in table for span in one)
    right = max(span.right for one in table for span in one)
    span, words = row[0], len(row[0].text.split())
    if span.right - span.left > 0.62 * (right - left) and words >= _PROSE_WORDS:
        return True
    over = [
        other
        for one in table
        for other in one[1:]
        if is_figure(other.text) and other.left < span.right and other.right > span.left
    ]
    return (words >= 6 and len(over) > 1 and span.text.endswith((".", ":", ","))) or (
        words >= _PROSE_WORDS and span.text.endswith(".")
    )


def _base(row: Row) -> float:
    return max(span.base for span in row)


def read_table(rows: list[Row], rules: list[Rule]) -> Table | None:
    """The rows as a table; None if they are none."""
    several = sum(len(row) > 1 for row in rows)
    if several < 2 or several < 0.34 * len(rows):
        return None
    columns = _columns(rows)
    if len(columns) < 2:
        return None
    head = _head_rows(rows)
    cells = [_cells(row, columns, at < head) for at, row in enumerate(rows)]
    if _collisions(rows, columns) > 0.25 * several:
        return None
    top = _head_lines(rows, head)
    for row in cells[1:top]:
        cells[0] = _joined(cells[0], row)
    del cells[1:top]
    grid = _join_lines([*rows[:1], *rows[max(top, 1) :]], cells, rules)
    spans = tuple(span for row in rows for span in row)
    box = (
        min(span.left for span in spans), min(span.top for span in spans),
        max(span.right for span in spans), max(span.bottom for span in spans),
    )  # fmt: skip
    return Table(tuple(tuple(row) for row in _drop_empty(grid)), box, spans)


def _columns(rows: list[Row]) -> list[list[float]]:
    """The columns' left and right edges, from left to right.

    Rows with figures come first, and in them narrow spans, so that headings over several columns
    do not make one of them.
    """
    columns: list[list[float]] = []
    together: list[set[int]] = []
    figured = [_has_figures(row) for row in rows]
    spans = sorted(
        ((at, span) for at, row in enumerate(rows) if len(row) > 1 for span in row),
        key=lambda item: (not figured[item[0]], item[1].right - item[1].left),
    )
    for at, span in spans:
        over = [
            index for index, (left, right) in enumerate(columns)
            if span.left < right and span.right > left
        ]  # fmt: skip
        if not over:
            columns.append([span.left, span.right])
            together.append({at})
        elif len(over) == 1 and at not in together[over[0]]:
            column = columns[over[0]]
            wider = [min(column[0], span.left), max(column[1], span.right)]
            if not any(
                wider[0] < right and wider[1] > left
                for index, (left, right) in enumerate(columns)
                if index != over[0]
            ):
                column[:] = wider
                together[over[0]].add(at)
        elif len(over) > 1 and not _share_rows(over, together):
            # no row has something in more than one of them: they are one column
            first = over[0]
            for index in over[1:]:
                columns[first] = [
                    min(columns[first][0], columns[index][0]),
                    max(columns[first][1], columns[index][1]),
                ]
                together[first] |= together[index]
            columns = [c for index, c in enumerate(columns) if index not in over[1:]]
            together = [t for index, t in enumerate(together) if index not in over[1:]]
    return sorted(columns)


def _share_rows(over: list[int], together: list[set[int]]) -> bool:
    rows = [together[index] for index in over]
    return sum(map(len, rows)) > len(set().union(*rows))


def _over(span: Span, columns: list[list[float]]) -> list[int]:
    """The columns that a span stands in; the nearest if it stands in none."""
    found = []
    for index, (left, right) in enumerate(columns):
        shared = min(span.right, right) - max(span.left, left)
        if shared > 0.25 * min(right - left, span.right - span.left) or shared > span.size:
            found.append(index)
    if found:
        return found
    middle = (span.left + span.right) / 2
    return [min(range(len(columns)), key=lambda i: abs(sum(columns[i]) / 2 - middle))]


def _head_rows(rows: list[Row]) -> int:
    """How many rows come before the first with a figure under a heading."""
    for at, row in enumerate(rows):
        if len(row) > 1 and any(is_figure(span.text) and not _is_year(span) for span in row[1:]):
            return at
    return 1


def _head_lines(rows: list[Row], head: int) -> int:
    """How many rows at the top are lines of one heading, set closely."""
    count = 1
    first = min((row[0].right for row in rows[:head] if len(row) > 1), default=0.0)
    while (
        count < head
        and (len(rows[count]) > 1 or rows[count][0].left > first)
        and _base(rows[count]) - _base(rows[count - 1]) < _HEAD_LEADING * rows[count][0].size
    ):
        count += 1
    return count if head > 1 else min(head, 1)


def _is_year(span: Span) -> bool:
    return re.fullmatch(r"(?:19|20)\d\d", span.text) is not None


def _cells(row: Row, columns: list[list[float]], is_head: bool) -> list[str]:
    cells = [""] * len(columns)
    for span in row:
        over = _over(span, columns)
        label = over[0] == 0 and len(over) > 1
        for index in over if is_head and not label and len(row) > 0 else over[:1]:
            cells[index] = f"{cells[index]} {span.text}".strip()
    return cells


def _collisions(rows: list[Row], columns: list[list[float]]) -> int:
    """How many rows have two spans in one column."""
    found = 0
    for row in rows:
        places = [_over(span, columns)[0] for span in row]
        found += len(set(places)) < len(places)
    return found


def _join_lines(rows: list[Row], cells: list[list[str]], rules: list[Rule]) -> list[list[str]]:
    """Rows with the lines of their cells joined."""
    starts = _ruled_starts(rows, rules)
    if starts is not None:
        grid: list[list[str]] = []
        for at, row in enumerate(cells):
            if at in starts or not grid:
                grid.append(list(row))
            else:
                grid[-1] = _joined(grid[-1], row)
        return grid
    return _join_wrapped(rows, cells)


def _ruled_starts(rows: list[Row], rules: list[Rule]) -> set[int] | None:
    """Where rows start, if rules part every row from the next; None if they do not."""
    left = min(span.left for row in rows for span in row)
    right = max(span.right for row in rows for span in row)
    tops = [min(span.top for span in row) for row in rows]
    heights: dict[int, float] = {}
    for rule in rules:
        if rule.across and tops[0] < rule.box[1] < _base(rows[-1]):
            key = round(rule.box[1] / 2)
            wide = max(0.0, min(rule.box[2], right) - max(rule.box[0], left))
            heights[key] = heights.get(key, 0.0) + wide
    lines = sorted(2 * key for key, wide in heights.items() if wide > 0.7 * (right - left))
    if len(lines) < 2:
        return None
    starts = {0}
    for line in lines:
        below = [at for at, row in enumerate(rows) if _base(row) > line + 1]
        if below:
            starts.add(below[0])
    counts = [b - a for a, b in zip(sorted(starts), [*sorted(starts)[1:], len(rows)], strict=True)]
    if max(counts) == 1 or max(counts) > 8:
        return None
    groups = sorted(starts)
    for first, last in zip(groups, [*groups[1:], len(rows)], strict=True):
        if _figures_clash(rows[first:last]):
            return None
    return starts


def _figures_clash(rows: list[Row]) -> bool:
    """Whether two rows have figures one below the other."""
    seen: list[Span] = []
    for row in rows:
        for span in row:
            if is_figure(span.text):
                if any(span.left < other.right and span.right > other.left for other in seen):
                    return True
                seen.append(span)
    return False


def _join_wrapped(rows: list[Row], cells: list[list[str]]) -> list[list[str]]:
    """Joins rows that go on with the cells of the one before: labels of two lines, mostly."""
    steps = [_base(after) - _base(before) for before, after in itertools.pairwise(rows)]
    close = min(steps) if steps else 0.0
    uneven = bool(steps) and close < 1.4 * rows[0][0].size and median(steps) > 1.2 * close
    grid = [list(cells[0])]
    held = [0]
    for at in range(1, len(rows)):
        near = steps[at - 1] < 1.15 * close if uneven else True
        if (
            near
            and _goes_on(grid[-1], cells[at], uneven)
            and not _figures_clash([*(rows[i] for i in held), rows[at]])
        ):
            grid[-1] = _joined(grid[-1], cells[at])
            held.append(at)
        else:
            grid.append(list(cells[at]))
            held = [at]
    return grid


def _goes_on(before: list[str], after: list[str], uneven: bool) -> bool:
    """Whether a row of cells continues the one before it."""
    filled = [index for index, cell in enumerate(after) if cell]
    if any(not before[index] for index in filled[1:]) and filled and filled[0] != 0:
        return False
    first = filled[0] if filled else 0
    if first == 0:
        label, next_label = before[0], after[0]
        if not label or not next_label:
            return False
        numbers_before = any(before[1:])
        if len(filled) == 1 and numbers_before:
            return next_label[0].islower()
        if not numbers_before:
            return next_label[0].islower() or label.endswith((",", "-", "–", " and", " of"))
        return uneven and sum(
            after[i][:1].islower() or before[i].endswith((",", "-")) for i in filled if before[i]
        ) >= 0.5 * len(filled)
    return all(
        before[index] and not is_figure(after[index]) and (uneven or after[index][0].islower())
        for index in filled
    )


def _joined(before: list[str], after: list[str]) -> list[str]:
    return [
        f"{old} {new}" if old and new and old != new else old or new
        for old, new in zip(before, after, strict=True)
    ]


def _drop_empty(grid: list[list[str]]) -> list[list[str]]:
    used = [index for index in range(len(grid[0])) if any(row[index] for row in grid)]
    return [[row[index] for index in used] for row in grid]


def write_table(table: Table) -> str:
    """The table as lines with a bar between the cells."""
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in table.rows
    )
