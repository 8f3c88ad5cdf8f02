"""Names as people write them, and folders as they are: links, pipes, files that cannot be read."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from citrus_cli.documents import open_documents
from citrus_cli.documents.discover import find
from citrus_cli.documents.document import warnings_of
from citrus_cli.documents.notices import Notice
from citrus_cli.errors import DocumentError


def write(path: Path, text: str = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("there", ["NFC", "NFD"])
@pytest.mark.parametrize("given", ["NFC", "NFD"])
def test_a_name_in_another_form(tmp_path: Path, there: str, given: str) -> None:
    folder = tmp_path / unicodedata.normalize(there, "Bücher")  # type: ignore[arg-type]
    write(folder / unicodedata.normalize("NFC", "Prüfbericht é.txt"))
    asked = unicodedata.normalize(given, "Bücher/Prüfbericht é.txt")  # type: ignore[arg-type]
    [found] = find([tmp_path / asked])
    assert found.file is not None
    assert found.file.read_text(encoding="utf-8") == "text"
    pattern = unicodedata.normalize(given, "B*/Prüf*.txt")  # type: ignore[arg-type]
    assert len(find([tmp_path / pattern])) == 1


def test_spaces_line_breaks_and_names_as_long_as_they_may_be(tmp_path: Path) -> None:
    for name in ("a b .txt", "line\nbreak.txt", "x" * 251 + ".txt", "-dash.txt", "[1]*.txt"):
        path = write(tmp_path / name, "inside")
        with open_documents([path])[0] as document:
            assert [block.text for block in document.blocks()] == ["inside\n\n"]
    assert len(find([tmp_path])) == 5


def test_linked_folders_are_followed_once_and_loops_are_named(tmp_path: Path) -> None:
    write(tmp_path / "archive/2019.txt")
    write(tmp_path / "papers/new.txt")
    papers = tmp_path / "papers"
    (papers / "older").symlink_to("../archive")
    (papers / "again").symlink_to("../archive")
    (papers / "loop").symlink_to(".")
    (tmp_path / "archive/back").symlink_to("../papers")
    found = find([papers])
    assert [one.path for one in found] == [
        str(papers / "again" / "2019.txt"),
        str(papers / "new.txt"),
    ]
    assert [notice.code for notice in found[0].notes] == ["link-loop"]
    assert "papers/loop: a link back to" in found[0].notes[0]


def test_a_folder_that_is_there_and_linked_keeps_its_name(tmp_path: Path) -> None:
    write(tmp_path / "z/real.txt")
    (tmp_path / "a").symlink_to("z")
    assert [one.path for one in find([tmp_path])] == [str(tmp_path / "z/real.txt")]


def test_pipes_are_left_out_and_named(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    os.mkfifo(tmp_path / "feed.txt")
    for source in (tmp_path, tmp_path / "*.txt"):
        [found] = find([source])
        [notice] = found.notes
        assert notice.code == "files-left-out"
        assert "feed.txt" in notice


def test_one_bad_file_takes_no_other_with_it(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "Pier A.")
    write(tmp_path / "b.pdf", "%PDF-1.7\nnot much of a PDF\n")
    (tmp_path / "c.txt").write_bytes(b"caf\xe9 \xff\xfe\x81\x8d\x00")
    (tmp_path / "d.txt").symlink_to("gone.txt")
    write(tmp_path / "e.txt", "Pier E.")
    documents = open_documents([tmp_path])
    assert [document.name for document in documents] == ["a.txt", "e.txt"]
    assert [notice.code for notice in documents[0].warnings] == ["file-not-read"] * 3
    assert all(name in " ".join(documents[0].warnings) for name in ("b.pdf", "c.txt", "d.txt"))
    for document in documents:
        document.close()
    with pytest.raises(DocumentError, match=r"b\.pdf"):
        open_documents([tmp_path / "a.txt", tmp_path / "b.pdf"])


def test_warnings_of_several_documents_say_whose_they_are(tmp_path: Path) -> None:
    left_out = Notice("box: left out feed.txt", "files-left-out")
    first, second = open_documents([write(tmp_path / "a.txt"), write(tmp_path / "b.txt")])
    first.warnings = [left_out, Notice("it holds NUL characters", "nul-characters")]
    second.warnings = [Notice("b.txt: it is odd", "other")]
    assert warnings_of([first]) == first.warnings
    found = warnings_of([first, second])
    assert found == [left_out, "a.txt: it holds NUL characters", "b.txt: it is odd"]
    assert [one.shown for one in found][1:] == [
        "a.txt: it holds NUL characters [nul-characters]",
        "b.txt: it is odd",
    ]
    assert [Notice.of(one.shown).code for one in found] == [one.code for one in found]
    assert [one.loss for one in (left_out, Notice("again", "link-loop"))] == [True, False]


def test_a_folder_of_nothing_but_bad_files(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        write(tmp_path / name, "no PDF")
    with pytest.raises(DocumentError, match=r"a\.pdf: .*\(2 more files cannot be read either\)"):
        open_documents([tmp_path])


def test_what_fails_while_it_is_read_is_a_warning_where_there_are_others(tmp_path: Path) -> None:
    write(tmp_path / "a.html", "<p>Pier A.")
    write(tmp_path / "b.html", "<p hidden></p><script>void(0)</script>")
    documents = open_documents([tmp_path])
    read = ["".join(block.text for block in document.blocks()) for document in documents]
    assert [text.strip() for text in read if text.strip()] == ["Pier A."]
    codes = {notice.code for document in documents for notice in document.warnings}
    assert "file-not-read" in codes
    for document in documents:
        document.close()


@pytest.mark.parametrize(
    "address", ["https://example.org/a?b=[1]&c=*", "HTTP://example.org", "www.example.org/a.pdf"]
)
def test_a_web_address_is_told_how(address: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"curl -sSL .*example\.org.* \| citrus ask - QUESTION"):
        find([address])


def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("gone")
    with pytest.raises(DocumentError, match="link leads nowhere"):
        find([tmp_path / "a.txt"])
    (tmp_path / "b.txt").symlink_to("b.txt")
    with pytest.raises(DocumentError, match="cannot be read"):
        find([tmp_path / "b.txt"])
