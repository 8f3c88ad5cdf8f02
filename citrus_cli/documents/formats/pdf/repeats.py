"""Running heads and feet: what stands at the same place of pages that follow each other.

The child process marks what may be one: parts of the kinds "header" and "foot" at the start and the
end of a page's text. Here, in the parent, where a page that fails does no harm, each page is held
until the next ones are there. What they have too, but for the number of the page, is left out of
the text and kept as a part; all else stays as a paragraph. The first page keeps its head, for a
reader sees it once. A word that is broken at a page's end is made whole.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from citrus_cli.documents.blocks import Part, cut
from citrus_cli.documents.clean import PAGE_END
from citrus_cli.documents.protocol import Failed, Page, Text

_AHEAD = 2
"""So many pages on either side are looked at: heads of left and right pages differ."""

_NEAR = 4.0
_NUMBER = re.compile(r"\d+|\b[ivxlcdm]+\b", re.IGNORECASE)
_PAGE_NUMBER = re.compile(
    r"(?:[-–—\[(| ]*(?:page|seite|p\.|pag\.|página|pagina|side|sida|s\.)? ?)"
    r"(?P<number>\d{1,4}|[ivxlcdm]{1,7})"
    r"(?: ?(?:of|von|/|de|av|di) ?\d{1,4})?[-–—\]) |]*",
    re.IGNORECASE,
)
_BROKEN = re.compile(r"[^\W\d_][-\u2010\u00ad]\Z")
_REST = re.compile(r"[^\W\d_]+\S*")


@dataclass
class _Held:
    """A page that waits for the ones after it."""

    page: Page
    text: str
    parts: list[Part]

    def margin(self) -> list[tuple[Part, str]]:
        """What may be heads and feet, with its text."""
        return [
            (part, self.text[part.start : part.end])
            for part in self.parts
            if part.kind in ("header", "foot")
        ]


_Message = Page | Text | Failed


def settle(messages: Iterable[_Message]) -> Iterator[_Message]:
    """The same pages with running heads and feet taken out of their text."""
    waiting: deque[_Held | Failed] = deque()
    before: deque[_Held] = deque(maxlen=_AHEAD)
    try:
        for held in _collected(messages):
            waiting.append(held)
            if len(waiting) > _AHEAD:
                yield from _release(waiting, before)
    finally:
        # also when the reading ends early: what has been read is handed on
        pass
    while waiting:
        yield from _release(waiting, before)


def _collected(messages: Iterable[_Message]) -> Iterator[_Held | Failed]:
    """Whole pages; one that fails when some of it is there counts as failed."""
    page: Page | None = None
    texts: list[Text] = []
    for message in messages:
        if isinstance(message, Text):
            texts.append(message)
        else:
            if page is not None and not (isinstance(message, Failed) and message.page == page.page):
                yield _held(page, texts)
            page, texts = (message, []) if isinstance(message, Page) else (None, [])
            if isinstance(message, Failed):
                yield message
        if page is not None and len(texts) == page.blocks:
            yield _held(page, texts)
            page = None
    if page is not None:
        yield _held(page, texts)


def _held(page: Page, texts: list[Text]) -> _Held:
    whole = "".join(text.text for text in texts)
    return _Held(
        page, whole.removesuffix(PAGE_END), [part for text in texts for part in text.parts]
    )


def _release(waiting: deque[_Held | Failed], before: deque[_Held]) -> Iterator[_Message]:
    """Hands on the page that has waited longest."""
    first = waiting.popleft()
    if isinstance(first, Failed):
        yield first
        return
    after = [held for held in waiting if isinstance(held, _Held)]
    running = {
        id(part) for part, text in first.margin() if _runs(first, part, text, [*before, *after])
    }
    kept_head = not before
    original = _Held(first.page, first.text, list(first.parts))
    _take_out(first, running, kept_head)
    if after and after[0].page.page == first.page.page + 1:
        _join_word(first, after[0])
    before.append(original)
    yield from _written(first)


def _runs(held: _Held, part: Part, text: str, others: list[_Held]) -> bool:
    """Whether a line at a page's edge stands on another page too, or is the page's number."""
    if text.startswith("[watermark:"):
        return any(
            part.kind == other.kind and text == words
            for near in others
            if near.page.page < held.page.page
            for other, words in near.margin()
        )
    for near in others:
        for other, words in near.margin():
            if (
                other.kind == part.kind
                and _level(part, other)
                and _alike(text, held.page, words, near.page)
            ):
                return True
    number = _PAGE_NUMBER.fullmatch(text)
    return number is not None and number["number"].lower() in (
        str(held.page.page), (held.page.label or "").lower()
    )  # fmt: skip


def _level(part: Part, other: Part) -> bool:
    if part.box is None or other.box is None:
        return part.box is other.box
    return abs(part.box[1] - other.box[1]) < _NEAR or abs(part.box[3] - other.box[3]) < _NEAR


def _alike(text: str, page: Page, words: str, other: Page) -> bool:
    """Whether two lines are the same but for the numbers of their pages."""
    if text == words:
        return any(map(str.isalnum, text))
    ours, theirs = _NUMBER.findall(text), _NUMBER.findall(words)
    if _NUMBER.sub("#", text) != _NUMBER.sub("#", words) or len(ours) != len(theirs):
        return False
    away = other.page - page.page
    differing = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    return all(
        (_value(b) - _value(a) == away and (_value(a) < 5000))
        or {a.lower(), b.lower()} == {(page.label or "").lower(), (other.label or "").lower()}
        for a, b in differing
    )


_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


def _value(number: str) -> int:
    """What an Arabic or Roman numeral counts."""
    if number.isdigit():
        return int(number)
    values = [_ROMAN[letter] for letter in number.lower()]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _take_out(held: _Held, running: set[int], keeps_head: bool) -> None:
    """Takes running parts out of a page's text; the others become paragraphs."""
    text, parts, gone = held.text, [], 0
    pieces: list[str] = []
    at = 0
    for part in held.parts:
        words = held.text[part.start : part.end]
        if id(part) in running and not (keeps_head and part.kind == "header" and _says(words)):
            end = part.end
            while end < len(text) and text[end] == "\n":
                end += 1
            start = part.start
            if end == len(text):
                start = len(text[:start].rstrip("\n"))
            start = max(start, at)
            pieces.append(text[at:start])
            gone += end - start
            parts.append(
                replace(
                    part,
                    start=start - (gone - (end - start)),
                    end=start - (gone - (end - start)),
                    text=words,
                )
            )
            at = end
            continue
        kind = part.kind
        if kind in ("header", "foot") and id(part) not in running:
            kind = "paragraph"
        parts.append(replace(part, kind=kind, start=part.start - gone, end=part.end - gone))
    pieces.append(text[at:])
    held.text = "".join(pieces)
    length = len(held.text)
    held.parts = [
        replace(part, start=min(part.start, length), end=min(part.end, length)) for part in parts
    ]


def _says(words: str) -> bool:
    """Whether a head says more than a number."""
    return sum(map(str.isalpha, words)) > 3 and _PAGE_NUMBER.fullmatch(words) is None


def _join_word(held: _Held, following: _Held) -> None:
    """Moves the rest of a word that the end of a page breaks from the next page to this."""
    skipped = 0
    for part, _text in following.margin():
        if part.kind == "header" and part.start <= skipped:
            skipped = part.end + 2
    if not _BROKEN.search(held.text):
        return
    rest = _REST.match(following.text, skipped)
    if rest is None or not rest.group()[0].islower() or not held.text[-2].islower():
        return
    words = rest.group()
    gap = len(following.text[rest.end() :]) - len(following.text[rest.end() :].lstrip(" "))
    taken = len(words) + gap
    grown = len(words) - 1
    held.text = held.text[:-1] + words
    if held.parts:
        last = max(range(len(held.parts)), key=lambda index: held.parts[index].end)
        held.parts[last] = replace(held.parts[last], end=held.parts[last].end + grown)
    following.text = following.text[: rest.start()] + following.text[rest.end() + gap :]
    following.parts = [
        replace(
            part,
            start=part.start - taken if part.start > rest.start() else part.start,
            end=part.end - taken if part.end > rest.start() else part.end,
        )
        for part in following.parts
    ]


def _written(held: _Held) -> Iterator[_Message]:
    """A page as messages."""
    texts: list[Text] = []
    if held.text:
        starts = list(cut(held.text + PAGE_END))
        for index, (start, piece) in enumerate(starts):
            end = start + len(piece) if index + 1 < len(starts) else len(held.text) + 10
            own = tuple(part for part in held.parts if start <= part.start < end)
            texts.append(Text(start, piece, own))
    yield replace(held.page, blocks=len(texts))
    yield from texts
