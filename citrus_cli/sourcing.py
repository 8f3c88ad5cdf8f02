"""An answer's sources: from the states that it attends to, back to passages and pages."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from citrus_cli.evidence.model import Claim, Evidence, PageText, ScoredPage
from citrus_cli.evidence.passages import passages
from citrus_cli.evidence.support import Support, support
from citrus_cli.evidence.verify import claims
from citrus_cli.pictures.model import KeptPageText, Picture
from citrus_cli.text_log import PART, Part, Piece, TextLog

if TYPE_CHECKING:
    from citrus_cli.answer import Answer
    from citrus_cli.basis import Basis
    from citrus_cli.keeping import Kept
    from citrus_cli.run import Runner


@dataclass(frozen=True)
class Sources:
    """Where an answer comes from, and how much it rests on that; None: there is no answer."""

    evidence: tuple[Evidence, ...]
    support: Support | None


def sources(
    runner: Runner, kept: Kept, basis: Basis, answer: Sequence[int], found: float
) -> Sources:
    """The passages that an answer, given as token ids, was read from; the highest score first.

    `found` is how much the question found. Where it is to be explained, every passage is taken away
    in turn.
    """
    given = basis.attribution(answer)
    names = [document.path for document in kept.documents]
    shown = cited(given.weights, kept.text, names, runner)
    if not answer:
        return Sources(shown, None)
    tokens = _tokens(shown, kept, basis, runner)

    def drop(gone: set[int]) -> float:
        return given.likelihood - basis.likelihood_without(answer, gone)

    together = drop(set().union(*tokens)) if tokens else 0.0
    if runner.settings.explain:
        shown = tuple(
            replace(one, drop=drop(gone)) for one, gone in zip(shown, tokens, strict=True)
        )
    return Sources(shown, support(together, given.likelihood, found))


def cited(
    weights: dict[int, float], text: TextLog, names: Sequence[str], runner: Runner
) -> tuple[Evidence, ...]:
    """The passages on which the weights of tokens fall; the highest score first.

    `text` is what was read, of documents that are called `names`.
    """
    parts = list(_parts(weights, text, names, runner))
    by_page = {part.page: part for part, _ in parts}
    found = passages(ScoredPage(part.page, spans) for part, spans in parts)
    return tuple(_in_whole_page(one, by_page, text) for one in found)


def check(answer: str, question: str, kept: Kept) -> tuple[Claim, ...]:
    """The numbers, dates, names and quotations of an answer, looked up in all that was read."""
    if not answer:
        return ()
    names = [document.path for document in kept.documents]
    parts = kept.text.parts(names)
    return claims(answer, (part.page for part in parts), question=question)


def draw(answer: Answer, kept: Kept, basis: Basis, runner: Runner) -> Picture:
    """All that pictures of an answer show: every page, and what each layer kept of it."""
    names = [document.path for document in kept.documents]
    layers = basis.origins()
    held = Counter(origin for origins in layers for origin in origins)
    choices = sum(map(len, layers)) / max(1, basis.size)  # per layer one, or one per KV head
    share = {origin: count / choices for origin, count in held.items()}
    spans = {
        (part.page.document, part.page.page): found
        for part, found in _parts(share, kept.text, names, runner, longest=sys.maxsize)
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
    level = answer.support.level if answer.support else None
    return Picture(answer, answer.evidence, answer.claims, level, pages, tuple(rows))


def _parts(
    weights: dict[int, float],
    text: TextLog,
    names: Sequence[str],
    runner: Runner,
    *,
    longest: int = PART,
) -> Iterator[tuple[Part, tuple[tuple[int, int, float], ...]]]:
    """Weights by token as weights by characters, for the parts of pages that have any."""
    by_piece = _by_piece(weights, text)
    for part in text.parts(names, longest=longest, having=by_piece):
        spans = []
        for piece in part.pieces:
            origins = by_piece.get(piece)
            if not origins:
                continue
            characters = runner.encoder.spans(text.text(piece))
            for origin in origins:
                token = origin - piece.origin
                if token < len(characters):  # else it is of the next document's title, on no page
                    start, end = (piece.start - part.start + at for at in characters[token])
                    spans.append((start, end, weights[origin]))
        if spans:
            yield part, tuple(sorted(spans))


def _tokens(
    passages: Sequence[Evidence], kept: Kept, basis: Basis, runner: Runner
) -> list[set[int]]:
    """The origins of the kept tokens that each passage, given in its whole page, is made of."""
    names = [document.path for document in kept.documents]
    tokens: list[set[int]] = [set() for _ in passages]
    held = sorted(set().union(*basis.origins()))
    for piece, origins in _by_piece(held, kept.text).items():
        where = (names[piece.place.document], piece.place.page)
        here = [i for i, one in enumerate(passages) if (one.document, one.page) == where]
        characters = runner.encoder.spans(kept.text.text(piece)) if here else []
        for origin in origins:
            if origin - piece.origin >= len(characters):
                continue
            start, end = (piece.start + at for at in characters[origin - piece.origin])
            for i in here:
                if start < passages[i].end and end > passages[i].start:
                    tokens[i].add(origin)
    return tokens


def _by_piece(origins: Iterable[int], text: TextLog) -> dict[Piece, list[int]]:
    """Origins by the piece of text that their tokens are from."""
    by_piece: dict[Piece, list[int]] = {}
    for origin in origins:
        piece = text.piece(origin)
        if piece is not None:
            by_piece.setdefault(piece, []).append(origin)
    return by_piece


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
