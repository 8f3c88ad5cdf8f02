"""An answer's sources: from the states that it attends to, back to passages and pages."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from citrus_cli.engine.attribution import attribute
from citrus_cli.engine.policies import Head
from citrus_cli.evidence import Claim, Evidence, PageText, ScoredPage, claims, passages
from citrus_cli.pictures.model import KeptPageText, Picture
from citrus_cli.text_log import PART, Part, Piece, TextLog

if TYPE_CHECKING:
    from citrus_cli.answer import Answer
    from citrus_cli.keeping import Kept
    from citrus_cli.run import Runner


def evidence(
    runner: Runner, kept: Kept, index: int, answer: Sequence[int], heads: Sequence[Head]
) -> tuple[Evidence, ...]:
    """The passages that an answer, given as token ids, was read from; the highest score first."""
    weights = attribute(
        runner.backbone, kept.caches[index], kept.instructions[index], answer, heads
    )
    parts = list(_parts(weights, kept, runner))
    by_page = {part.page: part for part, _ in parts}
    found = passages(ScoredPage(part.page, spans) for part, spans in parts)
    return tuple(_in_whole_page(one, by_page, kept.text) for one in found)


def check(answer: str, question: str, kept: Kept) -> tuple[Claim, ...]:
    """The numbers, dates, names and quotations of an answer, looked up in all that was read."""
    if not answer:
        return ()
    names = [document.path for document in kept.documents]
    parts = kept.text.parts(names)
    return claims(answer, (part.page for part in parts), question=question)


def draw(answer: Answer, kept: Kept, index: int, runner: Runner) -> Picture:
    """All that pictures of an answer show: every page, and what each layer kept of it."""
    names = [document.path for document in kept.documents]
    cache = kept.caches[index]
    layers = cache.origins[:, kept.pinned : cache.length].tolist()
    held = Counter(origin for origins in layers for origin in origins)
    share = {origin: count / len(layers) for origin, count in held.items()}
    spans = {
        (part.page.document, part.page.page): found
        for part, found in _parts(share, kept, runner, longest=sys.maxsize)
    }
    pages = tuple(
        KeptPageText(page, spans.get((page.document, page.page), ()))
        for page in kept.text.pages(names)
    )
    place = {(page.page.document, page.page.page): at for at, page in enumerate(pages)}
    rows = []
    for origins in layers:
        row = [0.0] * len(pages)
        for origin in origins:
            found = kept.pages.place(origin)
            at = place.get((names[found.document], found.page))
            if at is not None:
                row[at] += 1 / len(origins)
        rows.append(tuple(min(1.0, value) for value in row))
    return Picture(answer, answer.evidence, answer.claims, None, pages, tuple(rows))


def _parts(
    weights: dict[int, float], kept: Kept, runner: Runner, *, longest: int = PART
) -> Iterator[tuple[Part, tuple[tuple[int, int, float], ...]]]:
    """Weights by token as weights by characters, for the parts of pages that have any."""
    by_piece: dict[Piece, list[tuple[int, float]]] = {}
    for origin, weight in weights.items():
        piece = kept.text.piece(origin)
        if piece is not None:
            by_piece.setdefault(piece, []).append((origin - piece.origin, weight))
    names = [document.path for document in kept.documents]
    for part in kept.text.parts(names, longest=longest, having=by_piece):
        spans = []
        for piece in part.pieces:
            tokens = by_piece.get(piece)
            if not tokens:
                continue
            characters = runner.encoder.spans(kept.text.text(piece))
            for token, weight in tokens:
                if token < len(characters):  # else it is of the next document's title, on no page
                    start, end = (piece.start - part.start + at for at in characters[token])
                    spans.append((start, end, weight))
        if spans:
            yield part, tuple(sorted(spans))


def _in_whole_page(one: Evidence, parts: dict[PageText, Part], text: TextLog) -> Evidence:
    """The passage, counted from the start of its page and not of a part of it, with its lines."""
    part = next(
        part
        for page, part in parts.items()
        if (page.document, page.page) == (one.document, one.page)
        and page.text[one.start : one.end] == one.quote
    )
    start, end = one.start + part.start, one.end + part.start
    first, last = text.line(part, start), text.line(part, end - 1)
    return replace(one, start=start, end=end, line=first, last_line=last)
