"""Result files, and the numbers of the receipt."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from cli_fake_api import make_answer

from citrus_cli.answer import DocumentReceipt, Seconds
from citrus_cli.cli.output.files import ResultFile
from citrus_cli.cli.output.receipt import receipt_rows
from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.wording import count, duration, many, ranges, rate, seconds


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_when_it_is_complete(home: Path) -> None:
    file = ResultFile("out.txt", overwrite=False)
    file.write("first ")
    assert "out.txt" not in names(home)
    file.write("second é\udc80")
    file.commit()
    assert Path("out.txt").read_text(encoding="utf-8") == "first second é\\udc80"
    assert names(home) == ["out.txt"]


def test_permissions_are_the_usual_or_those_of_the_replaced_file(home: Path) -> None:
    old = os.umask(0o027)
    try:
        ResultFile("new.txt", overwrite=False).commit()
    finally:
        os.umask(old)
    assert stat.S_IMODE(Path("new.txt").stat().st_mode) == 0o640
    Path("new.txt").chmod(0o604)
    ResultFile("new.txt", overwrite=True).commit()
    assert stat.S_IMODE(Path("new.txt").stat().st_mode) == 0o604


def test_a_link_stays_a_link(home: Path) -> None:
    Path("real.txt").write_text("old")
    Path("link.txt").symlink_to("real.txt")
    file = ResultFile("link.txt", overwrite=True)
    file.write("new")
    file.commit()
    assert Path("link.txt").is_symlink()
    assert Path("real.txt").read_text() == "new"


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("folder", "not a file"),
        ("/dev/null", "not a file"),
        ("old.txt", "the file exists; --overwrite replaces it"),
        ("gone/out.txt", "there is no folder"),
        ("old.txt/out.txt", "there is no folder"),
    ],
)
def test_targets_that_are_refused_before_any_work(home: Path, target: str, says: str) -> None:
    Path("folder").mkdir()
    Path("old.txt").write_text("old")
    with pytest.raises(UsageError, match=says):
        ResultFile(target, overwrite=False)
    assert names(home) == ["folder", "old.txt"]
    assert Path("old.txt").read_text() == "old"


def test_devices_and_folders_are_never_replaced(home: Path) -> None:
    Path("folder").mkdir()
    for target in ("folder", "/dev/null"):
        with pytest.raises(UsageError, match="not a file"):
            ResultFile(target, overwrite=True)


def test_a_folder_that_cannot_be_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(CitrusError, match=r"cannot write out\.txt: Read-only file system"):
        ResultFile("out.txt", overwrite=False)


def test_a_file_that_appears_meanwhile_is_not_replaced(home: Path) -> None:
    file = ResultFile("out.txt", overwrite=False)
    file.write("mine")
    Path("out.txt").write_text("theirs")
    with pytest.raises(UsageError, match="appeared while citrus was working") as refused:
        file.commit()
    assert Path("out.txt").read_text() == "theirs"
    (other,) = (path for path in home.iterdir() if path.name != "out.txt")
    assert other.read_text() == "mine"
    assert str(other) in str(refused.value)


def test_without_hard_links(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    file = ResultFile("out.txt", overwrite=False)
    file.write("mine")
    file.commit()
    assert Path("out.txt").read_text() == "mine"
    file = ResultFile("two.txt", overwrite=False)
    Path("two.txt").write_text("theirs")
    with pytest.raises(UsageError, match="appeared"):
        file.commit()
    assert Path("two.txt").read_text() == "theirs"


def test_a_full_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("out.txt").write_text("old")
    file = ResultFile("out.txt", overwrite=True)
    file.write("new")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CitrusError, match="No space left on device"):
        file.commit()
    assert Path("out.txt").read_text() == "old"


def test_an_early_end(home: Path) -> None:
    nothing = ResultFile("a.txt", overwrite=False)
    assert nothing.keep_incomplete() is None
    some = ResultFile("b.txt", overwrite=False)
    some.write("half")
    assert some.keep_incomplete() == home / "b.txt.incomplete"
    assert names(home) == ["b.txt.incomplete"]


def test_units() -> None:
    assert [count(0), count(999.5), count(1234567)] == ["0", "1,000", "1,234,567"]
    assert [many(1, "page"), many(2, "page"), many(0, "page")] == ["1 page", "2 pages", "0 pages"]
    assert [seconds(0.042), seconds(21.94), seconds(185)] == ["0.04 s", "21.9 s", "3:05"]
    assert [duration(6.6), duration(3723)] == ["0:07", "1:02:03"]
    assert [rate(832.4), rate(7.06), rate(0.5)] == ["832", "7.1", "0.5"]
    assert ranges([9, 3, 7, 8, 12, 12]) == "3, 7-9, 12"
    assert ranges([]) == ""
    assert ranges([4]) == "4"


def rows(*answers: object, verbose: bool = False) -> dict[str, str]:
    return dict(receipt_rows(answers, verbose=verbose))  # type: ignore[arg-type]


def test_receipt_of_one_answer() -> None:
    documents = (
        DocumentReceipt("a.pdf", 1, 1, (1,), ()),
        DocumentReceipt("-", 2, 30),
        DocumentReceipt("b\x1b[2J.pdf", 3, 1200, (), (2, 3)),
    )
    answer = make_answer(
        "What?", "x", documents=documents, complete=False, seconds=Seconds(0.0, 0.0, 0.5)
    )
    assert rows(answer) == {
        "a.pdf": "1 page, 1 token; no text on page 1",
        "standard input": "2 pages, 30 tokens",
        "b.pdf": "3 pages, 1,200 tokens; could not read pages 2-3",
        "read": "18,220 tokens in 0.00 s, 768 states kept per layer",
        "answer": "34 tokens in 0.50 s (68 tokens/s); cut off",
        "method": "policy citrus, budget 768, chunks of 256 tokens",
        "model": "smollm2-135m-instruct, not quantized, on cpu",
        "memory": "1.2 GB at the peak",
    }


def test_receipt_of_many_documents_lists_only_those_with_gaps() -> None:
    documents = [DocumentReceipt(f"{n}.txt", 1, 100) for n in range(20)]
    documents[7] = DocumentReceipt("7.txt", 2, 50, (2,), ())
    answer = make_answer("What?", "x", documents=tuple(documents))
    shown = rows(answer)
    assert shown["7.txt"] == "2 pages, 50 tokens; no text on page 2"
    assert shown["20 documents"] == "21 pages, 1,950 tokens"
    assert "8.txt" not in shown
    assert "8.txt" in rows(answer, verbose=True)


def test_receipt_of_several_answers() -> None:
    first = make_answer("One?", "x")
    shares = make_answer("Two?", "x", seconds=Seconds(0.0, 0.0, 1.0))
    reads = make_answer("Three?", "x", seconds=Seconds(0.0, 10.0, 1.0), peak_memory_bytes=2 * 10**9)
    shown = rows(first, shares, reads)
    assert [name for name in shown if name[:4] in ("read", "answ")] == [
        "read 1", "answer 1", "answer 2", "read 3", "answer 3"
    ]  # fmt: skip
    assert shown["memory"] == "2.0 GB at the peak"
    many_answers = [first] + [shares] * 9
    assert rows(*many_answers)["10 answers"] == "32.7 s in all (3.3 s each)"
    assert "answer 10" in rows(*many_answers, verbose=True)
