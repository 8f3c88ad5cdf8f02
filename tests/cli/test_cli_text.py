"""Foreign text on a terminal."""

from __future__ import annotations

import re

import pytest
from cli_fake_api import HOSTILE

from citrus_cli.cli.output.text import TerminalCleaner, clean_for_terminal, one_line

ACTIVE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain text\n\twith a tab", "plain text\n\twith a tab"),
        ("naïve 日本語 🍊 عربي", "naïve 日本語 🍊 عربي"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b2Jcleared", "cleared"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x.test\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9d52;c;ZXZpbA==\x9cclip", "clip"),
        ("\x1bP1$r\x1b\\dcs", "dcs"),
        ("\x1b(Bcharset\x1b7", "charset"),
        ("unfinished \x1b]0;this is text", "unfinished 0;this is text"),
        ("unfinished \x1b[12", "unfinished 12"),
        ("bell\x07 back\x08 nul\x00 del\x7f", "bell back nul del"),
        ("windows\r\nmac\rform\x0cfeed", "windows\nmac\nform\nfeed"),
        ("over\u202eride \u2066isolate\u2069 \u200emark", "override isolate mark"),
        ("tag\U000e0041s", "tags"),
        ("lone \ud83d surrogate", "lone \ufffd surrogate"),
        ("[bold]markup[/bold]", "[bold]markup[/bold]"),
    ],
)
def test_what_a_terminal_acts_on_is_removed_and_text_stays(text: str, clean: str) -> None:
    assert clean_for_terminal(text) == clean


def test_every_control_character_alone_is_harmless() -> None:
    every = [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    for code in every:
        assert not ACTIVE.search(clean_for_terminal(f"a{chr(code)}b"))


def test_pieces_cut_anywhere_give_what_the_whole_gives() -> None:
    text = HOSTILE + "\x1b]8;;http://x.test\x1b\\link\x1b]8;;\x1b\\ and \x1b[4mso\x1b[0m on\r\nend"
    for first in range(len(text)):
        for second in range(first, len(text)):
            cleaner = TerminalCleaner()
            pieces = (text[:first], text[first:second], text[second:])
            shown = "".join(map(cleaner.feed, pieces)) + cleaner.flush()
            assert shown == clean_for_terminal(text)


def test_text_behind_an_escape_that_never_ends_is_not_lost() -> None:
    cleaner = TerminalCleaner()
    words = "word " * 200
    shown = "".join(cleaner.feed(letter) for letter in "\x1b]" + words) + cleaner.flush()
    assert shown == words


def test_a_hostile_text_is_cleaned_in_linear_time() -> None:
    # quadratic scanning of this would take minutes, and so hit the time limit of the suite
    for opener in ("\x1b]", "\x9d", "\x1bP", "\x1b[", "\x90"):
        assert not ACTIVE.search(clean_for_terminal(opener * 200_000))


def test_one_line() -> None:
    assert one_line(" two\n\n lines \x1b[1m\tof\x1b[0m text ") == "two lines of text"
