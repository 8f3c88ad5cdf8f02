"""What plain text goes through, however it is cut into pieces."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citrus_cli.documents import Document
from citrus_cli.documents.encodings import advise
from citrus_cli.documents.filters import Binary, Filter, Newlines, Terminal
from citrus_cli.documents.formats.csv import Rows
from citrus_cli.documents.formats.json import Unescaped
from citrus_cli.documents.formats.xml import Resolved

Open = Callable[..., Document]
Write = Callable[[str, "bytes | str"], Path]
PICTURE = "data:image/png;base64," + "iVBORw0KGgo/+9" * 400

FILTERS: list[Callable[[], Filter]] = [Terminal, Binary, Unescaped, Resolved]


def fed(one: Filter, text: str, *cuts: int) -> str:
    ends = [*sorted(cuts), len(text)]
    starts = [0, *ends[:-1]]
    pieces = [one.feed(text[a:b]) for a, b in zip(starts, ends, strict=True)]
    return "".join(pieces) + one.feed("", final=True)


@pytest.mark.parametrize(
    ("made", "text", "becomes"),
    [
        (Newlines, "a\r\nb\nc", "a\nb\nc"),
        (Newlines, "a\rb\rc", "a\nb\nc"),
        (Newlines, "x\n 1%\r50%\rdone\r\nend", "x\ndone\nend"),
        (Newlines, "x\n90 GB\r41 GB\n", "x\n41 GB\n"),
        (Terminal, "\x1b[31;1mERROR\x1b[0m x", "ERROR x"),
        (Terminal, "\x1b]0;title\x07a \x1b[2K\x1b(Bb [31mm]", "a b [31mm]"),
        (Terminal, "N\bNA\bAM\bM_\bE", "NAME"),
        (Terminal, "w\b_2\b25\b50\b00\b0", "w2500"),
        (Terminal, "bold\b\b\b\bbold ab\bc", "bold ac"),
        (Binary, f"![a]({PICTURE}) b", "![a](data:image/png;base64,…) b"),
        (Binary, f'"x": "{PICTURE[40:]}", 5', '"x": "…", 5'),
        (Binary, "9f2c7a61" * 200 + " " + "ACGT" * 400, "9f2c7a61" * 200 + " " + "ACGT" * 400),
        (Unescaped, r'"S\u00fcd\n\ud83d\ude00 \"a\" C:\\x \/"', '"Süd\u2028😀 "a" C:\\x /"'),
        (Unescaped, r"\ud83d!", "!"),
        (Resolved, "&#252; &#xFC; &amp; &uuml; &odd; AT&T", "ü ü & ü &odd; AT&T"),
        (Rows, 'a,b\n"x, y",2\n,3\n', "| a | b |\n| x, y | 2 |\n|  | 3 |\n"),
        (Rows, 'a;b\n"two\nlines";1,5\nc;2', "| a | b |\n| two lines | 1,5 |\n\n| c | 2 |"),
        (Rows, 'say "hi\nthere\n', 'say "hi\nthere\n'),
    ],
)
def test_filters(made: Callable[[], Filter], text: str, becomes: str) -> None:
    assert fed(made(), text) == becomes
    rng = random.Random(1)
    first = text.find("\n") + 2  # the kind of line ends is told by the first piece
    for _ in range(20):
        cuts = [rng.randint(first, max(len(text), first)) for _ in range(6)]
        assert fed(made(), text, *cuts) == becomes


@given(st.text(alphabet="ab\r\n\b\x1b[1m;_ \\u0&#;,\"'"), st.lists(st.integers(2, 60)))
@settings(max_examples=60, deadline=None)
def test_cuts_change_nothing(text: str, cuts: list[int]) -> None:
    for made in FILTERS:
        assert fed(made(), text, *(cut for cut in cuts if cut < len(text))) == fed(made(), text)


@given(st.lists(st.lists(st.text('ab ,"\n5é'), min_size=2, max_size=4), min_size=1, max_size=9))
@settings(max_examples=40, deadline=None)
def test_csv_keeps_every_word_in_order(rows: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([["x", "y"], *rows])
    words = fed(Rows(), written.getvalue().replace("\r\n", "\n")).replace("\\|", "|")
    kept = "".join(words.replace(" | ", "").split())
    expected = "".join("".join(row) for row in rows)
    assert sorted(kept.replace("|", "")) == sorted(
        "xy" + "".join(expected.split()).replace("|", "")
    )


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner, max_size=3)))
@settings(max_examples=40, deadline=None)
def test_json_reads_as_what_it_means(value: object) -> None:
    def texts(one: object) -> str:
        return "".join(map(texts, one)) if isinstance(one, list) else str(one)

    plain = fed(Unescaped(), json.dumps(value)).replace("\u2028", "\n")
    letters = [letter for letter in texts(value) if letter.isalpha()]
    assert [letter for letter in plain if letter.isalpha()] == letters


def test_the_heading_of_a_long_table_is_repeated(opened: Open, write: Write) -> None:
    rows = "".join(f"ship {number},{number * 7}\n" for number in range(2_000))
    document = opened(write("fleet.csv", f"Name,Tonnes\n{rows}"))
    text = "".join(block.text for block in document.blocks())
    lines = text.split("\n")
    assert document.kind == "csv"
    assert lines[:2] == ["| Name | Tonnes |", "| ship 0 | 0 |"]
    assert 10 < lines.count("| Name | Tonnes |") < 100
    for block in document.blocks():  # lines are still those of the file
        first = next(line for line in block.text.split("\n") if line.startswith("| ship"))
        at = block.text[: block.text.index(first)].count("\n")
        jumped = [line for offset, line in block.jumps if offset <= block.text.index(first)]
        number = int(first.split()[2])
        assert (jumped[-1] if jumped else block.line + at) == number + 2


def test_an_encoding_that_xml_declares(opened: Open, write: Write) -> None:
    text = '<?xml version="1.0" encoding="iso-8859-2"?><a>źródło &#321;</a>'
    document = opened(write("a.xml", text.encode("iso8859-2")))
    assert "źródło Ł" in "".join(block.text for block in document.blocks())
    assert document.kind == "xml"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("The “Marigold” costs €9,400 – delivered.", "cp1252"),
        ("Die Prüfung der Größe beträgt 40 € – „schön“.", "cp1252"),
        ("L’été dernier, où l’œuvre a coûté 40 € à Orléans…", "cp1252"),
        ("議事録\n次回の会合は三月九日に横浜で開く。", "shift_jis"),
        ("カタカナのデータです。", "euc_jp"),
        ("会议纪要:下次会议定于三月九日在上海举行。", "gb18030"),
        ("다음 회의는 삼월 구일 서울에서 열린다.", "euc_kr"),
        ("Следующее заседание состоится 9 марта в Москве.", "cp1251"),
        ("Следующее заседание состоится 9 марта в Москве.", "koi8-r"),
        ("Następne posiedzenie odbędzie się w Łodzi; koszt 40 zł.", "cp1250"),
        ("Η επόμενη συνεδρίαση θα γίνει στην Αθήνα.", "cp1253"),
    ],
)
def test_an_encoding_that_works_is_advised(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    assert data.decode(advise(lambda: [data], wrong="utf-8")) == text
