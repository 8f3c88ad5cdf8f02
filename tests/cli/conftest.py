"""What every test of the command line has: its own home, no settings from outside, a fake API."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from cli_fake_api import FakeDocumentQA
from cli_harness import Citrus

from citrus_cli.cli.ask import command as ask
from citrus_cli.cli.chat import command as chat
from citrus_cli.cli.program import interrupts


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_works() -> None:
    """A shell starts background jobs deaf to Ctrl-C, and their children inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, also the current folder, and an environment without settings."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in list(os.environ):
        if name.startswith("CITRUS_") or name in ("NO_COLOR", "FORCE_COLOR", "FAKE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / ".config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / ".state"))
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(interrupts, "_pressed", False)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def document(home: Path) -> Path:
    """A document to ask about; its name is `doc.txt`."""
    path = home / "doc.txt"
    path.write_text("some text\n", encoding="utf-8")
    return path


@pytest.fixture
def citrus(monkeypatch: pytest.MonkeyPatch) -> Citrus:
    """The program, answering with the fake API."""
    monkeypatch.setattr(ask, "load_document_qa", lambda: FakeDocumentQA)
    monkeypatch.setattr(chat, "load_document_qa", lambda: FakeDocumentQA)
    monkeypatch.setattr(ask, "quiet_libraries", lambda: None)  # it would silence the tests too
    monkeypatch.setattr(FakeDocumentQA, "calls", [])
    return Citrus()
