"""What is found, in which order, and what is refused before anything is read."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pdf_builder import build

from citrus_cli.documents import Document, open_documents
from citrus_cli.errors import DocumentError, UsageError

Open = Callable[..., Document]
Write = Callable[[str, "bytes | str"], Path]


def test_missing_files_with_a_near_name(opened: Open, write: Write, tmp_path: Path) -> None:
    write("Report 2023.txt", "x")
    with pytest.raises(DocumentError, match=r"did you mean .*Report 2023\.txt\?"):
        opened(tmp_path / "report 2022.txt")
    with pytest.raises(DocumentError, match=r"zebra: there is no such file; check the name"):
        opened(tmp_path / "zebra")
    with pytest.raises(DocumentError, match=r"there is no folder .*nowhere"):
        opened(tmp_path / "nowhere" / "a.txt")
    with pytest.raises(DocumentError, match="is not a file name"):
        opened("a\0b")
    with pytest.raises(DocumentError, match="cannot be read"):
        opened("x" * 5000)


def test_nothing_given() -> None:
    with pytest.raises(UsageError, match="no document was given"):
        open_documents([])


def test_a_folder_is_searched_in_natural_order(write: Write, tmp_path: Path) -> None:
    for name in ("10.txt", "9.md", "sub/b.html", "sub/A.csv", ".hidden.txt", ".git/c.txt"):
        write(name, "<p>text")
    write("photo.jpg", "x")
    write("sub/s.numbers", "x")
    documents = open_documents([tmp_path])
    assert [document.name for document in documents] == ["9.md", "10.txt", "A.csv", "b.html"]
    assert documents[0].warnings == [
        f"{tmp_path}: left out photo.jpg, s.numbers (not a kind of document that is looked for in "
        "folders; give such files by name)"
    ]
    assert documents[1].warnings == []
    list(documents[0].blocks())
    assert len(documents[0].warnings) == 1  # a reading does not forget them


def test_a_folder_without_documents(write: Write, tmp_path: Path) -> None:
    write("photo.jpg", "x")
    with pytest.raises(DocumentError, match=r"no document in this folder \(they end in .*\.pdf"):
        open_documents([tmp_path])


def test_patterns(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a2.txt", "a10.txt", "sub/a1.txt", "b.txt", "[x].txt"):
        write(name, "text")
    monkeypatch.chdir(tmp_path)
    assert [found.path for found in open_documents(["a*.txt"])] == ["a2.txt", "a10.txt"]
    assert [found.name for found in open_documents(["**/a*.txt"])] == [
        "a2.txt",
        "a10.txt",
        "a1.txt",
    ]
    assert [found.name for found in open_documents(["[x].txt"])] == ["[x].txt"]
    with pytest.raises(DocumentError, match=r"c\*\.txt: no file matches"):
        open_documents(["c*.txt"])


def test_the_home_folder(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.txt", "text")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert [document.name for document in open_documents(["~/a.txt", "~/*.txt"])] == ["a.txt"]


def test_each_file_once_and_names_that_tell_apart(write: Write, tmp_path: Path) -> None:
    first, second = write("2022/report.txt", "x"), write("2023/report.txt", "y")
    other = write("2023/notes.txt", "z")
    documents = open_documents([first, tmp_path, second])
    assert [document.name for document in documents] == [
        "2022/report.txt",
        "notes.txt",
        "2023/report.txt",
    ]
    assert documents[1].path == str(other)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("zero.txt", b"", r"it is empty \(0 bytes\)"),
        ("zero.pdf", b"", r"it is empty \(0 bytes\)"),
        ("login.pdf", b"\n<!DOCTYPE html><html><body>Please log in", r"a web page, not a PDF"),
        ("text.pdf", b"only text", r"not a PDF .* rename it to \.txt"),
        ("noise.pdf", bytes(range(256)) * 8, r"not a PDF"),
        ("picture.pdf", b"\x89PNG\r\n\x1a\n" + bytes(50), r"a damaged picture|OCR"),
        ("program.txt", b"\x7fELF\x02\x01\x01\0\0", r"binary data \(it has NUL bytes\)"),
        ("noise.txt", bytes(range(1, 32)) * 20, r"binary data"),
        ("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(100), r"a damaged picture|OCR"),
        ("photo.heic", b"\0\0\0\x18ftypheic", r"a picture; convert it"),
        ("old.doc", b"\xd0\xcf\x11\xe0" + bytes(100), r"an old Word document; .*to docx in\.doc"),
        ("page.ps", b"%!PS-Adobe-3.0\n", r"PostScript; .*ps2pdf"),
        ("notes.gz", b"\x1f\x8b\x08" + bytes(20), r"a compressed archive; unpack"),
        ("wide.txt", "no mark".encode("utf-16-le"), r"--encoding utf-16-le"),
    ],
)
def test_what_is_refused(opened: Open, write: Write, name: str, content: bytes, says: str) -> None:
    with pytest.raises(DocumentError, match=f"^{name}: .*{says}") as caught:
        opened(write(name, content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "entry", "says"),
    [
        ("a.docx", "word/document.xml", "a part|word/document.xml in it is damaged"),
        ("renamed.txt", "word/document.xml", "word/document.xml in it is damaged"),
        ("a.zip", "notes.txt", "it is a zip archive; .*in.zip/"),
    ],
)
def test_archives_by_what_is_in_them(
    opened: Open, write: Write, name: str, entry: str, says: str
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(entry, "content")
    with pytest.raises(DocumentError, match=f"^{name}: .*({says})"):
        opened(write(name, packed.getvalue()))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_a_file_that_is_not_ours_to_read(opened: Open, write: Write) -> None:
    file = write("secret.txt", "x")
    file.chmod(0)
    with pytest.raises(DocumentError, match=r"secret.txt: cannot be read \(permission denied\)"):
        opened(file)


def test_permissions_whoever_runs_this(
    opened: Open, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write("secret.txt", "x")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DocumentError, match=r"secret.txt: cannot be read \(permission denied\)"):
        opened(file)


def test_a_pdf_by_its_content(opened: Open, write: Write) -> None:
    pdf = build(["This is a PDF after all"])
    for name in ("a.txt", "b", "c.bin"):
        assert opened(write(name, pdf)).kind == "pdf"
    assert opened(write("junk.pdf", b"HTTP/1.1 200 OK\r\n\r\n" + pdf)).kind == "pdf"
    assert opened(write("about.txt", "A PDF starts with %PDF-1.7.")).kind == "text"


@pytest.mark.parametrize("encoding", ["klingon", "hex", "utf-8\0", ""])
def test_unknown_encodings(opened: Open, write: Write, encoding: str) -> None:
    with pytest.raises(UsageError, match="is not known; use a name such as"):
        opened(write("a.txt", "x"), encoding=encoding)


def test_bad_pages_are_refused_before_files_are_looked_at(opened: Open) -> None:
    with pytest.raises(UsageError, match="is not a page"):
        opened("no such file", pages="x")


@pytest.mark.parametrize("limits", [{"page_seconds": 0}, {"page_memory_bytes": -1}])
def test_limits_are_validated(opened: Open, limits: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="more than nothing"):
        opened("a.txt", **limits)
