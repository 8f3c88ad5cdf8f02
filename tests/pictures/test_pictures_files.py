"""A picture's file is whole or not there, whatever happens meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.pictures.files import write_whole


def fill(file: Path) -> None:
    file.write_bytes(b"new")


def test_a_file_that_appears_meanwhile_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "out"

    def race(file: Path) -> None:
        fill(file)
        target.write_bytes(b"theirs")

    with pytest.raises(UsageError, match="appeared"):
        write_whole(target, race)
    assert target.read_bytes() == b"theirs"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("taken", [False, True])
def test_file_systems_without_hard_links(
    taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"

    def no_links(*_: object) -> None:
        if taken:
            target.write_bytes(b"theirs")
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    if taken:
        with pytest.raises(UsageError, match="appeared"):
            write_whole(target, fill)
        assert target.read_bytes() == b"theirs"
    else:
        write_whole(target, fill)
        assert target.read_bytes() == b"new"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_a_new_file_has_usual_permissions(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "out", fill)
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o640


def test_a_link_is_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    with pytest.raises(UsageError, match="exists"):
        write_whole(link, fill)
    write_whole(link, fill, overwrite=True)
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", denied)
    with pytest.raises(CitrusError, match="Permission denied"):
        write_whole(tmp_path / "out", fill)
