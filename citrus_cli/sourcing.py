"""An answer's sources: from the states that it attends to, back to passages and pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from citrus_cli.engine.attribution import attribute
from citrus_cli.engine.policies import Head
from citrus_cli.evidence import Claim, Evidence, PageText, ScoredPage, claims, passages
from citrus_cli.pictures.model import KeptPageText, Picture
from citrus_cli.text_log import Piece, TextLog

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
    names = [document.path for document in kept.documents]
    return tuple(passages(_scored(weights, kept.text, names, runner)))


def check(answer: str, question: str, kept: Kept) -> tuple[Claim, ...]:
    """The numbers, dates, names and quotations of an answer, looked up in all that was read."""
    if not answer:
        return ()
    names = [document.path for document in kept.documents]
    return claims(answer, kept.text.pages(names), question=question)


def draw(answer: Answer, kept: Kept, index: int, runner: Runner) -> Picture:
    """All that pictures of an answer show: every page, and what each layer kept of it."""
    names = [document.path for document in kept.documents]
    cache = kept.caches[index]
    layers = cache.origins[:, kept.pinned : cache.length].tolist()
    held = Counter(origin for origins in layers for origin in origins)
    share = {origin: count / len(layers) for origin, count in held.items()}
    spans = {
        (scored.page.document, scored.page.page): scored.spans
        for scored in _scored(share, kept.text, names, runner)
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


def _scored(
    weights: dict[int, float], log: TextLog, names: Sequence[str], runner: Runner
) -> list[ScoredPage]:
    """Weights by token as weights by characters of their pages."""
    by_piece: dict[Piece, list[tuple[int, float]]] = {}
    for origin, weight in weights.items():
        piece = log.piece(origin)
        if piece is not None:
            by_piece.setdefault(piece, []).append((origin - piece.origin, weight))
    pages: dict[PageText, list[tuple[int, int, float]]] = {}
    for piece, tokens in by_piece.items():
        spans = runner.encoder.spans(log.text(piece))
        page = log.page(piece.place, names)
        for token, weight in tokens:
            if token < len(spans):  # else it belongs to a document's title, which is on no page
                start, end = spans[token]
                pages.setdefault(page, []).append((piece.start + start, piece.start + end, weight))
    return [ScoredPage(page, tuple(sorted(spans))) for page, spans in pages.items()]
