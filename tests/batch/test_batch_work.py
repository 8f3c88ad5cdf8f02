"""The work list: what is asked about what, and under which key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from citrus_cli.batch.questions import Question
from citrus_cli.batch.resuming import difference, match
from citrus_cli.batch.rows import RowMaker, failed
from citrus_cli.batch.work import WorkList, plan, settings_digest
from citrus_cli.errors import UsageError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"text of {name}")
    return tmp_path


def question(text: str, id: str = "", document: str | None = None) -> Question:
    return Question(text, id or text, "line 1", bool(id), document)


def planned(
    *questions: Question, sources: tuple[str, ...] = ("a.txt",), **more: object
) -> WorkList:
    settings = {"settings": "s", "name": "q.txt"} | more
    return plan(questions, sources, **settings)  # type: ignore[arg-type]


def pairs(work: WorkList) -> list[tuple[str, str]]:
    return [(item.question.text, item.name) for item in work.items]


def test_every_question_is_asked_about_every_document_in_order() -> None:
    work = planned(question("1"), question("2"), sources=("b.txt", "a.txt"))
    assert pairs(work) == [("1", "b.txt"), ("1", "a.txt"), ("2", "b.txt"), ("2", "a.txt")]


def test_the_questions_about_one_document_are_together() -> None:
    work = planned(question("1"), question("2", document="b.txt"), question("3"))
    groups = [(t.path, [i.question.text for i in items]) for t, items in work.groups()]
    assert groups == [("a.txt", ["1", "3"]), ("b.txt", ["2"])]
    left = work.groups([work.items[0].key])
    assert [(t.path, len(items)) for t, items in left] == [("b.txt", 1), ("a.txt", 1)]


def test_folders_and_patterns_are_many_documents_each_once(folder: Path) -> None:
    (folder / "notes.bin").write_bytes(b"\0")
    work = planned(question("1"), sources=("a.txt", ".", "./*.txt", str(folder / "b.txt")))
    assert pairs(work) == [("1", "a.txt"), ("1", "b.txt")]
    assert "left out notes.bin" in work.notes[0]


def test_the_batchs_own_files_are_no_documents_unless_named(folder: Path) -> None:
    own = [Path("b.txt")]
    work = planned(question("1"), sources=(".", "*.txt"), without=own)
    assert pairs(work) == [("1", "a.txt")]
    assert work.notes == ("b.txt: left out, since it is this batch's own questions or output",)
    work = planned(question("1"), sources=("b.txt",), without=own)
    assert pairs(work) == [("1", "b.txt")]


def test_a_rows_document_lies_beside_the_questions_file_or_here(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "a.txt").write_text("another")
    rows = question("1", document="a.txt"), question("2", document="b.txt")
    work = planned(*rows, sources=(), folder=Path("sub"))
    assert [item.target.path for item in work.items] == [os.path.join("sub", "a.txt"), "b.txt"]  # noqa: PTH118
    assert pairs(work) == [("1", "a.txt"), ("2", "b.txt")]


def test_a_row_without_any_document_is_named() -> None:
    with pytest.raises(UsageError, match=r"^q\.txt, line 1: the row names no document"):
        planned(question("1"), sources=())


@pytest.mark.parametrize(
    ("document", "message"), [(".", "is a folder"), ("-", "is standard input"), ("a\0b", "not a f")]
)
def test_a_row_names_one_file(document: str, message: str) -> None:
    with pytest.raises(UsageError, match=rf"^q\.txt, line 1: .*{message}"):
        planned(question("1", document=document))


def test_standard_input_is_no_document() -> None:
    with pytest.raises(UsageError, match="must be files"):
        planned(question("1"), sources=("-",))


def test_what_cannot_be_read_stays_in_the_list_with_its_reason(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    work = planned(question("1"), sources=("gone.txt", "*.pdf", "pipe", "a.txt"))
    problems = [item.target.problem or "" for item in work.items]
    assert problems[0].startswith("gone.txt: there is no such file")
    assert problems[1].startswith("*.pdf: no file matches")
    assert problems[2].startswith("pipe: not a file that can be read again")
    assert problems[3] == ""


def key(work: WorkList) -> str:
    (item,) = work.items
    return item.key


def test_a_key_is_content_question_id_and_settings(folder: Path) -> None:
    first = key(planned(question("1", "x")))
    (folder / "a.txt").rename(folder / "c.txt")
    assert key(planned(question("1", "x"), sources=("c.txt",))) == first
    others = {
        key(planned(question("2", "x"), sources=("c.txt",))),
        key(planned(question("1", "y"), sources=("c.txt",))),
        key(planned(question("1"), sources=("c.txt",))),
        key(planned(question("1", "x"), sources=("b.txt",))),
        key(planned(question("1", "x"), sources=("c.txt",), settings="t")),
    }
    assert len(others | {first}) == 6


def test_settings_count_with_pages_and_encoding() -> None:
    given = {"model": "m", "budget": 1}
    first = settings_digest(given, None, None)
    assert settings_digest(dict(reversed(given.items())), None, None) == first
    assert len({first, settings_digest(given, "1", None), settings_digest(given, None, "1")}) == 3


def test_rows_that_would_share_a_key_do_not(folder: Path) -> None:
    (folder / "b.txt").write_text("text of a.txt")
    work = planned(question("1"), question("1"), sources=("a.txt", "b.txt"))
    assert len({item.key for item in work.items}) == 4


def stored(work: WorkList, **changes: object) -> list[dict[str, object]]:
    """What an earlier run wrote of the work list: every row answered."""
    maker = RowMaker(item.question for item in work.items)
    done = {**failed("", 0), "status": "ok", "answer": "yes", "policy": "p", "budget": 1}
    return [maker.row(item, done) | changes for item in work.items]


def test_rows_are_found_again_whatever_was_added_before_them() -> None:
    rows = stored(planned(question("1"), question("2")))
    work = planned(question("0"), question("1"), question("2"), sources=("b.txt", "a.txt"))
    found = match(work, rows)
    assert (len(found.done), found.kept, found.foreign) == (2, [], [])


def test_failed_rows_are_not_done_nor_foreign() -> None:
    work = planned(question("1"))
    assert not match(work, stored(work, status="failed")).done
    other = planned(question("1"), sources=("gone.txt",))
    assert match(work, stored(other, status="failed")).foreign == []


def test_rows_of_a_document_that_is_gone_stay(folder: Path) -> None:
    rows = stored(planned(question("1"), sources=(".",)))
    (folder / "b.txt").unlink()
    found = match(planned(question("1"), question("2"), sources=(".",)), rows)
    assert [row["document"] for row in found.done.values()] == ["a.txt"]
    assert [row["document"] for row in found.kept] == ["b.txt"]
    named = planned(question("1"), question("2"), sources=("a.txt", "b.txt"))
    found = match(named, rows)
    assert sorted(row["document"] for row in found.done.values()) == ["a.txt", "b.txt"]
    assert found.kept == found.foreign == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"questions": [question("2")]}, "its question '1' is not asked now"),
        ({"sources": ("b.txt",)}, "its document a.txt is not among the documents now"),
        ({"settings": "t", "policy": "q"}, "its policy was p, now it is q"),
        ({"settings": "t", "budget": 2}, "its budget was 1, now it is 2"),
        ({"settings": "t"}, "another model or other settings"),
        ({"text": "new"}, "the document a.txt has changed since"),
    ],
)
def test_the_difference_is_named(folder: Path, change: dict[str, object], why: str) -> None:
    rows = stored(planned(question("1")))
    policy, budget = change.pop("policy", "p"), change.pop("budget", 1)
    questions = change.pop("questions", [question("1")])
    if text := change.pop("text", None):
        (folder / "a.txt").write_text(str(text))
    work = planned(*questions, **change)  # type: ignore[misc, arg-type]
    (foreign,) = match(work, rows).foreign
    assert why in difference(work, foreign, policy=str(policy), budget=int(str(budget)))
