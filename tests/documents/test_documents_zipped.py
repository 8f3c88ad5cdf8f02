"""Documents in zip archives, where they are asked for."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from citrus_cli.documents import open_documents, zipped
from citrus_cli.errors import DocumentError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    file = tmp_path / "papers.zip"
    with zipfile.ZipFile(file, "w") as opened:
        for name in ("b/10.txt", "b/9.txt", "a.md", ".x.txt", "tool.exe", "../../out.txt"):
            opened.writestr(name, f"in {name}")
    return file


def called(source: str) -> list[str]:
    documents = open_documents([source])
    texts = ["".join(block.text for block in one.blocks()).strip() for one in documents]
    assert all(one.file is None for one in documents)
    return texts


def test_a_slash_asks_for_what_is_in_it(archive: Path) -> None:
    assert called(f"{archive}/") == ["in a.md", "in b/9.txt", "in b/10.txt"]
    assert called(f"{archive}/b/10.txt") == ["in b/10.txt"]
    assert called(f"{archive}/b/*.txt") == ["in b/9.txt", "in b/10.txt"]
    assert called(f"{archive}/b") == ["in b/9.txt", "in b/10.txt"]
    assert open_documents([f"{archive}/a.md"])[0].path == f"{archive}/a.md"


def test_it_is_not_read_otherwise(archive: Path) -> None:
    with pytest.raises(DocumentError, match=r"papers.zip: it is a zip archive; .*in.zip/"):
        open_documents([archive])


def test_names_that_lead_out_stay_inside(archive: Path, tmp_path: Path) -> None:
    assert called(f"{archive}/../../out.txt") == ["in ../../out.txt"]
    assert not (tmp_path.parent / "out.txt").exists()


def test_what_cannot_be_unpacked(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DocumentError, match=r"papers.zip/c.txt: no file in the archive"):
        open_documents([f"{archive}/c.txt"])
    (tmp_path / "plain.txt").write_text("x")
    with pytest.raises(DocumentError, match="neither a folder nor a zip archive"):
        open_documents([f"{tmp_path}/plain.txt/"])
    monkeypatch.setattr(zipped, "BYTES_LIMIT", 10)
    with pytest.raises(DocumentError, match="unpacks to more than"):
        open_documents([f"{archive}/"])
    monkeypatch.setattr(zipped, "FILES_LIMIT", 1)
    with pytest.raises(DocumentError, match="more than 1 documents"):
        open_documents([f"{archive}/"])
