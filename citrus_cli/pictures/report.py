"""The picture as one page for a browser: it loads nothing, runs nothing, and can be printed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citrus_cli.evidence.model import Evidence
from citrus_cli.pictures import words
from citrus_cli.pictures.claims import SHOWN_PLACES, pieces
from citrus_cli.pictures.files import write_whole
from citrus_cli.pictures.model import Picture
from citrus_cli.pictures.receipt import receipt
from citrus_cli.pictures.spans import Passage, passages, runs
from citrus_cli.pictures.strip import strip
from citrus_cli.wording import many

if TYPE_CHECKING:
    from jinja2 import Environment

SUPPORT = {
    "strong": "the document's own words carry this answer",
    "some": "the document carries a part of this answer; check the rest",
    "weak": "little in the document speaks for this answer; check it before you use it",
}
FOLD = 3
"""So many pages in a row without anything kept are folded into one line."""


@dataclass(frozen=True)
class Source:
    """A passage that speaks for the answer, as the page shows it."""

    number: int
    where: str
    page: int | None
    """The number of its page on this page, from 1; None where it is not shown."""
    marked: bool
    """Whether its words are marked on its page."""
    quote: str
    score: str
    bar: int
    verified: bool


@dataclass(frozen=True)
class ShownPage:
    """A page of the document, with what was kept of it marked."""

    number: int
    document: str
    name: str
    share: str
    bar: int
    layers: int
    sources: tuple[int, ...]
    passages: tuple[Passage, ...]
    text: str
    sink: bool
    before: int | None
    """The page before it that has something on it."""
    after: int | None
    hot: bool
    """Whether something was kept of it, or speaks for the answer."""


def write_report(picture: Picture, path: Path, *, overwrite: bool = False) -> None:
    """Writes the page; an existing file is replaced only with `overwrite`.

    Raises:
        UsageError: the path cannot be a new file.
        CitrusError: it cannot be written.
    """
    page = render_report(picture)
    write_whole(path, lambda file: _write(file, page), overwrite=overwrite)


def _write(file: Path, page: str) -> None:
    file.write_text(page, encoding="utf-8", errors="replace", newline="\n")


def render_report(picture: Picture) -> str:
    """The page as HTML."""
    shown = shown_pages(picture)
    answer, unplaced = pieces(picture.answer.answer, picture.claims)
    return (
        _environment()
        .get_template("report.html")
        .render(
            answer=picture.answer,
            pieces=answer,
            unplaced=unplaced,
            places=SHOWN_PLACES,
            support=picture.support,
            support_says=SUPPORT.get(picture.support or ""),
            sources=sources(picture),
            strip=strip(picture),
            groups=list(_folded(shown)),
            shown=shown,
            index={place: at + 1 for place, at in picture.index().items()},
            several=len(picture.documents) > 1,
            documents=[words.one_line(name) for name in picture.documents],
            layers=len(picture.layers),
            receipt=receipt(picture.answer),
            words=words,
            many=many,
        )
    )


def sources(picture: Picture) -> list[Source]:
    """The evidence, numbered in its order, the highest score with a full bar."""
    highest = max((one.score for one in picture.evidence if math.isfinite(one.score)), default=0.0)
    index = picture.index()
    several = len(picture.documents) > 1 or len({one.document for one in picture.evidence}) > 1
    found = []
    for number, one in enumerate(picture.evidence, start=1):
        at = index.get((one.document, one.page))
        where = words.place_name(one)
        found.append(
            Source(
                number=number,
                where=f"{words.one_line(one.document)}, {where}" if several else where,
                page=None if at is None else at + 1,
                marked=at is not None and _can_be_marked(one, picture.pages[at].page.text.rstrip()),
                quote=one.quote,
                score=words.score(one.score),
                bar=_bar(one.score, highest),
                verified=one.verified,
            )
        )
    return found


def shown_pages(picture: Picture) -> list[ShownPage]:
    """Every page, with its kept text and its evidence in runs."""
    shares, counts, on_page = picture.shares(), picture.layers_kept(), picture.sources()
    sinks = picture.sinks()
    highest = max(shares, default=0.0)
    hot = [at for at, kept in enumerate(picture.pages) if kept.kept or counts[at] or at in on_page]
    order = {at: place for place, at in enumerate(hot)}
    shown = []
    for at, kept in enumerate(picture.pages):
        place, text = order.get(at), kept.page.text.rstrip()
        marks = [
            (one.start, one.end, number)
            for number in on_page.get(at, ())
            if _can_be_marked(one := picture.evidence[number - 1], text)
        ]
        shown.append(
            ShownPage(
                number=at + 1,
                document=kept.page.document,
                name=words.page_name(kept.page.page, kept.page.label),
                share=words.percent(shares[at]),
                bar=_bar(shares[at], highest),
                layers=counts[at],
                sources=tuple(on_page.get(at, ())),
                passages=tuple(passages(runs(text, kept.kept, marks))),
                text=text,
                sink=at in sinks,
                before=hot[place - 1] + 1 if place else None,
                after=hot[place + 1] + 1 if place is not None and place + 1 < len(hot) else None,
                hot=place is not None,
            )
        )
    return shown


def _can_be_marked(evidence: Evidence, text: str) -> bool:
    return 0 <= evidence.start < min(evidence.end, len(text))


def _bar(number: float, highest: float) -> int:
    """The length of a bar in percent; what is there shows at least a little."""
    if not (math.isfinite(number) and number > 0 and highest > 0):
        return 0
    return max(1, min(100, round(100 * number / highest)))


def _folded(shown: Sequence[ShownPage]) -> Iterator[list[ShownPage]]:
    """Pages one by one; long rows of those without anything, of one document, together."""
    row: list[ShownPage] = []
    for page in shown:
        if row and (page.hot or page.document != row[0].document):
            yield from _row(row)
            row = []
        if page.hot:
            yield [page]
        else:
            row.append(page)
    yield from _row(row)


def _row(row: list[ShownPage]) -> Iterator[list[ShownPage]]:
    if len(row) >= FOLD:
        yield row
    else:
        yield from ([page] for page in row)


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("citrus_cli.pictures"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )


def _finalize(value: Any) -> Any:
    """Nothing is put on the page with a character in it that acts or hides."""
    return words.visible(value) if type(value) is str else value
