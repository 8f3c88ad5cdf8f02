"""Plain text, decoded and cleaned piece by piece: a file of any size takes the same memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, replace

from citrus_cli.documents.blocks import BLOCK_LIMIT, Block, cut_position
from citrus_cli.documents.clean import PAGE_END, WhiteSpace, clean_characters
from citrus_cli.documents.document import Document
from citrus_cli.documents.encodings import bom_encoding, declared_encoding, undecodable
from citrus_cli.documents.filters import Binary, Filter, Newlines, Terminal
from citrus_cli.documents.formats.base import StreamedFormat
from citrus_cli.documents.line_numbers import jumps
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.selection import EVERY_PAGE, PageSelection
from citrus_cli.documents.source import Source
from citrus_cli.errors import DocumentError, UsageError

_NULS = Notice("it holds NUL characters, which were left out", "nul-characters")
_DATA = Notice(
    "the bytes of pictures or other data in it (base64) were left out", "binary-data-left-out"
)


@dataclass(frozen=True)
class _Segment:
    """A run of raw text within one page; `ends_page`: it is the page's last (and may be empty)."""

    text: str
    page: int
    line: int
    fraction: float | None
    ends_page: bool = False


class TextDocument(Document):
    """A text file, or a stream of text, of any format that is text. Form feeds separate its pages.

    Its lines, their indents and hyphens stay as they were written; see `clean` for what does not.
    """

    lined = True

    def __init__(
        self,
        form: StreamedFormat,
        source: Source,
        name: str,
        path: str,
        *,
        encoding: str | None = None,
        selection: PageSelection | None = None,
    ) -> None:
        super().__init__(name, path, source.size)
        self.kind = form.name
        self._form = form
        self._source = source
        self._encoding = encoding
        self._selection = selection

    def check(self, limit: int) -> None:
        """Raises if the source can be seen not to be text, or not to have the pages asked for.

        Decodes the first `limit` bytes or a little more, and goes on, if pages were asked for, to
        the first of them.
        """
        first = self._selection.ranges[0][0] if self._selection else 0
        breaks, page = 0, 1  # `page`: the last that has any text
        for piece, done in self._decoded():
            parts = piece.split("\f")
            page = next(
                (breaks + 1 + i for i in range(len(parts) - 1, -1, -1) if parts[i].strip()), page
            )
            breaks += len(parts) - 1
            if done >= limit and (self._selection is None or (breaks and page >= first)):
                return
        if self._selection is not None:
            self._check_selection(self._selection, max(page, breaks))

    def close(self) -> None:
        self._source.close()

    def _read(self) -> Iterator[Block]:
        empty = True
        for block in self._clean_blocks():
            empty = False
            yield block
        self.size_bytes = self._source.size
        if empty:
            raise DocumentError(f"{self.name}: it holds no text; nothing can be asked of it")

    def _clean_blocks(self) -> Iterator[Block]:
        """Blocks, of which each is complete: nothing that follows is added to it."""
        selection = self._selection or EVERY_PAGE
        white = WhiteSpace(keep_indent=True)
        held: Block | None = None
        for segment in self._segments():
            if selection.last is not None and segment.page > selection.last:
                break
            if segment.page not in selection:
                continue
            if "\0" in segment.text and _NULS not in self.warnings:
                self.warnings.append(_NULS)
            text = white.feed(clean_characters(segment.text))
            if text:
                if held is not None:
                    # the line break before it belongs to the block that it ends
                    gap = len(text) - len(text.lstrip("\n" if text[0] == "\n" else " \t"))
                    held = replace(held, text=held.text + text[:gap])
                    yield held
                    start, text = held.start + len(held.text), text[gap:]
                else:
                    start = 0
                (_, line), *others = jumps(segment.text, segment.line, text)
                held = Block(text, segment.page, None, line, start, segment.fraction, tuple(others))
            elif held is not None:
                held = replace(held, fraction=segment.fraction)
            if segment.ends_page:
                self._end_page(segment.page, empty=held is None)
                white.start_page()
                if held is not None:
                    done = segment.page == selection.last and held.fraction is not None
                    fraction = 1.0 if done else held.fraction
                    yield replace(held, text=held.text + PAGE_END, fraction=fraction)
                held = None

    def _end_page(self, page: int, *, empty: bool) -> None:
        self.pages += 1
        if empty:
            self.pages_without_text.append(page)

    def _segments(self) -> Iterator[_Segment]:
        """The raw text in segments of at most BLOCK_LIMIT, cut as blocks are."""
        size = self._source.size
        buffer, page, line = "", 1, 1
        characters = done = 0
        for text, done in self._decoded():
            characters += len(text)
            # so many bytes of the source does a character take
            weight = done / max(characters, 1)
            parts = (buffer + text).split("\f")
            left = sum(map(len, parts)) + len(parts) - 1
            for index, part in enumerate(parts):
                last = index == len(parts) - 1
                while len(part) > BLOCK_LIMIT:
                    at = cut_position(part, BLOCK_LIMIT)
                    left -= at
                    yield _Segment(part[:at], page, line, _share(done - left * weight, size))
                    line += part.count("\n", 0, at)
                    part = part[at:]
                if last:
                    buffer = part
                    break
                left -= len(part) + 1
                yield _Segment(part, page, line, _share(done - left * weight, size), True)
                line += part.count("\n")
                page += 1
        # what follows a form feed at the very end is no page
        pages = page if buffer.strip() or page == 1 else page - 1
        if self._selection is not None:
            self._check_selection(self._selection, pages)
            if beyond := self._selection.beyond(pages):
                self.warnings.append(
                    Notice(
                        f"there is no page {beyond}, it has {pages}; the rest is read",
                        "pages-beyond-end",
                    )
                )
        if pages == page:
            yield from self._last_segments(buffer, page, line, size)

    def _last_segments(
        self, buffer: str, page: int, line: int, size: int | None
    ) -> Iterator[_Segment]:
        while len(buffer) > BLOCK_LIMIT:
            at = cut_position(buffer, BLOCK_LIMIT)
            yield _Segment(buffer[:at], page, line, _share(size or 0, size))
            line += buffer.count("\n", 0, at)
            buffer = buffer[at:]
        yield _Segment(buffer, page, line, _share(size or 0, size), True)

    def _decoded(self) -> Iterator[tuple[str, int]]:
        """The text in pieces, line ends all "\\n", each with the bytes consumed so far."""
        pieces = self._source.pieces()
        piece = next(pieces, b"")
        encoding = self._encoding or self._own_encoding(piece)
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        filters = [Newlines(), Terminal(), *self._form.filters()]
        done = 0
        while True:
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeError as error:
                raise self._undecodable(encoding, error, done - pending) from error
            done += len(piece)
            for one in filters:
                text = one.feed(text, final=not piece)
            self._notice_data(filters)
            if text or not piece:
                yield text, done
            if not piece:
                return
            piece = next(pieces, b"")

    def _own_encoding(self, head: bytes) -> str:
        declared = declared_encoding(head) if self._form.declares_encoding else None
        return bom_encoding(head) or declared or "utf-8"

    def _undecodable(self, encoding: str, error: UnicodeError, base: int) -> DocumentError:
        problem = undecodable(encoding, error, base, lambda: self._source.pieces())
        return DocumentError(f"{self.name}: {problem}")

    def _notice_data(self, filters: list[Filter]) -> None:
        if _DATA not in self.warnings and any(
            isinstance(one, Binary) and one.found for one in filters
        ):
            self.warnings.append(_DATA)

    def _check_selection(self, selection: PageSelection, pages: int) -> None:
        if pages == 1:
            raise UsageError(
                f"{self.name}: it has no pages to choose from (a text without form feeds); "
                "leave --pages out"
            )
        if next(selection.within(pages), None) is None:
            raise UsageError(f"{self.name}: there is no page {selection}, it has {pages} pages")


def _share(done: float, size: int | None) -> float | None:
    if size is None:
        return None
    return min(max(done / size, 0.0), 1.0) if size else 1.0
