"""Pages that hang, crash or swallow memory, and processes that must not be left behind."""

from __future__ import annotations

import gc
import itertools
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest
from pdf_builder import PageSpec, build, show

from citrus_cli.documents import Document, open_documents, pages
from citrus_cli.documents.pages import PATIENCE, GaveUp, PageStream
from citrus_cli.documents.process import Ended, Extractor, Stuck
from citrus_cli.documents.protocol import (
    Damage,
    Done,
    Failed,
    Job,
    Measure,
    Message,
    Opened,
    Page,
    Ready,
    Recycle,
    Refused,
    Text,
)
from citrus_cli.errors import DocumentError

Open = Callable[..., Document]
Write = Callable[[str, "bytes | str"], Path]

PROSE = "It was the best of times, it was the worst of times, it was the age of wisdom."
# A few KB in the file, but long work and gigabytes of objects in pdfium.
ENDLESS = PageSpec(b"BT /F1 1 Tf " + b"(a) Tj\n" * 3_500_000)
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX processes")


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    before = set(children())
    yield
    gc.collect()
    left = set(children()) - before
    assert not left, f"left behind: {left}"


def read(document: Document) -> list[int]:
    try:
        return [block.page for block in document.blocks()]
    finally:
        document.close()


def test_a_page_that_takes_too_long_is_named(opened: Open, write: Write) -> None:
    file = write("slow.pdf", build([PROSE, ENDLESS, PROSE]))
    assert file.stat().st_size < 40_000
    document = opened(file, page_seconds=2)
    start = time.monotonic()
    assert read(document) == [1, 3]
    assert time.monotonic() - start < 20
    assert document.pages_failed == [2]
    assert document.warnings == ["page 2 could not be read (it took longer than 2 seconds)"]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux alone")
def test_a_page_that_takes_too_much_memory_is_named(opened: Open, write: Write) -> None:
    document = opened(
        write("large.pdf", build([PROSE, ENDLESS, PROSE])), page_memory_bytes=448 * 2**20
    )
    assert read(document) == [1, 3]
    assert document.pages_failed == [2]
    # pdfium ends the process when it gets no memory
    (warning,) = document.warnings
    assert re.search("needs more than 0.44 GiB of memory|it crashed twice", warning)


def test_forms_that_call_themselves_or_fan_out(opened: Open, write: Write) -> None:
    itself = PageSpec(
        show(PROSE) + b" /A Do", forms={"A": show("once") + b" /A Do /B Do", "B": b"/A Do"}
    )
    levels = "ABCDEFGH"
    fan = {
        level: b"/%s Do " % following.encode() * 10
        for level, following in itertools.pairwise(levels)
    }
    fan["H"] = show("leaf")
    document = opened(
        write("forms.pdf", build([itself, PageSpec(b"/A Do", forms=fan), PROSE])), page_seconds=10
    )
    found = read(document)
    assert 3 in found
    for page in (1, 2):  # pdfium may not come back from such a form: then the page is named
        assert (page in found) != (page in document.pages_failed)


def test_a_deflate_bomb(opened: Open, write: Write) -> None:
    bomb = PageSpec(b"BT (x) Tj ET " + b" " * 300_000_000)
    document = opened(write("bomb.pdf", build([bomb, PROSE])), page_seconds=10)
    assert 2 in read(document)


@posix
def test_a_page_tree_that_loops(opened: Open, write: Write) -> None:
    looped = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 2/Kids[3 0 R]>>endobj\n"
        b"3 0 obj<</Type/Pages/Count 2/Kids[2 0 R]/Parent 2 0 R>>endobj\n"
        b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
    )
    with pytest.raises(DocumentError, match=r"loop.pdf: "):
        read(opened(write("loop.pdf", looped), page_seconds=10))


def _extractor(document: Any) -> Extractor:
    extractor = document._reading._extractor
    assert isinstance(extractor, Extractor)
    return extractor


@posix
def test_a_child_that_is_killed_is_replaced_and_nothing_is_lost(opened: Open, write: Write) -> None:
    long = "\n".join(f"{number}. {PROSE}" for number in range(600))
    # close lines, so that all of them are on the page
    page = PageSpec(show(long, 1).replace(b"3 TL", b"1.2 TL"))
    document = opened(write("a.pdf", build([page, page, page, PROSE])))
    expected = list(document.blocks())
    assert len(expected) > 8
    for kill_after in (1, 5):
        blocks = document.blocks()
        had = [next(blocks) for _ in range(kill_after)]
        os.kill(_extractor(document)._process.pid, signal.SIGKILL)
        assert had + list(blocks) == expected
        assert document.pages_failed == []
    document.close()


@posix
def test_ctrl_c_is_left_to_the_parent(opened: Open, write: Write) -> None:
    document = opened(write("a.pdf", build([PROSE] * 50)))
    blocks = document.blocks()
    next(blocks)
    process = _extractor(document)._process
    assert os.getpgid(process.pid) != os.getpgid(0)
    os.kill(process.pid, signal.SIGINT)
    assert len(list(blocks)) == 49
    document.close()


def test_a_reading_that_is_given_up_leaves_no_process(opened: Open, write: Write) -> None:
    document = opened(write("a.pdf", build([PROSE * 50] * 90)))
    blocks = document.blocks()
    next(blocks)
    assert children()
    blocks.close()  # type: ignore[attr-defined]
    assert not children()
    assert len(list(document.blocks())) == 90
    document.close()


def test_documents_that_are_forgotten_leave_no_process(write: Write) -> None:
    documents = open_documents([write(f"{name}.pdf", build([PROSE] * 3)) for name in "abc"])
    next(documents[0].blocks())
    assert children()
    del documents
    gc.collect()
    assert not children()


def test_an_error_while_opening_leaves_no_process(write: Write) -> None:
    good, bad = write("good.pdf", build([PROSE])), write("bad.pdf", build([]))
    with pytest.raises(DocumentError, match="bad"):
        open_documents([good, bad])
    gc.collect()
    assert not children()


_PARENT = """
    import sys, time
    from citrus_cli.documents import open_documents
    document = open_documents([sys.argv[1]])[0]
    blocks = document.blocks()
    next(blocks)
    print(document._reading._extractor._process.pid, flush=True)
    {then}
"""


@posix
@pytest.mark.parametrize(
    ("then", "number"),
    [
        ("time.sleep(60)", signal.SIGKILL),
        ("list(blocks); time.sleep(60)", signal.SIGINT),
        ("sys.exit()", None),
    ],
)
@pytest.mark.parametrize("busy", [False, True])
def test_the_child_ends_with_its_parent(
    write: Write, then: str, number: int | None, busy: bool
) -> None:
    file = write("a.pdf", build([PROSE, ENDLESS if busy else PROSE * 9, *[PROSE * 99] * 80]))
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_PARENT.format(then=then)), str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
    try:
        child = psutil.Process(pid)
    except psutil.NoSuchProcess:  # a parent that ends at once has taken it along already
        parent.wait(20)
        assert number is None
        return
    time.sleep(0.3)
    if number is not None:
        parent.send_signal(number)
    parent.wait(20)
    gone, alive = psutil.wait_procs([child], timeout=10)
    for process in alive:
        process.kill()
    assert gone


def test_files_beside_the_document_are_not_run(
    opened: Open, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pypdf.py", "json.py", "psutil.py", "citrus_cli.py", "queue.py"):
        write(name, "raise SystemExit('run from the current folder')")
    write("a.pdf", build([PROSE]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    assert read(opened("a.pdf")) == [1]


class _Scripted:
    """Stands in for a child process: says what the next script says."""

    scripts: ClassVar[list[list[Message | Exception]]]
    jobs: ClassVar[list[Job]]

    def __init__(self) -> None:
        self.ready = True
        self.script = type(self).scripts.pop(0)

    def give(self, job: Job) -> None:
        type(self).jobs.append(job)

    def next(self, seconds: float) -> Message:
        message = self.script.pop(0)
        if isinstance(message, Exception):
            raise message
        return message

    def stop(self) -> None:
        pass


MEASURE = Measure(100, 0, 100, 100, 40)


def _page(number: int, blocks: int = 1) -> Page:
    return Page(number, None, blocks, False, MEASURE)


def _stream(monkeypatch: pytest.MonkeyPatch, *scripts: list[Message | Exception]) -> PageStream:
    monkeypatch.setattr(pages, "Extractor", _Scripted)
    monkeypatch.setattr(_Scripted, "scripts", [list(script) for script in scripts], raising=False)
    monkeypatch.setattr(_Scripted, "jobs", [], raising=False)
    return PageStream(Job("a.pdf", "pdf", ((1, None),), 2**30), page_seconds=1)


def test_a_process_that_has_grown_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _stream(
        monkeypatch,
        [Ready(), Opened(3), _page(1), Text(0, "one"), Recycle()],
        [Ready(), Opened(3), _page(2), Text(0, "two"), Recycle()],
        [Ready(), Opened(3), _page(3), Text(0, "three"), Done()],
    )
    texts = [message.text for message in stream.read() if isinstance(message, Text)]
    assert texts == ["one", "two", "three"]
    assert [job.after for job in _Scripted.jobs] == [0, 1, 2]


def test_a_page_is_blamed_for_the_second_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _stream(
        monkeypatch,
        [Ready(), Opened(4), _page(1, 0), Ended(-9)],
        [Ready(), Opened(4), _page(2, 0), Ended(1)],
        [Ready(), Opened(4), Ended(-11)],
        [Ready(), Opened(4), _page(4, 0), Done()],
    )
    assert list(stream.read()) == [
        _page(1, 0),
        _page(2, 0),
        Failed(3, "extracting it crashed twice (exit status -11)"),
        _page(4, 0),
    ]
    assert [job.after for job in _Scripted.jobs] == [0, 1, 2, 3]


def test_a_page_is_blamed_for_memory_only_in_a_fresh_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = _stream(
        monkeypatch,
        [Ready(), Opened(3), _page(1, 0), Failed(2, "", memory=True)],
        [Ready(), Opened(3), _page(2, 0), Failed(3, "", memory=True)],
        [Ready(), Opened(3), Failed(3, "", memory=True)],
    )
    assert list(stream.read()) == [
        _page(1, 0),
        _page(2, 0),
        Failed(3, "it needs more than 1 GiB of memory"),
    ]


def test_blocks_had_before_a_crash_do_not_come_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _stream(
        monkeypatch,
        [Ready(), Opened(2), _page(1, 0), Damage(1, "odd"), _page(2, 3), Text(0, "a"), Ended(-9)],
        [Ready(), Opened(2), _page(2, 3), Text(0, "a"), Text(1, "b"), Text(2, "c"), Done()],
    )
    assert list(stream.read()) == [
        _page(1, 0),
        _page(2, 3),
        Text(0, "a"),
        Text(1, "b"),
        Text(2, "c"),
    ]
    assert stream.damage == [Damage(1, "odd")]


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    scripts: list[list[Message | Exception]] = [[Ready(), Opened(99), Stuck()]] * 99
    stream = _stream(monkeypatch, *scripts)
    found: list[Message] = []
    with pytest.raises(GaveUp):
        found.extend(stream.read())
    assert found == [
        Failed(page, "it took longer than 1 seconds") for page in range(1, PATIENCE + 1)
    ]


@pytest.mark.parametrize(
    ("scripts", "code"),
    [
        ([[Ready(), Stuck()]], "slow"),
        ([[Ended(1)], [Ended(1)]], "crashed"),
        ([[Ready(), Refused("damaged", "x")]], "damaged"),
        ([[Ready(), Done()], [Ready(), Done()]], "crashed"),
    ],
)
def test_what_does_not_open(
    monkeypatch: pytest.MonkeyPatch, scripts: list[list[Message | Exception]], code: str
) -> None:
    answer = _stream(monkeypatch, *scripts).open()
    assert isinstance(answer, Refused)
    assert answer.code == code


def test_a_crash_while_opening_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _stream(monkeypatch, [Ended(-9)], [Ready(), Opened(1), _page(1, 0), Done()])
    assert list(stream.read()) == [_page(1, 0)]
