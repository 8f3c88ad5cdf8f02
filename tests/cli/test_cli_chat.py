"""`citrus chat` on a terminal: greeting, answers, follow-ups, commands, errors, colour."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_chat import CTRL_D, ENTER, TAB, Chat

STYLE = re.compile(r"\x1b\[(?!0?m)[0-9;]+m")  # any but the one that ends styles


def test_greeting_answer_and_follow_up(document: Path) -> None:
    with Chat("doc.txt") as chat:
        assert "doc.txt: 34 pages, 18,220 tokens. Ask anything, or /help." in chat.prompt()
        said = chat.enter("What?")
        assert "What? -> some text after 0\n34 tokens in 1.7 s (20 tokens/s)" in said
        assert "; pages 3, 22, 23\n" in said
        assert "And why? -> some text after 1\n" in chat.enter("And why?")


def test_several_documents_are_named(document: Path, home: Path) -> None:
    for name in ("b.txt", "c.txt", "d.txt", "e.txt"):
        (home / name).write_text(name)
    with Chat("doc.txt", "b.txt", "c.txt", "d.txt", "e.txt") as chat:
        greeting = chat.prompt()
        assert "doc.txt, b.txt, c.txt, 2 more: 170 pages, 91,100 tokens." in greeting
        said = chat.enter("What?")
        assert "; doc.txt pages 22, 23; b.txt page 3\n" in said
        assert "b.txt, page 3 " in chat.enter("/sources")


def test_documents_that_are_read_for_each_question(document: Path) -> None:
    with Chat("doc.txt", env={"FAKE": "reads-each-time", "PROMPT_TOOLKIT_NO_CPR": ""}) as chat:
        chat.wait_for("doc.txt: to be read for each question. Ask anything, or /help.")
        chat.wait_for("\x1b[6n")
        chat.send("\x1b[1;1R")
        chat.wait_for("doc.txt · 0 turns")
        chat.send("/pages" + ENTER)
        chat.wait_for("nothing has been read yet")
        chat.wait_for("\x1b[6n")
        chat.send("\x1b[1;1RWhat?" + ENTER)
        chat.wait_for("What? -> some text after 0")
        chat.wait_for("\x1b[6n")
        chat.send("\x1b[1;1R")
        chat.wait_for("doc.txt · 34 pages · 1 turn")


def test_notes_are_for_a_person(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        assert "citrus: 1.2 MB to read\nnote? -> some text after 0\n" in chat.enter("note?")


def test_the_toolbar_counts_turns(document: Path) -> None:
    # the toolbar is drawn once the terminal has said where its cursor is
    with Chat("doc.txt", env={"PROMPT_TOOLKIT_NO_CPR": ""}) as chat:
        for turns in ("0 turns", "1 turn"):
            chat.wait_for("\x1b[6n")
            chat.send("\x1b[1;1R")
            chat.wait_for(f"doc.txt · 34 pages · {turns}")
            chat.send("What?" + ENTER)


def test_help_names_every_command(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        said = chat.enter("/help")
        for command in ("/help", "/pages", "/sources", "/save FILE", "/save! FILE", "/forget"):
            assert f"  {command} " in said
        assert "/quit" in said
        assert "Ctrl-D" in said


def test_pages(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        said = chat.enter("/pages")
        assert "doc.txt  34 pages  18,220 tokens" in said
        assert "no text: pages 3, 7-9; not readable: page 12" in said


def test_sources(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        assert "there is no answer yet" in chat.enter("/sources")
        chat.enter("What?")
        said = chat.enter("/sources")
        assert f"page 22 (printed 20)  {'█' * 20}  60 %" in said
        assert re.search(r"page 9 +██ +5 %", said)
        chat.enter("unknown?")
        assert "nothing is known" in chat.enter("/sources")


def test_forget_begins_anew(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        chat.enter("One?")
        assert "Two? -> some text after 1" in chat.enter("Two?")
        assert "a new conversation" in chat.enter("/forget")
        assert "Three? -> some text after 0" in chat.enter("Three?")


def test_save_as_markdown_and_as_json(document: Path, home: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        assert "there is nothing to save yet" in chat.enter("/save chat.md")
        assert not Path("chat.md").exists()
        chat.enter("What?")
        assert "the conversation is in" in chat.enter("/save chat.md")
        saved = Path("chat.md").read_text()
        assert "## What?\n\nWhat? -> some text after 0\n\n*34 tokens in" in saved
        assert "the file exists; /save! replaces it" in chat.enter("/save chat.md")
        assert Path("chat.md").read_text() == saved
        chat.enter("Why?")
        assert "error" not in chat.enter("/save! chat.md")
        assert "## Why?" in Path("chat.md").read_text()
        chat.enter("/save 'the chat.json'")
        turns = json.loads(Path("the chat.json").read_text())["turns"]
        assert [turn["answer"] for turn in turns] == [
            "What? -> some text after 0",
            "Why? -> some text after 1",
        ]
        assert "needs the name of a file" in chat.enter("/save")
        assert "there is no folder" in chat.enter("/save gone/chat.md")
        chat.enter("/save ~/home.md")
        assert (home / "home.md").exists()
        assert not Path("~").exists()


def test_an_unknown_command_names_the_nearest(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        said = chat.enter("/pagse")
        assert "citrus: error: /pagse: no such command; did you mean /pages?\n" in said
        assert "->" not in said


def test_two_slashes_begin_a_question(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        assert "/help? -> some text after 0" in chat.enter("//help?")


def test_tab_completes_a_command(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        chat.send("/pa")
        chat.wait_for("/pages")  # the menu
        assert "34 pages  18,220 tokens" in chat.enter(TAB)


def test_pasted_lines_are_one_question(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        said = chat.enter("\x1b[200~One\n/quit\nthree?\x1b[201~")
        assert "One\n/quit\nthree? -> some text after 0" in said


def test_a_blank_line_asks_nothing(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        assert "->" not in chat.enter("  ")
        assert "What? -> some text after 0" in chat.enter("What?")


def test_quit_and_ctrl_d_end_the_chat(document: Path) -> None:
    for last in ("/quit" + ENTER, CTRL_D):
        with Chat("doc.txt") as chat:
            chat.prompt()
            chat.enter("fail")
            chat.send(last)
            assert chat.end()[1] == 0


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("fail", "citrus: error: no memory for this answer; lower --budget\n"),
        ("break", "break -> some text after 0\ncitrus: error: no memory for the rest"),
        ("bug", "citrus: error: unexpected RuntimeError: the matrix is singular"),
    ],
)
def test_an_error_ends_an_answer_not_the_chat(document: Path, question: str, says: str) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        said = chat.enter(question)
        assert says in said
        assert "Traceback" not in said
        assert "What? -> some text after 0" in chat.enter("What?")


def test_debug_shows_the_traceback_and_the_chat_goes_on(document: Path) -> None:
    with Chat("doc.txt", "--debug") as chat:
        chat.prompt()
        assert "Traceback" in chat.enter("bug")
        assert "What? -> some text after 0" in chat.enter("What?")


def test_an_answer_at_its_limit_says_so(document: Path) -> None:
    with Chat("doc.txt") as chat:
        chat.prompt()
        assert "; cut off, --max-answer-tokens allows more" in chat.enter("limit")
        assert "cut off" not in chat.enter("What?")


def test_warnings_are_shown_once(document: Path) -> None:
    with Chat("doc.txt", env={"FAKE": "warnings"}) as chat:
        assert "warning: page 3 has no text\n" in chat.prompt()
        assert "warning" not in chat.enter("What?")


def test_quiet_leaves_the_answers(document: Path) -> None:
    with Chat("doc.txt", "--quiet", env={"FAKE": "warnings"}) as chat:
        assert chat.prompt() == ""
        assert chat.enter("What?") == "What? -> some text after 0\n"


def test_nothing_foreign_acts_on_the_terminal(document: Path) -> None:
    with Chat("doc.txt", env={"FAKE": "hostile"}) as chat:
        chat.prompt()
        assert "red [bold]kept[/bold] done\nnext\n" in chat.enter("hostile")
        for line in ("/pages", "/sources", "/save! chat.md"):
            chat.enter(line)
        for sequence in ("\x1b]", "\x1b[31m", "\x07", "\u202e", "\x9b"):
            assert sequence not in chat.raw
        assert "\x1b" not in Path("chat.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "env", "coloured"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_colour(document: Path, arguments: list[str], env: dict[str, str], coloured: bool) -> None:
    with Chat("doc.txt", *arguments, env={"FAKE": "warnings", **env}) as chat:
        chat.prompt()
        assert "What? -> some text after 0" in chat.enter("What?")
        chat.enter("fail")
        assert bool(STYLE.search(chat.raw)) == coloured


def test_a_dumb_terminal_gets_words_alone(document: Path) -> None:
    with Chat("doc.txt", env={"TERM": "dumb"}) as chat:
        chat.prompt()
        assert "What? -> some text after 0\n34 tokens in" in chat.enter("What?")
        chat.send("half a question\x03")
        assert "Ctrl-D or /quit ends the chat\n" in chat.prompt()
        assert "Why? -> some text after 1\n" in chat.enter("Why?")
        chat.send(CTRL_D)
        assert chat.end()[1] == 0
        assert "\x1b" not in chat.raw
