"""Plain text: encodings, pages, lines, and files of any size."""

from __future__ import annotations

import itertools
import random
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from citrus_cli.documents import Block, Document
from citrus_cli.documents.blocks import BLOCK_LIMIT
from citrus_cli.documents.clean import PAGE_END, clean_characters, compact_white_space
from citrus_cli.documents.formats.text import Text
from citrus_cli.documents.source import PIECE
from citrus_cli.documents.text import TextDocument
from citrus_cli.errors import DocumentError, UsageError

Open = Callable[..., Document]
Write = Callable[[str, "bytes | str"], Path]


def joined(document: Document) -> str:
    return "".join(block.text for block in document.blocks())


def expected(text: str) -> str:
    """The cleaned text of a one-page document, computed in one go."""
    return compact_white_space(clean_characters(text), keep_indent=True) + PAGE_END


def check_pages(blocks: list[Block]) -> dict[int, str]:
    """The text of every page; on the way, that blocks follow each other without a gap."""
    pages: dict[int, str] = {}
    for block in blocks:
        assert block.start == len(pages.get(block.page, ""))
        assert block.text
        pages[block.page] = pages.get(block.page, "") + block.text
    return pages


def test_a_small_file(opened: Open, write: Write) -> None:
    document = opened(write("notes.txt", "One  two.\r\n\r\n\r\n    indented \ufb01ne\r\n"))
    blocks = list(document.blocks())
    assert blocks == [
        Block("One  two.\n\n    indented fine\n\n", 1, None, 1, 0, 1.0, jumps=((11, 4),))
    ]
    assert (document.name, document.kind, document.size_bytes) == ("notes.txt", "text", 35)
    assert (document.pages, document.pages_without_text, document.warnings) == (1, [], [])


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-bom", "utf-32", "utf-32-be-bom"]
)
def test_byte_order_marks(opened: Open, write: Write, encoding: str) -> None:
    text = "Grüße, \U0001f34a\n" * 30_000
    if encoding.endswith("-bom"):
        data = ("\ufeff" + text).encode(encoding.removesuffix("-bom"))
    else:
        data = text.encode(encoding)
    assert joined(opened(write("a.txt", data))) == expected(text)


def test_an_encoding_that_is_given(opened: Open, write: Write) -> None:
    file = write("a.txt", "déjà vu €".encode("cp1252"))
    assert joined(opened(file, encoding="cp1252")) == expected("déjà vu €")
    wide = write("b.txt", "déjà vu".encode("utf-16-le"))
    assert joined(opened(wide, encoding="utf-16-le")) == expected("déjà vu")


@pytest.mark.parametrize("before", [0, 10, PIECE - 1, PIECE, 3 * PIECE + 5])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_wrong_encoding_is_named_with_its_offset(
    opened: Open, write: Write, before: int, mark: bytes
) -> None:
    file = write("latin.txt", mark + b"x" * before + "é tait".encode("latin-1"))
    offset = f"{len(mark) + before:,}"
    with pytest.raises(DocumentError, match=rf"latin.txt: .*0xe9 at offset {offset}\).*--encoding"):
        opened(file)


def test_utf_16_without_the_mark_that_it_needs(opened: Open, write: Write) -> None:
    with pytest.raises(DocumentError, match=r"not UTF-16 text \(.*BOM\); .*--encoding utf-16-le"):
        opened(write("wide.txt", "déjà vu".encode("utf-16-le")), encoding="utf-16")


def test_a_file_that_ends_within_a_character(opened: Open, write: Write) -> None:
    with pytest.raises(DocumentError, match=r"offset 3, its very end: an incomplete file"):
        opened(write("cut.txt", "abc€".encode()[:-1]))


def test_a_wrong_encoding_far_into_a_large_file_ends_its_reading(
    opened: Open, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("citrus_cli.documents.opening._DECODED_AT_ONCE", 2 * PIECE)
    file = write("large.txt", b"line\n" * 100_000 + b"\xff")
    blocks = opened(file).blocks()
    assert next(blocks).text.startswith("line\nline")
    with pytest.raises(DocumentError, match=r"0xff at offset 500,000"):
        list(blocks)


def test_form_feeds_make_pages(opened: Open, write: Write) -> None:
    document = opened(write("book.txt", "one\n\f\n \ntwo\n\f \n\ffour\n\f"))
    blocks = list(document.blocks())
    assert check_pages(blocks) == {1: "one\n\n", 2: "two\n\n", 4: "four\n\n"}
    assert [(block.page, block.line) for block in blocks] == [(1, 1), (2, 4), (4, 6)]
    assert (document.pages, document.pages_without_text) == (4, [3])


def test_pages_asked_for(opened: Open, write: Write) -> None:
    file = write("book.txt", "\f".join(f"page {number}" for number in range(1, 10)))
    document = opened(file, pages="2-3,8-12")
    assert list(check_pages(list(document.blocks()))) == [2, 3, 8, 9]
    assert document.pages == 4
    assert document.warnings == ["there is no page 10-12, it has 9; the rest is read"]
    assert list(check_pages(list(opened(file, pages="-2").blocks()))) == [1, 2]
    assert [block.fraction for block in opened(file, pages="4").blocks()] == [1.0]


def test_pages_that_cannot_be_had(opened: Open, write: Write) -> None:
    with pytest.raises(UsageError, match=r"plain.txt: .*no pages to choose from"):
        opened(write("plain.txt", "no form feed\n" * 50_000), pages="1")
    with pytest.raises(UsageError, match=r"last.txt: .*no pages to choose from"):
        opened(write("last.txt", "only a last form feed\f\n"), pages="1")
    with pytest.raises(UsageError, match=r"book.txt: there is no page 4-9, it has 3 pages"):
        opened(write("book.txt", "one\ftwo\fthree\f"), pages="4-9")


def test_lines_are_those_of_the_source(opened: Open, write: Write) -> None:
    rng = random.Random(7)
    source = [f"line {number} " + "x" * rng.randint(0, 200) for number in range(1, 3000)]
    text = "\n\n\n".join(source)
    document = opened(write("long.txt", text))
    blocks = list(document.blocks())
    assert len(blocks) > 10
    for block in blocks:
        assert text.split("\n")[block.line - 1].startswith(block.text.split("\n")[0])
    assert check_pages(blocks)[1] == expected(text)
    assert all(block.text.endswith("\n") for block in blocks)
    fractions = [block.fraction for block in blocks]
    assert fractions == sorted(fractions, key=lambda share: share or 0.0)
    assert 0 < (fractions[0] or 0) < 0.1
    assert fractions[-1] == 1.0


@pytest.mark.parametrize("seed", range(12))
def test_blocks_are_the_cleaned_text(opened: Open, write: Write, seed: int) -> None:
    rng = random.Random(seed)
    words = [
        "a",
        "of\ufb01ce",
        "e\u0301",
        "\xa0",
        "\u200b",
        "👩\u200d🔬",
        "x" * 5000,
        "\t",
        "\r\n",
    ]
    glue = ["", " ", "   ", "\n", "\n\n\n", " \n \n", "\f"]
    text = "".join(rng.choice(words) + rng.choice(glue) for _ in range(rng.randint(50, 400)))
    text = "begin" + text.replace("\f", "\fp" if seed % 2 else "")
    pages = check_pages(list(opened(write("any.txt", text)).blocks()))
    universal = text.replace("\r\n", "\n")
    assert list(pages.values()) == [expected(page) for page in universal.split("\f")]


def test_a_single_huge_line_is_cut_at_spaces(opened: Open, write: Write) -> None:
    text = "wörd " * 100_000
    blocks = list(opened(write("line.txt", text)).blocks())
    assert "".join(block.text for block in blocks) == expected(text)
    assert all(len(block.text) <= BLOCK_LIMIT + 2 for block in blocks)
    assert all(block.text.endswith((" ", PAGE_END)) for block in blocks)
    assert {block.line for block in blocks} == {1}


def test_a_single_huge_word_is_cut_too(opened: Open, write: Write) -> None:
    text = "é" * 300_000
    blocks = list(opened(write("word.txt", text)).blocks())
    assert "".join(block.text for block in blocks) == expected(text)
    assert all(len(block.text) <= BLOCK_LIMIT + 2 for block in blocks)


def test_nul_characters_after_the_beginning_are_left_out_and_told(
    opened: Open, write: Write
) -> None:
    document = opened(write("crash.log", b"entry\n" * 20_000 + b"\0" * 50 + b"after\n"))
    assert joined(document).endswith("entry\nafter\n\n")
    assert document.warnings == ["it holds NUL characters, which were left out"]


def test_white_space_alone_is_no_text(opened: Open, write: Write) -> None:
    with pytest.raises(DocumentError, match=r"blank.txt: it holds nothing but white space"):
        opened(write("blank.txt", " \n\t" * 100))
    large = opened(write("large.txt", " \n" * 100_000))
    with pytest.raises(DocumentError, match=r"large.txt: it holds no text"):
        list(large.blocks())


def test_it_can_be_read_again_and_given_up(opened: Open, write: Write) -> None:
    document = opened(write("a.txt", "\f".join(["text " * 5000] * 5)))
    first = list(document.blocks())
    partly = document.blocks()
    next(partly)
    assert list(document.blocks()) == first
    assert document.pages == 5


class _Endless:
    """A source of text without end, which counts what has been taken from it."""

    size = None

    def __init__(self, line: bytes) -> None:
        self._line = line
        self.taken = 0

    def pieces(self) -> Iterator[bytes]:
        for _ in itertools.count():
            self.taken += 1
            yield self._line

    def close(self) -> None:
        pass


@pytest.mark.parametrize("line", [b"some text and more\n" * 3000, b"x" * PIECE, b" " * PIECE])
def test_memory_does_not_grow_with_the_text(line: bytes) -> None:
    source = _Endless(line)
    document = TextDocument(Text(), source, "endless", "endless")
    blocks = document.blocks()
    if line.strip():
        next(blocks)
        assert source.taken <= 2  # it starts at once
    tracemalloc.start()
    try:
        if line.strip():
            for _ in itertools.islice(blocks, 200):
                pass
        else:
            source.pieces = lambda: iter([line] * 100)  # type: ignore[method-assign]
            with pytest.raises(DocumentError, match="holds no text"):
                list(document.blocks())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 2**20
