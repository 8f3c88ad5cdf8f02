"""What lines of a chat mean, and what a chat says beside the answers."""

from __future__ import annotations

import json

import pytest
from cli_fake_api import make_answer
from cli_fake_conversation import Turn

from citrus_cli.answer import DocumentReceipt, KeptPage, Seconds
from citrus_cli.cli.chat.lines import COMMANDS, Command, Question, parse
from citrus_cli.cli.chat.notes import as_json, as_markdown
from citrus_cli.cli.chat.text import greeting, pages_text, receipt_line, sources_text
from citrus_cli.errors import UsageError
from citrus_cli.evidence.model import Evidence

ONE_PAGE = DocumentReceipt("note.txt", 1, 20)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("  What?\n", Question("What?")),
        ("//help", Question("/help")),
        ("///x", Question("//x")),
        ("/quit\nis not a command here", Question("/quit\nis not a command here")),
        ("caf\udce9", Question("caf?")),
        (" /QUIT ", Command("quit", "")),
        ("/save  my notes.md ", Command("save", "my notes.md")),
        ("/save! 'my notes.md'", Command("save!", "my notes.md")),
        ('/save "', Command("save", '"')),
        ("   ", None),
    ],
)
def test_what_a_line_means(line: str, meant: object) -> None:
    assert parse(line) == meant


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/sorces", "/sorces: no such command; did you mean /sources?"),
        ("/pa", "did you mean /pages?"),
        ("/xyz", "/xyz: no such command; /help lists what there is"),
        ("/", "/: no such command; /help lists what there is"),
        ("/quit now", "/quit takes nothing after it"),
        ("/save", "/save needs the name of a file"),
        ("/save! ", "/save! needs the name of a file"),
    ],
)
def test_lines_that_mean_nothing(line: str, says: str) -> None:
    with pytest.raises(UsageError, match=says.replace("?", "[?]")):
        parse(line)


def test_every_command_parses() -> None:
    for name in COMMANDS:
        argument = "x.md" if name.startswith("save") else ""
        assert parse(f"/{name} {argument}") == Command(name, argument)


def test_the_receipt_of_one_page_names_no_page() -> None:
    kept = (KeptPage("note.txt", 1, None, 1.0),)
    answer = make_answer("q", "a", documents=(ONE_PAGE,), kept=kept, answer_tokens=1)
    assert receipt_line(answer, "cut") == "1 token in 1.7 s (0.6 tokens/s)"


def test_the_receipt_of_an_answer_that_took_no_time() -> None:
    answer = make_answer("q", "", answer_tokens=0, seconds=Seconds(0, 0, 0), complete=False)
    assert receipt_line(answer, "stopped") == "0 tokens in 0.00 s; stopped"


def test_sources_beyond_ten_are_one_row() -> None:
    kept = tuple(KeptPage("report.pdf", page, None, 0.09) for page in range(1, 12))
    rows = sources_text(make_answer("q", "a", kept=(*kept, KeptPage("r", 40, None, 0.001))))
    assert len(rows.splitlines()) == 11
    assert rows.splitlines()[-1].split() == ["2", "more", "pages", "9", "%"]


def test_a_small_share_is_not_nothing() -> None:
    kept = (KeptPage("report.pdf", 1, None, 0.99), KeptPage("report.pdf", 2, None, 0.001))
    last = sources_text(make_answer("q", "a", kept=kept)).splitlines()[-1]
    assert last.split() == ["page", "2", "█", "<1", "%"]


def test_foreign_names_and_labels_are_cleaned() -> None:
    documents = (DocumentReceipt("\x1b]0;x\x07a\nb.pdf", 2, 5), ONE_PAGE)
    kept = (KeptPage(documents[0].path, 1, "\x1b[31miv", 1.0),)
    answer = make_answer("q", "a", documents=documents, kept=kept)
    texts = (greeting(documents, ["x"]), pages_text(documents), sources_text(answer))
    assert not any("\x1b" in text for text in texts)
    assert sources_text(answer).startswith("a b.pdf, page 1 (printed iv)  █")
    assert receipt_line(answer, "").endswith("; a b.pdf page 1")


def test_a_saved_question_of_several_lines_is_quoted() -> None:
    turn = Turn("One\n\x1b[31mtwo", make_answer("One\ntwo", "\x1b[31mred\n", complete=False))
    text = as_markdown((ONE_PAGE,), [turn])  # type: ignore[list-item]
    assert "## Question 1\n\n> One\n> two\n\nred\n\n*34 tokens" in text
    assert "; not complete*" in text


def test_saved_json_has_every_answer_whole() -> None:
    answer = make_answer("What?", "this", documents=(ONE_PAGE,))
    value = json.loads(as_json((ONE_PAGE,), [Turn("What?", answer)]))  # type: ignore[list-item]
    assert value["documents"][0]["path"] == "note.txt"
    assert value["turns"] == [json.loads(json.dumps(answer.to_dict()))]


def test_sources_begin_with_what_is_quoted():
    one = Evidence("report.pdf", 9, None, "Sales\nrose.", 0, 11, 0.41, True)
    kept = (KeptPage("report.pdf", 9, None, 1.0),)
    assert sources_text(make_answer("q", "a", evidence=(one,), kept=kept)).splitlines()[0] == (
        "page 9, 41%: Sales rose."
    )
    assert sources_text(make_answer("q", "a", evidence=(one,))).count("\n") == 1
