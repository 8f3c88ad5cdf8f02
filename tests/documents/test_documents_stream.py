"""Standard input and pipes."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pdf_builder import build

from citrus_cli.documents import Document, open_documents
from citrus_cli.errors import DocumentError, UsageError

Open = Callable[..., Document]


def joined(document: Document) -> str:
    return "".join(block.text for block in document.blocks())


def test_text_from_stdin_can_be_read_again(opened: Open) -> None:
    text = "".join(f"line {number}\n" for number in range(200_000))
    document = opened("-", stdin=io.BytesIO(text.encode()))
    assert (document.name, document.path, document.kind) == ("stdin", "-", "text")
    blocks = list(document.blocks())
    assert "".join(block.text for block in blocks) == text + "\n"
    assert {block.fraction for block in blocks} == {None}
    assert document.size_bytes == len(text)
    again = list(document.blocks())
    assert [block.text for block in again] == [block.text for block in blocks]
    assert again[-1].fraction == 1.0  # now that the length is known


def test_a_reading_that_was_given_up_loses_nothing(opened: Open) -> None:
    text = "word " * 100_000
    document = opened("-", stdin=io.BytesIO(text.encode()))
    next(document.blocks())
    assert joined(document) == text.rstrip() + "\n\n"


def test_the_first_block_comes_before_the_stream_ends(opened: Open) -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as reader, os.fdopen(write_end, "wb") as writer:
        writer.write(b"text\n" * 8_000)  # less than a pipe holds
        writer.flush()
        document = opened("-", stdin=reader)
        assert next(document.blocks()).text.startswith("text\ntext\n")
        writer.close()
        assert joined(document) == "text\n" * 8_000 + "\n"


def test_a_pdf_from_stdin(opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    document = opened("-", stdin=io.BytesIO(build(["Piped in, page one", "And page two"])))
    assert (document.name, document.kind) == ("stdin", "pdf")
    assert [block.page for block in document.blocks()] == [1, 2]
    assert [block.page for block in document.blocks()] == [1, 2]
    assert list(tmp_path.iterdir())
    document.close()
    assert not list(tmp_path.iterdir())


def test_a_scan_from_stdin_names_no_file_that_is_gone(opened: Open) -> None:
    document = opened("-", stdin=io.BytesIO(build([""])))
    with pytest.raises(DocumentError, match=r"stdin: .*ocrmypdf in.pdf in-fixed.pdf$"):
        list(document.blocks())


def test_html_from_stdin(opened: Open) -> None:
    document = opened("-", stdin=io.BytesIO(b"<!doctype html><p>Hello <b>there</b><p>Bye"))
    assert document.kind == "html"
    assert joined(document) == "Hello there\n\nBye\n\n"
    assert joined(document) == "Hello there\n\nBye\n\n"


@pytest.mark.parametrize("data", [b"", b" \n"])
def test_empty_stdin(opened: Open, data: bytes) -> None:
    with pytest.raises(DocumentError, match="standard input is empty"):
        opened("-", stdin=io.BytesIO(data))


def test_a_closed_stdin(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BytesIO(b"gone")
    stream.close()
    with pytest.raises(DocumentError, match="stdin: cannot be read"):
        opened("-", stdin=stream)
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(DocumentError, match="stdin: there is no standard input"):
        opened("-")


def test_stdin_counts_once() -> None:
    documents = open_documents(["-", "-"], stdin=io.BytesIO(b"only once"))
    assert [joined(document) for document in documents] == ["only once\n\n"]


def test_pages_of_a_stream_without_form_feeds(opened: Open) -> None:
    document = opened("-", stdin=io.BytesIO(b"plain\n" * 1000), pages="2-")
    with pytest.raises(UsageError, match="stdin: it has no pages to choose from"):
        list(document.blocks())
    document = opened("-", stdin=io.BytesIO(b"one\ftwo\fthree"), pages="2-")
    assert [block.page for block in document.blocks()] == [2, 3]


def test_a_wrong_encoding_in_a_stream(opened: Open) -> None:
    document = opened("-", stdin=io.BytesIO(b"a" * 5000 + b"\xe9t\xe9"))
    with pytest.raises(DocumentError, match=r"stdin: it is not UTF-8 text .*offset 5,000"):
        list(document.blocks())


def test_what_is_kept_goes_to_disk_and_a_full_disk_is_named(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = opened("-", stdin=io.BytesIO(b"x\n" * 50_000))

    def full(_: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(document._source._kept, "write", full)  # type: ignore[attr-defined]
    with pytest.raises(DocumentError, match=r"stdin: .*No space left on device.*TMPDIR"):
        list(document.blocks())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_read_like_stdin(opened: Open, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=lambda: pipe.write_bytes(b"through the pipe"))
    writing.start()
    document = opened(pipe)
    writing.join()
    assert joined(document) == "through the pipe\n\n"
    assert joined(document) == "through the pipe\n\n"
    assert document.name == "pipe"


def test_a_slow_stream_is_not_waited_for_longer_than_needed(opened: Open) -> None:
    class Slow(io.RawIOBase):
        """Gives a little at a time, then would block for a long time."""

        def __init__(self) -> None:
            self.reads = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            self.reads += 1
            if self.reads > 100:
                time.sleep(30)
            buffer[:600] = b"abc def gh\n" * 54 + b"123456"
            return 600

    document = opened("-", stdin=io.BufferedReader(Slow()))
    start = time.monotonic()
    assert len(next(document.blocks()).text) > 10_000
    assert time.monotonic() - start < 10
