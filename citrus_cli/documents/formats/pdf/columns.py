"""Columns of running text, told from the columns of tables, and read one after the other."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from statistics import median

from citrus_cli.documents.formats.pdf.lines import Row, Span
from citrus_cli.documents.formats.pdf.paint import Rule

_GUTTER = 0.7
"""Columns stand at least this far apart, in letter sizes."""

_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_SENTENCE_END = (".", "!", "?", ":", "。", "！", "？", "”", '"')


@dataclass(frozen=True)
class Zone:
    """Rows from `start` up to `end` that stand in columns; `columns` are their rows each."""

    start: int
    end: int
    columns: tuple[tuple[Row, ...], ...]


def find_columns(rows: list[Row], start: int, rules: list[Rule]) -> tuple[Zone | None, int]:
    """The zone of text columns that begins at a row, or None; and the row to look on from."""
    end, gutters = _grow(rows, start)
    if not gutters or end - start < 2:
        return None, max(end, start + 1)
    parts = _bands(rows, start, end)
    for at, (first, last) in enumerate(parts):
        columns = _split(rows[first:last], gutters)
        if not _are_text(columns, rows[first:last], rules):
            continue
        while at + 1 < len(parts):
            more = _split(rows[parts[at + 1][0] : parts[at + 1][1]], gutters)
            both = [[*mine, *new] for mine, new in zip(columns, more, strict=True)]
            ahead = rows[first : parts[at + 1][1]]
            if not (_are_text(more, ahead, rules) or _is_rest(more)):
                break
            columns, last = both, parts[at + 1][1]
            at += 1
        if first > start:
            return None, first
        return Zone(start, last, tuple(tuple(column) for column in columns)), last
    return None, end


def _grow(rows: list[Row], start: int) -> tuple[int, list[tuple[float, float]]]:
    """How far rows go on that leave the same gaps free from top to bottom, and those gaps."""
    low = min(span.left for row in rows[start:] for span in row)
    high = max(span.right for row in rows[start:] for span in row)
    free = [(low, high)]
    left_of, right_of = high, low
    gaps: list[tuple[float, float]] = []
    end = start
    for row in rows[start:]:
        size = max(span.size for span in row)
        left = _without(free, row, _GUTTER * size)
        reach = min(left_of, row[0].left), max(right_of, row[-1].right)
        inner = [(a, b) for a, b in left if a > reach[0] and b < reach[1]]
        if not left or (gaps and not inner):
            break
        free, gaps, (left_of, right_of) = left, inner, reach
        end += 1
    return end, gaps


def _without(free: list[tuple[float, float]], row: Row, least: float) -> list[tuple[float, float]]:
    """What a row leaves free of some intervals."""
    found = []
    for low, high in free:
        at = low
        for span in row:
            if span.right <= at or span.left >= high:
                continue
            if span.left - at >= least:
                found.append((at, span.left))
            at = max(at, span.right)
        if high - at >= least:
            found.append((at, high))
    return found


def _bands(rows: list[Row], start: int, end: int) -> list[tuple[int, int]]:
    """The rows cut where all columns leave a blank line."""
    steps = [_base(rows[at + 1]) - _base(rows[at]) for at in range(start, end - 1)]
    if not steps:
        return [(start, end)]
    size = median(span.size for row in rows[start:end] for span in row)
    limit = max(1.7 * median(steps), 1.9 * size)
    found, first = [], start
    for at, step in enumerate(steps, start=start):
        if step > limit:
            found.append((first, at + 1))
            first = at + 1
    found.append((first, end))
    return found


def _base(row: Row) -> float:
    return max(span.base for span in row)


def _split(rows: list[Row], gutters: list[tuple[float, float]]) -> list[list[Row]]:
    """The rows of each column."""
    columns: list[list[Row]] = [[] for _ in range(len(gutters) + 1)]
    for row in rows:
        parts: list[Row] = [[] for _ in columns]
        for span in row:
            middle = (span.left + span.right) / 2
            parts[sum(middle > low for low, _ in gutters)].append(span)
        for column, part in zip(columns, parts, strict=True):
            if part:
                column.append(part)
    return columns


def _text(row: Row) -> str:
    return " ".join(span.text for span in row)


def _is_rest(columns: list[list[Row]]) -> bool:
    """Whether rows below text columns are no more than the ends of some of them."""
    return sum(bool(column) for column in columns) == 1


def _is_running(lines: list[str]) -> bool:
    """Whether the lines of a column are those of running text."""
    if len(lines) < 3:
        return False
    solid = [len(_CJK.findall(line)) for line in lines]
    words = [len(line.split()) + cjk / 3 for line, cjk in zip(lines, solid, strict=True)]
    if sum(words) / len(words) < 3.0:
        return False
    pairs = list(itertools.pairwise(lines))
    go_on = sum(_continues(before, after) for before, after in pairs)
    return go_on >= max(1, 0.3 * len(pairs))


def _continues(before: str, after: str) -> bool:
    """Whether a sentence runs over from one line to the next."""
    if after[:1].islower() or before[-1:] in ("-", ",", "\u00ad", "\u2010"):
        return True
    return _CJK.match(after) is not None and not before.endswith(_SENTENCE_END)


def _are_text(columns: list[list[Row]], rows: list[Row], rules: list[Rule]) -> bool:
    """Whether columns are such of running text, which are read one after the other."""
    running = [_is_running([_text(row) for row in column]) for column in columns]
    if not any(running):
        return False
    if _is_ruled(columns, rows, rules) or _is_in_cells(columns):
        return False
    if sum(running) >= 2:
        beside = sum(len(c) for c, text in zip(columns, running, strict=True) if not text)
        return beside <= 0.35 * sum(map(len, columns))
    return _are_side_notes(columns, running.index(True))


def _is_ruled(columns: list[list[Row]], rows: list[Row], rules: list[Rule]) -> bool:
    """Whether rules run between the rows from column to column."""
    top, bottom = min(s.top for s in rows[0]), max(s.bottom for s in rows[-1])
    edges = [(min(row[0].left for row in c), max(row[-1].right for row in c)) for c in columns if c]
    if len(edges) < 2:
        return False
    heights = set()
    for rule in rules:
        left, y, right, _ = rule.box
        if rule.across and top < y < bottom:
            touched = sum(left < high and right > low for low, high in edges)
            if touched >= 2 or _is_continued(rule, rules):
                heights.add(round(y / 3))
    return len(heights) >= 2


def _is_continued(rule: Rule, rules: list[Rule]) -> bool:
    return any(
        other.across
        and other is not rule
        and abs(other.box[1] - rule.box[1]) < 1.5
        and (abs(other.box[0] - rule.box[2]) < 3 or abs(rule.box[0] - other.box[2]) < 3)
        for other in rules
    )


def _is_in_cells(columns: list[list[Row]]) -> bool:
    """Whether the columns fall into groups of lines that begin level with each other."""
    groups = [_group_starts(column) for column in columns if len(column) > 1]
    if len(groups) < 2 or min(map(len, groups)) < 3:
        return False
    first, *others = sorted(groups, key=len)
    level = sum(
        any(abs(start - other) < 2.0 for group in others for other in group) for start in first
    )
    return level >= 0.8 * len(first)


def _group_starts(column: list[Row]) -> list[float]:
    """Where, down a column, groups of closely set lines begin."""
    steps = [_base(after) - _base(before) for before, after in itertools.pairwise(column)]
    close = min(steps)
    starts = [_base(column[0])]
    for row, step in zip(column[1:], steps, strict=True):
        if step > 1.25 * close:
            starts.append(_base(row))
    return starts


def _are_side_notes(columns: list[list[Row]], main: int) -> bool:
    """Whether what stands beside running text are notes on it, not heads of its paragraphs."""
    text = columns[main]
    notes = [row for at, column in enumerate(columns) if at != main for row in column]
    if len(text) < 4 or not notes or len(notes) > 0.6 * len(text):
        return False
    apart = within = 0
    for note in notes:
        level = next((at for at, row in enumerate(text) if abs(_base(row) - _base(note)) < 1), None)
        if level is None:
            apart += 1
        elif level and _continues(_text(text[level - 1]), _text(text[level])):
            within += 1
    return apart + within >= 0.5 * len(notes)


def line_numbers(rows: list[Row]) -> set[int]:
    """The spans (by `id`) that count the lines of a text in its margin."""
    for side in (0, -1):
        found = _counted(rows, side)
        if found:
            return found
    return set()


def _counted(rows: list[Row], side: int) -> set[int]:
    spans: list[Span] = []
    for row in rows:
        span = row[side]
        if span.text.isdigit() and len(span.text) <= 4:
            spans.append(span)
    if len(spans) < 5:
        return set()
    edge = median(span.right for span in spans)
    spans = [span for span in spans if abs(span.right - edge) < 0.8 * span.size]
    numbers = [int(span.text) for span in spans]
    if len(numbers) < 5:
        return set()
    steps = [after - before for before, after in itertools.pairwise(numbers)]
    step = median(steps)
    if step not in (1, 2, 5, 10) or sum(one == step for one in steps) < 0.85 * len(steps):
        return set()
    return _margin(rows, spans, side)


def _margin(rows: list[Row], spans: list[Span], side: int) -> set[int]:
    """Those numbers, if all else stands on one side of them and is running text."""
    numbers = {id(span) for span in spans}
    others = [[span for span in row if id(span) not in numbers] for row in rows]
    lines = [_text(row) for row in others if row]
    if side == 0 and any(row[0].left < max(span.right for span in spans) for row in others if row):
        return set()
    if side == -1 and any(
        row[-1].right > min(span.left for span in spans) for row in others if row
    ):
        return set()
    if sum(len(row) > 1 for row in others) > 0.3 * len(others):
        return set()
    pairs = list(itertools.pairwise(lines))
    go_on = sum(_continues(before, after) for before, after in pairs)
    return numbers if pairs and go_on >= 0.3 * len(pairs) else set()
