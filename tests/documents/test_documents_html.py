"""Web pages by their text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from citrus_cli.documents import Document
from citrus_cli.documents.formats.html import read_html
from citrus_cli.errors import DocumentError, UsageError

Open = Callable[..., Document]
Write = Callable[[str, "bytes | str"], Path]

PAGE = """<!DOCTYPE html>
<html><head><title>Tab title</title><style>p { color: red }</style>
<script>var x = "<p>not text</p>";</script></head>
<body>
<h1>Annual&nbsp;report</h1>
<p>Sales of the
   o&#xFB03;ce rose by 5&thinsp;%, see <a href="#">note&nbsp;3</a>.<br>They fell
in May.
<table>
  <thead><tr><th>Item</th><th>2018</th><th>2017</th></tr></thead>
  <tr><td><p>Net <b>income</b></p></td><td>$&nbsp;5</td><td></td></tr>
  <tr><td></td><td></td></tr>
</table>
<ul><li>first</li><li>second <i>one</i></li></ul>
<pre>
def f():
    return 1 &lt; 2
</pre>
<div>last</div><span>of</span> all
</body></html>
"""

TEXT = """Annual report

Sales of the office rose by 5 %, see note 3.
They fell in May.

Item | 2018 | 2017
Net income | $ 5

- first
- second one

def f():
    return 1 < 2

last

of all

"""


def joined(document: Document) -> str:
    return "".join(block.text for block in document.blocks())


def test_a_page(opened: Open, write: Write) -> None:
    document = opened(write("page.html", PAGE))
    blocks = list(document.blocks())
    assert "".join(block.text for block in blocks) == TEXT
    assert (document.kind, document.pages, document.warnings) == ("html", 1, [])
    assert blocks[-1].fraction == 1.0


def test_lines_of_the_source() -> None:
    lines, _ = read_html(PAGE)
    source = PAGE.split("\n")
    numbers = {text: number for text, number in lines if text}
    assert source[numbers["They fell in May."] - 1].endswith("They fell")
    assert "Item" in source[numbers["Item | 2018 | 2017"] - 1]
    assert "return 1" in source[numbers["    return 1 < 2"] - 1]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a<p>b", "a\n\nb"),
        ("a<br><br><br>b", "a\nb"),
        ("<div><div>a</div></div><div>b</div>", "a\n\nb"),
        ("<title>never closed<body>text", "text"),
        ("<template>no</template>yes", "yes"),
        ("x<script>if (a < b) { '</p>' }</script>y", "xy"),
        ("<p>5 < 6 & 7 > 6 &amp; &copy; &unknown;", "5 < 6 & 7 > 6 & © &unknown;"),
        ("<table><tr><td>a<tr><td>b<td>c</table>d", "a\nb | c\n\nd"),
        ("<table><tr><td>out<table><tr><td>in</td></tr></table></td></tr></table>", "out\n\nin"),
        ("<ul><li><p>a</p></li><li></li></ul>", "- a"),
        ("no\u00adbreak &#8203;here&#0;", "nobreak here\ufffd"),
        ("<!-- <p>comment</p> --> text", "text"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", "- a\n\n- b\n\n- c"),
        ("</p></td></tr></body>text", "text"),
    ],
)
def test_bits(html: str, text: str) -> None:
    lines, _ = read_html(html)
    assert "\n".join(line for line, _ in lines) == text


def test_the_charset_it_declares(opened: Open, write: Write) -> None:
    body = "<p>déjà vu “so” €"
    declared = f'<html><head><meta charset="ISO-8859-1"></head>{body}'
    assert joined(opened(write("a.html", declared.encode("cp1252")))) == "déjà vu “so” €\n\n"
    old = f'<html><meta http-equiv=Content-Type content="text/html; charset=koi8-r">{"<p>да"}'
    assert joined(opened(write("b.html", old.encode("koi8-r")))) == "да\n\n"
    assert joined(opened(write("c.html", f"<html>{body}".encode("utf-16")))) == "déjà vu “so” €\n\n"
    odd = f'<html><meta charset="hex">{body}'
    assert joined(opened(write("d.html", odd.encode()))) == "déjà vu “so” €\n\n"
    with pytest.raises(DocumentError, match=r"e.html: it is not UTF-8 text .*offset 10.*cp1252"):
        opened(write("e.html", f"<html>{body}".encode("cp1252")))
    given = opened(write("f.html", f"<html>{body}".encode("cp1252")), encoding="cp1252")
    assert joined(given) == "déjà vu “so” €\n\n"


def test_hidden_text_is_read_and_told(opened: Open, write: Write) -> None:
    document = opened(write("a.html", '<p>seen<p style="color: red; display:none">not seen'))
    assert joined(document) == "seen\n\nnot seen\n\n"
    assert document.warnings == ["it also holds text that a browser hides, which was read as well"]


def test_a_page_without_text(opened: Open, write: Write) -> None:
    document = opened(write("app.html", "<html><script>render()</script><body></body>"))
    with pytest.raises(DocumentError, match=r"app.html: it holds no text"):
        list(document.blocks())


def test_a_web_page_is_one_page(opened: Open, write: Write) -> None:
    with pytest.raises(UsageError, match=r"a.html: there is no page 2, it has 1 page"):
        opened(write("a.html", "<p>x"), pages="2")


def test_a_text_about_html_is_text(opened: Open, write: Write) -> None:
    assert joined(opened(write("notes.md", "<html> is a tag"))) == "<html> is a tag\n\n"
    assert opened(write("page", "<?xml version='1.0'?>\n<!-- x --><HTML><p>x")).kind == "html"
