"""The lines of earlier chats come back, and nobody else can read them."""

from __future__ import annotations

import stat
from pathlib import Path

from cli_chat import CTRL_D, ENTER, UP, Chat

from citrus_cli.cli.chat.history import history_path


def once(question: str, *arguments: str) -> None:
    with Chat("doc.txt", *arguments) as chat:
        chat.prompt()
        chat.enter(question)
        chat.send(CTRL_D)
        assert chat.end()[1] == 0


def recalled(*arguments: str) -> str:
    """What the first line of history is answered with; of an empty one, what `nothing` is."""
    with Chat("doc.txt", *arguments) as chat:
        chat.prompt()
        return chat.enter(f"{UP}, nothing?")


def test_history_is_kept_between_chats(document: Path, home: Path) -> None:
    once("What was said?")
    path = history_path()
    assert path.is_relative_to(home)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "What was said?, nothing? -> some text after 0" in recalled()


def test_a_history_that_others_could_read_is_closed_to_them(document: Path) -> None:
    history_path().parent.mkdir(parents=True)
    history_path().write_text("\n# 2026-01-01\n+Older?\n")
    history_path().chmod(0o644)
    assert "Older?, nothing? -> some text" in recalled()
    assert stat.S_IMODE(history_path().stat().st_mode) == 0o600


def test_no_history_neither_reads_nor_writes_it(document: Path) -> None:
    once("Secret?", "--no-history")
    assert not history_path().exists()
    once("Known?")
    before = history_path().read_bytes()
    assert "\n, nothing? -> some text" in f"\n{recalled('--no-history')}"
    assert history_path().read_bytes() == before


def test_lines_of_this_chat_are_remembered_without_a_file(document: Path) -> None:
    with Chat("doc.txt", "--no-history") as chat:
        chat.prompt()
        chat.enter("What?")
        chat.send(UP + ENTER)
        chat.wait_for("What? -> some text after 1")


def test_a_history_that_cannot_be_written_is_only_warned_about(document: Path, home: Path) -> None:
    (home / ".state").write_text("a file where the folder should be")
    with Chat("doc.txt") as chat:
        assert "warning: no history: cannot write" in " ".join(chat.prompt().split())
        assert "What? -> some text after 0" in chat.enter("What?")
