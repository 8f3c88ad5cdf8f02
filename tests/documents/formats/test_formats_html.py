"""Web pages, as a browser shows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from citrus_cli.documents import Document
from citrus_cli.documents.formats.html.page import read_html
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

TEXT = """# Annual report

Sales of the office rose by 5 %, see note 3.
They fell in May.

| Item | 2018 | 2017 |
| Net income | $ 5 |  |

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
    parts = [(part.kind, part.level, TEXT[part.start : part.end]) for part in blocks[0].parts]
    assert parts[0] == ("heading", 1, "# Annual report")
    assert [kind for kind, _, _ in parts[1:]] == [
        "paragraph", "table", "list item", "list item", "paragraph", "paragraph", "paragraph",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a<p>b", "a\n\nb"),
        ("a<br><br><br>b", "a\nb"),
        ("<div><div>a</div></div><div>b</div>", "a\n\nb"),
        ("<template>no</template>yes", "yes"),
        ("x<script>if (a < b) { '</p>' }</script>y", "xy"),
        ("<p>5 < 6 & 7 > 6 &amp; &copy; &unknown;", "5 < 6 & 7 > 6 & © &unknown;"),
        ("no\u00adbreak &#8203;here&#0;", "nobreak here\ufffd"),
        ("<!-- <p>comment</p> --> text", "text"),
        ("</p></td></tr></body>text", "text"),
        ("<dl><dt>Term<dd>meaning</dl>", "Term\n\nmeaning"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "漢 (kan)"),
        ("<svg><desc>x</desc><text>Sales 5</text></svg>", "Sales 5"),
        ("<math><mfrac><mn>1</mn><mn>4</mn></mfrac></math>", "1/4"),
        ("<style>.n::before{content:'Note: '}</style><p class=n>y</p>", "Note: y"),
        ("&lt;img src=data:image/png;base64," + "iVBO" * 99, "<img src=data:image/png;base64,…"),
    ],
)  # fmt: skip
def test_bits(html: str, text: str) -> None:
    assert read_html(html).text == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<table><tr><td>a<tr><td>b<td>c</table>d", "| a |  |\n| b | c |\n\nd"),
        ("<table><tr><td>out<table><tr><td>in</table></table>", "out\n\nin"),
        (
            "<table><tr><td rowspan=2>N<td>1<tr><td>2<tr><td colspan=2>all</table>",
            "| N | 1 |\n| N | 2 |\n| all | all |",
        ),
        (
            "<table><tr><td>North<td><table><tr><td>Adult<td>14<tr><td>Child<td>7</table></table>",
            "| North | Adult 14; Child 7 |",
        ),
        (
            "<table><tfoot><tr><td>sum<td>9</tfoot><thead><tr><th>a<th>b</thead>"
            "<tr><td>c<td>9</table>",
            "| a | b |\n| c | 9 |\n| sum | 9 |",
        ),
        (
            "<table><tr><th>Item<th colspan=2>2019<tr><td>Net<td>$<td>5<tr><td>Loss<td>(<td>4)"
            "</table>",
            "| Item | 2019 |\n| Net | $5 |\n| Loss | (4) |",
        ),
        ("<table><tr><td>a|b<td><p>c<p>d</table>", "| a\\|b | c d |"),
        (
            "<div style='display:table'><div style='display:table-row'>"
            "<b style='display:table-cell'>a</b><b style='display:table-cell'>b</b></div></div>",
            "| a | b |",
        ),
        ("<table><caption>Fares</caption><tr><td>x<td>y</table>", "Fares\n\n| x | y |"),
    ],
)
def test_tables(html: str, text: str) -> None:
    assert read_html(html).text == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li><p>a</p></li><li></li></ul>", "- a"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", "- a\n  - b\n- c"),
        ("<ol type=a start=3><li>x<p>more</p><li value=9>z</ol>", "c. x\n  more\ni. z"),
        ("<ol reversed><li>q<li>r</ol>", "2. q\n1. r"),
        ("<ol style='list-style-type:upper-roman'><li>q<li>r</ol>", "I. q\nII. r"),
    ],
)
def test_lists(html: str, text: str) -> None:
    assert read_html(html).text == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("1,250<sup>4</sup> tonnes", "1,250 [4] tonnes"),
        ("10<sup>7</sup> spores, 3 m<sup>2</sup>, 10<sup>−3</sup>", "10^7 spores, 3 m^2, 10^−3"),
        ("5<sup>1</sup>&frasl;<sub>4</sub> inches", "5 1/4 inches"),
        ("see 10<sup><a href=#n2>2</a></sup>", "see 10 [2]"),
        ("see 10<a href=#n2><sup>2</sup></a>", "see 10 [2]"),
        ("3<sup>1/2</sup> inches, E = mc<sup>2</sup>", "3 1/2 inches, E = mc^2"),
        ("H<sub>2</sub>O, log<sub>2</sub>8", "H2O, log_2 8"),
        ("the 1<sup>st</sup> of N<sup>o</sup> 5, Acme<sup>®</sup>", "the 1st of No 5, Acme®"),
        ("<span style='vertical-align:super'>3</span> Net", "[3] Net"),
        ("total<sup>2,</sup><sup>3</sup>", "total [2,3]"),
    ],
)
def test_raised_and_lowered(html: str, text: str) -> None:
    assert read_html(f"<p>{html}</p>").text == text


@pytest.mark.parametrize(
    ("html", "text", "codes"),
    [
        ("<p>a<p style='color:red; display : none'>b", "a", ["hidden-text"]),
        ("<style>.x{display:none} p.x.y{display:block}</style><p class=x>a<p class='x y'>b",
         "b", ["hidden-text"]),
        ("<style>@media print{p{display:none}}</style><p>a", "a", []),
        ("<div style='visibility:hidden'>h<b style='visibility:visible'>v</b></div>",
         "v", ["hidden-text"]),
        ("<p style='color:#FFF'>w<p style='background:#000;color:#fff'>seen",
         "seen", ["hidden-text"]),
        ("<p style='position:absolute;left:-9999px'>far<p hidden>x<p>y", "y", ["hidden-text"]),
        ("fee <del>300</del> <s>200</s> 450", "fee 450", ["struck-out-text"]),
        ("<p style='text-decoration: line-through'>old</p>new", "new", ["struck-out-text"]),
        ("<dialog>no</dialog><details><summary>S</summary>in</details>", "S\n\nin",
         ["hidden-text"]),
    ],
)  # fmt: skip
def test_what_is_not_to_be_seen(html: str, text: str, codes: list[str]) -> None:
    page = read_html(html)
    assert page.text == text
    assert [notice.code for notice in page.notices] == codes


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div style='display:flex'><span>Unit 4</span><span>12 m2</span></div>", "Unit 4 | 12 m2"),
        ("<i style='display:block'>Berth 7</i><i style='display:block'>300</i>", "Berth 7\n\n300"),
        ("<b style='margin-right:2em'>Unit 4</b><b>12</b>", "Unit 4 | 12"),
        ("H<b>2</b>O, un<i>believ</i>able", "H2O, unbelievable"),
        ("<b style='float:left'>Total</b><b>due</b>", "Total due"),
    ],
)
def test_what_styles_set_apart(html: str, text: str) -> None:
    assert read_html(html).text == text


def test_forms_pictures_and_links() -> None:
    html = """<label>No. <input value=KR-2></label> <select><option>A<option selected>B</select>
    <select multiple><option selected>p<option>q<option selected>r</select><input type=hidden
    value=secret><input type=password value=hush><input type=checkbox checked> wet
    <input type=radio> dry <textarea>by night</textarea> <img alt="At 3 m" src=x><img alt="" src=y>
    <a href="mailto:desk@example.org?subject=x">desk</a>, <a href="https://example.org/f">form</a>
    <a href="https://example.org/f">again</a> <a href="https://www.a.example/">www.a.example</a>
    <a href="#top">top</a>"""
    assert read_html(html).text == (
        "No. KR-2 B p, r [x] wet ( ) dry by night [picture: At 3 m] desk (desk@example.org), "
        "form (https://example.org/f) again www.a.example top"
    )


def test_what_is_nested_too_deep_is_read() -> None:
    assert read_html("<div>" * 5000 + "deep" + "</div>" * 5000).text == "deep"
    assert "in" in read_html("<table><tr><td>" * 500 + "in").text


def test_the_charset_it_declares(opened: Open, write: Write) -> None:
    body = "<p>déjà vu “so” €"
    declared = f'<html><head><meta charset="ISO-8859-1"></head>{body}'
    assert joined(opened(write("a.html", declared.encode("cp1252")))) == "déjà vu “so” €\n\n"
    old = f'<html><meta http-equiv=Content-Type content="text/html; charset=koi8-r">{"<p>да"}'
    assert joined(opened(write("b.html", old.encode("koi8-r")))) == "да\n\n"
    assert joined(opened(write("c.html", f"<html>{body}".encode("utf-16")))) == "déjà vu “so” €\n\n"
    odd = f'<html><meta charset="hex">{body}'
    assert joined(opened(write("d.html", odd.encode()))) == "déjà vu “so” €\n\n"
    given = opened(write("f.html", f"<html>{body}".encode("cp1252")), encoding="cp1252")
    assert joined(given) == "déjà vu “so” €\n\n"


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
