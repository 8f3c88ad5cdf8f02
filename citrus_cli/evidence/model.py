"""What evidence is made of: pages, weights on them, passages, and claims that can be looked up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PageText:
    """One page as it was read.

    `page` is its 1-based number, `label` the printed page label where it differs, and `text` the
    page's whole cleaned text: its blocks, joined.
    """

    document: str
    page: int
    label: str | None
    text: str


@dataclass(frozen=True)
class ScoredPage:
    """Spans of a page with how much the answer attended to them.

    Each span is (start, end, weight): characters in `page.text`, end not included, and a weight of
    zero or more, in any unit that is the same for all pages.
    """

    page: PageText
    spans: tuple[tuple[int, int, float], ...]


@dataclass(frozen=True)
class Evidence:
    """A passage of the original text that an answer rests on.

    `quote` is the page's text from character `start` to `end`, letter by letter; `score` is the
    passage's share of all weight, 0 to 1; `verified` says that the quote was looked up and stands.
    `line` and `last_line` are its lines in the source, from 1, where that is plain text without
    pages; else None.
    `drop` is how much less likely the answer is without this passage alone, in nats per token; None
    when that was not asked for.
    """

    document: str
    page: int
    label: str | None
    quote: str
    start: int
    end: int
    score: float
    verified: bool
    drop: float | None = None
    line: int | None = None
    last_line: int | None = None


@dataclass(frozen=True)
class Claim:
    """A span of an answer that can be looked up in the documents.

    `text` is the answer from character `start` to `end`; `kind` is "number", "date", "name" or
    "quote" (then without its quotation marks); `places` are the first pages, as (document, page),
    on which it stands: at most five.
    """

    text: str
    kind: str
    start: int
    end: int
    found: bool
    places: tuple[tuple[str, int], ...]
