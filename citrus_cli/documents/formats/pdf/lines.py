"""From pieces to lines: what stands on one base line, cut into spans at wide gaps.

A span is a stretch of text without a gap that a reader would see as the border of a cell or
column: a line of a paragraph is one span, a row of a table one for each cell.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from operator import attrgetter

from citrus_cli.documents.formats.pdf import marks
from citrus_cli.documents.formats.pdf.characters import Piece
from citrus_cli.documents.formats.pdf.geometry import Box
from citrus_cli.documents.formats.pdf.scripts import is_right_to_left, read_order

WIDE_GAP = 0.9
"""Words farther apart than this, in letter sizes, are not of one span."""

_WORD_GAP = 0.13
_DRAWN_SPACE = 0.03
"""A space that the document draws itself parts words unless it takes less room than this."""

_WIDEST_SPACE = 2.5
"""One space of a justified line is never wider."""

_SAME_LINE = 0.3
_NEARLY_LEVEL = 0.62
_SMALL = 0.86
_CURRENCY = frozenset(
    ["$", "€", "£", "¥", "US$", "C$", "A$", "HK$", "R$", "₹", "₩", "CHF", "EUR", "USD", "GBP"]
)
_CURRENCY_GAP = 40.0
_CLOSING_GAP = 9.0
_ENUMERATION = re.compile(
    r"[•◦▪▫●○■□‣⁃∙➢➤✓✔\uf0b7\uf0a7–—*-]|\(?(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,5})[.)]"
)
_ENUMERATION_GAP = 4.0
_CLOSING = frozenset([")", "%", ")%", "%)", "]", "*"])


class Span:
    """A stretch of one line without wide gaps; `words` are (text, left, right)."""

    __slots__ = ("base", "bold", "bottom", "left", "pieces", "right", "size", "text", "top")

    def __init__(self, text: str, pieces: list[Piece]) -> None:
        self.text = text
        self.pieces = pieces
        main = pieces[0]
        left, top, right, bottom = main.left, main.top, main.right, main.bottom
        # one pass with comparisons: `min` and `max` over each side take four times as long
        if len(pieces) > 1:
            level, length = main.shift == 0, len(main.text) * main.size
            for piece in pieces:
                if piece.left < left:
                    left = piece.left
                if piece.top < top:
                    top = piece.top
                if piece.right > right:
                    right = piece.right
                if piece.bottom > bottom:
                    bottom = piece.bottom
                own = piece.shift == 0
                if own < level:
                    continue
                extent = len(piece.text) * piece.size
                if own > level or extent > length:
                    main, level, length = piece, own, extent
        self.left, self.top, self.right, self.bottom = left, top, right, bottom
        self.base, self.size = main.base, main.size
        self.bold = False

    @property
    def box(self) -> Box:
        return self.left, self.top, self.right, self.bottom

    def __repr__(self) -> str:
        return f"<{self.text!r} {self.left:.0f}-{self.right:.0f} {self.base:.0f} {self.size:.1f}>"


Row = list[Span]
"""The spans that stand on one base line, from left to right."""


def read_rows(pieces: Iterable[Piece]) -> list[Row]:
    """The rows of a page from top to bottom, from the pieces in one frame."""
    rows = []
    for line in _gather(list(pieces)):
        line.sort(key=attrgetter("left"))
        rows.append(list(_spans(drop_double_print(line))))
    return _level([row for row in rows if row])


def _level(rows: list[Row]) -> list[Row]:
    """Joins rows that stand beside each other at nearly one height: a label and its figures."""
    found: list[Row] = []
    for row in rows:
        before = found[-1] if found else []
        if before:
            size = min(before[0].size, row[0].size)
            near = row[0].base - before[0].base < _NEARLY_LEVEL * size
            if near and not any(
                span.left < other.right and span.right > other.left
                for span in row
                for other in before
            ):
                found[-1] = sorted([*before, *row], key=attrgetter("left"))
                continue
        found.append(row)
    return found


def _gather(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces by their base lines, from top to bottom; raised and lowered ones with theirs."""
    pieces.sort(key=attrgetter("base"))
    lines: list[list[Piece]] = []
    base, size = -1e9, 0.0
    for piece in pieces:
        own = piece.size
        if piece.base - base > _SAME_LINE * (own if own < size else size):
            line: list[Piece] = []
            lines.append(line)
            base, size = piece.base, own
        elif own > size:
            base, size = piece.base, own
        line.append(piece)
    return _attach_small(lines)


def _attach_small(lines: list[list[Piece]]) -> list[list[Piece]]:
    """Moves small pieces that are raised or lowered beside larger ones into their lines."""
    sizes = [max(piece.size for piece in line) for line in lines]
    for at, line in enumerate(lines):
        largest = max(sizes[max(0, at - 2) : at + 3])
        if min(piece.size for piece in line) > _SMALL * largest:
            continue
        for piece in list(line):
            if piece.size > _SMALL * largest or len(piece.text) > 12:
                continue
            host = _host(piece, lines, at)
            if host is not None:
                found, piece.shift = host
                if found != at:
                    line.remove(piece)
                    lines[found].append(piece)
    return [line for line in lines if line]


def _host(piece: Piece, lines: list[list[Piece]], at: int) -> tuple[int, float] | None:
    """The line that a small piece belongs to, and how far it is raised above it."""
    best: tuple[float, int, float] | None = None
    for near in range(max(0, at - 3), min(len(lines), at + 4)):
        for other in lines[near]:
            if other.size * _SMALL < piece.size or other is piece:
                continue
            shift = (other.base - piece.base) / other.size
            if not (0.12 < shift < 0.9 or -0.5 < shift < -0.07):
                continue
            gap = max(piece.left - other.right, other.left - piece.right) / other.size
            if -0.3 < gap < 0.45 and (best is None or gap < best[0]):
                best = (gap, near, shift)
    return best and (best[1], best[2])


def _spans(line: list[Piece]) -> Iterator[Span]:
    """The spans of a line whose pieces are sorted from left to right."""
    run: list[Piece] = []
    right = 0.0
    for piece in line:
        if run:
            last = run[-1]
            size = piece.size if piece.size > last.size else last.size
            wide = piece.left - right > WIDE_GAP * size
            if (wide and not _coheres(run, piece)) or (
                piece.text in _CURRENCY and _begins_amount(last, piece)
            ):
                yield _span(run)
                run = []
        if not run or piece.right > right:
            right = piece.right
        run.append(piece)
    if run:
        yield _span(run)


def _begins_amount(last: Piece, piece: Piece) -> bool:
    """Whether a currency's sign after a figure begins another cell, however near it stands."""
    return (last.text[-1].isdigit() or last.text[-1] in ")%—–") and piece.left > last.right


def _coheres(run: list[Piece], piece: Piece) -> bool:
    """Whether a wide gap is none between cells.

    One drawn space fills it, or a currency's sign stands far from its figure.
    """
    if piece.spaced == 1 and piece.left - run[-1].right < _WIDEST_SPACE * piece.size:
        return True
    if len(run) == 1 and _ENUMERATION.fullmatch(run[0].text):
        return piece.left - run[0].right < _ENUMERATION_GAP * piece.size
    if piece.text in _CLOSING:
        return piece.left - run[-1].right < _CLOSING_GAP * piece.size and (
            run[-1].text[-1:].isdigit() or run[-1].text[-1:] in ")-—–"
        )
    return (
        len(run) == 1
        and run[0].text in _CURRENCY
        and piece.left - run[0].right < _CURRENCY_GAP * piece.size
        and (piece.text[0].isdigit() or piece.text[0] in "(-—–−.")
    )


def _span(pieces: list[Piece]) -> Span:
    if any(is_right_to_left(piece.text) for piece in pieces):
        return Span(read_order(pieces, lambda last, piece: _parts_words(last, piece, 0.0)), pieces)
    text: list[str] = []
    tracking = _tracking(pieces)
    last: Piece | None = None
    for at, piece in enumerate(pieces):
        if last is None:
            text.append(marks.leading(piece, pieces[at + 1 :]))
        elif piece.shift or last.shift:
            gap = (piece.left - last.right) / max(piece.size, last.size)
            marks.append(text, last, piece, gap)
        elif _parts_words(last, piece, tracking):
            text += [" ", piece.text]
        else:
            text.append(piece.text)
        if piece.after:
            text.append(piece.after)
        if last is None or piece.right > last.right or piece.shift:
            last = piece
    return Span("".join(text), pieces)


def _parts_words(last: Piece, piece: Piece, tracking: float) -> bool:
    """Whether a word ends between two pieces that stand side by side."""
    size = piece.size if piece.size < last.size else last.size
    gap = piece.left - last.right
    if last.text in _CURRENCY and gap > size:
        return True
    if piece.text in _CLOSING and gap > size:
        return False
    if gap > (_WORD_GAP + tracking) * size:
        return True
    return piece.spaced > 0 and gap > (_DRAWN_SPACE + tracking) * size


def _tracking(pieces: list[Piece]) -> float:
    """By how much letters are set apart from each other in a span, in letter sizes; mostly 0."""
    if len(pieces) < 5:
        return 0.0
    single = sum(len(piece.text) == 1 and piece.text.isalpha() for piece in pieces)
    if single < 0.7 * len(pieces):
        return 0.0
    gaps = sorted(
        (after.left - before.right) / before.size
        for before, after in itertools.pairwise(pieces)
        if not after.spaced
    )
    if len(gaps) < 4:
        return 0.0
    middle = gaps[len(gaps) // 2]
    alike = sum(abs(gap - middle) < 0.35 * abs(middle) + 0.02 for gap in gaps)
    return 1.2 * middle if middle > 0.05 and alike > 0.6 * len(gaps) else 0.0


def drop_double_print(line: list[Piece]) -> list[Piece]:
    """The pieces of a line, sorted from left to right, without what is printed a second time.

    To look bold, or to cast a shadow, text is drawn again a little to the side.
    """
    if not _overlaps(line):
        return line
    kept: list[Piece] = []
    printed = _Printed()
    for piece in sorted(line, key=attrgetter("order")):
        kept += _kept(piece, printed.take(piece))
    kept.sort(key=attrgetter("left"))
    return kept


def _overlaps(line: list[Piece]) -> bool:
    """Whether some piece begins well within the one before it."""
    right = -math.inf
    for piece in line:
        left = piece.left
        if left < right:
            width = piece.right - left
            if left < right - 0.3 * (width if width < piece.size else piece.size):
                return True
        right = piece.right
    return False


class _Printed:
    """Where characters have been printed on a line."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int], list[tuple[float, float]]] = {}

    def take(self, piece: Piece) -> list[bool]:
        """Which characters of a piece are new; those then count as printed, too."""
        near = 0.16 * piece.size or 1.0
        new = []
        places = [
            (character, left, int(left // 2))
            for character, left in zip(piece.text, piece.edges, strict=False)
        ]
        reach = int(near // 2) + 1
        for character, left, cell in places:
            around = (
                place
                for at in range(cell - reach, cell + reach + 1)
                for place in self._seen.get((character, at), ())
            )
            new.append(
                not any(abs(x - left) < near and abs(y - piece.base) < near for x, y in around)
            )
        for character, left, cell in places:
            self._seen.setdefault((character, cell), []).append((left, piece.base))
        return new


def _kept(piece: Piece, new: list[bool]) -> Iterator[Piece]:
    """What is left of a piece when only its `new` characters stay."""
    if all(new):
        yield piece
        return
    start = None
    for at, stays in enumerate([*new, False]):
        if stays and start is None:
            start = at
        elif not stays and start is not None:
            yield piece.part(start, at)
            start = None
