"""Ctrl-C in a chat: it stops an answer, drops a line, or ends the reading of the documents."""

from __future__ import annotations

import signal
from pathlib import Path

from cli_chat import CTRL_C, CTRL_D, ENTER, Chat


def test_ctrl_c_stops_the_answer_not_the_chat(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        for turn in (0, 1):  # the second time too: the first one is forgotten
            chat.send("endless" + ENTER)
            chat.wait_for(f"-> some text after {turn}")  # it streams: it will never be complete
            chat.send(CTRL_C)
            assert "34 tokens in 1.7 s (20 tokens/s); stopped; pages 3, 22, 23\n" in chat.prompt()
        assert "What? -> some text after 2" in chat.enter("What?")
        chat.send(CTRL_D)
        assert chat.end()[1] == 0


def test_ctrl_c_before_an_answer_begins(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        chat.send("hasty question" + ENTER)
        chat.wait_for("\x1b[?2004l")
        chat.wait_for("hasty")
        chat.send(CTRL_C)
        assert "\nstopped\n" in chat.prompt()
        assert "What? -> some text after 0" in chat.enter("What?")


def test_ctrl_c_at_an_empty_prompt_says_how_to_end(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        chat.send(CTRL_C)
        assert "Ctrl-D or /quit ends the chat\n" in chat.prompt()
        assert "What? -> some text after 0" in chat.enter("What?")


def test_ctrl_c_drops_what_was_typed(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        chat.send("half a question")
        chat.wait_for("half a question")
        chat.send(CTRL_C)
        assert "Ctrl-D" not in chat.prompt()
        assert "What? -> some text after 0" in chat.enter("What?")
        chat.send("half")
        chat.wait_for("half")
        chat.send(CTRL_C)
        chat.prompt()
        chat.send(CTRL_D)  # which ends the chat only where nothing is typed
        assert chat.end()[1] == 0


def test_a_signal_at_the_prompt_is_a_ctrl_c(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        chat.process.kill(signal.SIGINT)
        assert "Ctrl-D or /quit ends the chat\n" in chat.prompt()
        chat.send("endless" + ENTER)
        chat.wait_for("-> some text after 0")
        chat.send(CTRL_C)
        assert "; stopped" in chat.prompt()
        chat.send(CTRL_D)
        assert chat.end()[1] == 0


def test_ctrl_c_while_reading_ends_the_program(document: Path) -> None:
    with Chat("doc.txt", env={"FAKE": "endless-reading"}) as chat:
        chat.wait_for("reading report.pdf")
        chat.send(CTRL_C)
        text, code = chat.end()
        assert code == 130
        assert text.endswith("citrus: interrupted\n")
        assert "Traceback" not in chat.raw
        assert "citrus> " not in chat.raw


def test_a_second_ctrl_c_ends_what_does_not_stop(document: Path) -> None:
    with Chat("doc.txt", env={"FAKE": "stubborn"}) as chat:
        chat.wait_for("stuck")
        chat.send(CTRL_C)
        chat.wait_for("stuck")
        chat.send(CTRL_C)
        assert chat.end()[1] == 130
