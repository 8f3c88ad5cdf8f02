"""The report: what is on it, that nothing hostile acts, and that it stays small and accessible."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from html_page import Node, parse
from made_up import ANSWER, LAYERS, QUESTION, QUOTES, answer, evidence, fire, picture, sample_pages

from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.evidence.model import Claim, PageText
from citrus_cli.pictures import KeptPageText, Picture, render_report, write_report

HOSTILE = (
    "</title></style></script><script>alert(1)</script><img src=x onerror=alert(1)> "
    "\" ' & {{ 7*7 }} \x1b[31m\x00\x07\x85\u202eevil\u2066\ud800\ufffe\U000e0041 " + "W" * 5000
)
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe]")


@pytest.fixture(scope="module")
def html() -> str:
    return render_report(fire())


@pytest.fixture(scope="module")
def page(html: str) -> Node:
    return parse(html)


def test_question_answer_and_receipt_are_there(page: Node) -> None:
    assert page.one("head").one("title").text == QUESTION
    assert page.one("h1").text == QUESTION
    table = page.one("table").text
    for words in (
        "24,310",
        "512 per layer",
        "smollm2-135m",
        "1.2 GB",
        "38.6 s",
        "without text: 36",
    ):
        assert words in table
    assert "support: some" in page.one(class_="badge").text


def test_answer_is_whole_once_the_verdicts_are_taken_out(page: Node) -> None:
    shown = page.one("p", class_="answer")
    for check in shown.all(class_="check"):
        check.inside.clear()
    assert shown.text == ANSWER


def test_claims_say_in_words_whether_they_were_found(html: str) -> None:
    shown = parse(html).one("p", class_="answer")
    verdicts = [check.text for check in shown.all(class_="check")]
    assert verdicts[0] == "✓ page 13 (printed 10)"
    assert verdicts[1] == "✓ page 13 (printed 10), page 3 (printed iii), page 99"
    assert verdicts[-1] == "✗ not found"
    missing = [
        claim.text for claim in shown.all(class_="claim") if "missing" in str(claim.attributes)
    ]
    assert missing == ["40,000 euros"]
    assert [link.attributes["href"] for link in shown.all("a")] == ["#p13", "#p13", "#p3", "#p13"]


def test_every_link_leads_somewhere_and_every_id_is_unique(page: Node) -> None:
    ids = [one.attributes["id"] for one in page.walk() if "id" in one.attributes]
    assert len(set(ids)) == len(ids)
    links = [one.attributes["href"] for one in page.all("a")]
    assert links
    assert all(link and link[0] == "#" and link[1:] in ids for link in links)
    for one in page.walk():
        assert one.attributes.get("aria-labelledby", "sources") in ids


def test_sources_quote_and_lead_to_the_marked_words(page: Node) -> None:
    cards = page.one("ol", class_="sources").all("li")
    assert [card.one("blockquote").text for card in cards][:2] == list(QUOTES)
    assert [card.one("a").attributes["href"] for card in cards] == ["#e1", "#e2", "#e3"]
    bars = [card.one("i").attributes["style"] for card in cards]
    assert bars == ["width:100%", "width:70%", "width:13%"]
    assert "page 13 (printed 10)" in cards[0].text
    assert "score 0.91" in cards[0].text
    assert "✓ word for word" in cards[0].text
    assert "✗ not found word for word" in cards[2].text
    marks = page.one(id="p13").all("mark")
    assert [mark.text for mark in marks] == [f"1{QUOTES[0]}", f"2{QUOTES[1]}"]


def test_pages_hold_all_of_their_text(page: Node) -> None:
    for kept in fire().pages:
        shown = page.one(id=f"p{kept.page.page}").one("p", class_="text")
        for number in shown.all(class_="num"):
            number.inside.clear()
        assert shown.text == kept.page.text.rstrip()


def test_pages_without_anything_kept_are_folded(page: Node) -> None:
    kept = {at + 1 for at, one in enumerate(fire().pages) if one.kept}
    open_pages = {int(str(one.attributes["id"])[1:]) for one in page.all("article")}
    assert open_pages == kept
    folded = {
        int(str(one.attributes["id"])[1:]) for one in page.all("details") if "id" in one.attributes
    }
    assert folded == set(range(1, 37)) - kept
    fold = page.all("details", class_="fold")[0]
    assert "page 7 (printed 4) to page 9 (printed 6): nothing kept of these 3 pages" in fold.text


def test_shades_follow_the_share_of_layers() -> None:
    text = "none quarter half most all"
    spans = ((5, 12, 0.25), (12, 17, 0.5), (17, 22, 0.75), (22, 26, 1.0))
    one = KeptPageText(PageText("a.pdf", 1, None, text), spans)
    made = Picture(answer(), (), (), None, (one,), ((1.0,),))
    shown = parse(render_report(made)).one("p", class_="text")
    assert [(run.attributes["class"], run.text) for run in shown.all("span")] == [
        ("k1", "quarter"),
        ("k2", " half"),
        ("k3", " most"),
        ("k4", " all"),
    ]


def test_strip_has_a_named_link_for_every_page(page: Node) -> None:
    columns = page.all("a", class_="col")
    assert [column.attributes["href"] for column in columns] == [f"#p{n}" for n in range(1, 37)]
    labels = [str(column.attributes["aria-label"]) for column in columns]
    assert [column.one("title").text for column in columns] == labels
    assert re.fullmatch(
        r"page 13 \(printed 10\), \d+ % of what was kept, in 30 of 30 layers, sources 1, 2",
        labels[12],
    )
    assert "sinks" in labels[0]
    assert labels[1] == "page 2 (printed ii), nothing kept"
    assert all("tabindex" not in column.attributes for column in columns)
    region = page.one(role="region")
    assert region.attributes["tabindex"] == "0"
    assert region.attributes["aria-label"]


def test_strip_draws_every_cell_that_kept_something(page: Node) -> None:
    drawn = 0.0
    width = float(str(page.all("rect", class_="lane")[0].attributes["width"]))
    for path in page.one(role="group").all("path"):
        if str(path.attributes["class"]).startswith("h"):
            shape = str(path.attributes["d"])
            assert re.fullmatch(r"(M[\d.]+ [\d.]+h([\d.]+)v[\d.]+h-\2z)+", shape)
            drawn += sum(map(float, re.findall(r"h([\d.]+)v", shape)))
    cells = sum(share > 0 for row in fire().layers for share in row)
    assert drawn / width == pytest.approx(cells, rel=1e-3)


def test_hostile_text_stays_text() -> None:
    one = PageText(HOSTILE[:90], 1, "<i>", HOSTILE)
    other = PageText('b".pdf', 1, None, "plain")
    made = picture(
        (one, other),
        (evidence(one, "<img src=x onerror=alert(1)>"),),
        (Claim("x", HOSTILE, 0, 5, True, ((HOSTILE, 4), (one.document, 1))),),
        text=HOSTILE,
        question=HOSTILE,
        warnings=(HOSTILE,),
        model=HOSTILE,
        policy=HOSTILE,
    )
    html = render_report(made)
    page = parse(html)
    assert not FORBIDDEN.search(html)
    tags = {node.tag for node in page.walk()}
    assert not tags & {"script", "img", "iframe", "object", "link", "base"}
    assert not any(name.startswith("on") for node in page.walk() for name in node.attributes)
    assert "{{ 7*7 }}" in page.one("h1").text
    assert "␛[31m␀␇" in page.one("h1").text
    assert "‹U+202E›evil‹U+2066›��‹U+E0041›" in page.one("h1").text
    assert len(page.all("style")) == 1


def test_nothing_is_loaded_or_run(page: Node, html: str) -> None:
    policy = page.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert not re.search(r"https?:|//|url\(|@import|\bsrc=", html)
    assert {node.tag for node in page.walk()}.isdisjoint(("script", "link", "img", "iframe"))


def test_structure_for_those_who_listen(page: Node) -> None:
    assert page.one("html").attributes["lang"] == "en"
    assert len(page.all("main")) == len(page.all("h1")) == 1
    levels = [int(one.tag[1]) for one in page.walk() if re.fullmatch("h[1-6]", one.tag)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(link.text.strip() or link.attributes.get("aria-label") for link in page.all("a"))
    assert all(one.attributes.get("scope") == "row" for one in page.all("th"))
    first = next(one for one in page.one("body").walk() if one.tag == "a")
    assert first.attributes["class"] == "skip"
    for drawing in page.all("svg"):
        assert {"aria-hidden", "aria-label"} & set(drawing.attributes)


def test_long_documents_stay_small() -> None:
    text = "word " * 600
    pages = [PageText("long.pdf", number, None, text) for number in range(1, 1001)]
    made = picture(pages, (evidence(pages[437], "word word"),), kept_pages=60)
    html = render_report(made)
    assert len(html) < 1000 * (len(text) + 700)
    page = parse(html)
    columns = page.all("a", class_="col")
    stops = [one for one in columns if "tabindex" not in one.attributes]
    assert len(columns) == 1000
    assert len(stops) == len(page.all("article"))
    assert len(page.all("details", class_="fold")) <= len(stops) + 1
    assert len(page.all("svg", class_="overview")) == 1


def test_runs_are_shaded_not_tokens() -> None:
    text = "abcd " * 2000
    spans = tuple((at, at + 1, 0.9) for at in range(len(text)))
    one = KeptPageText(PageText("a.pdf", 1, None, text), spans)
    html = render_report(Picture(answer(), (), (), None, (one,), ((1.0,),)))
    assert len(parse(html).one("p", class_="text").all("span")) == 1
    assert len(html) < len(text) + 20_000


def test_a_picture_of_little_is_still_a_page() -> None:
    page = parse(render_report(Picture(answer(text=""), (), (), None, (), ())))
    assert page.one("p", class_="answer").text == "No answer was given."
    assert page.all(class_="badge") == page.all("article") == page.all(role="region") == []
    assert "No passage was found" in page.text
    assert "It is not known which layers kept what" in page.text


def test_claims_and_evidence_without_a_place_are_not_lost() -> None:
    only = PageText("a.pdf", 1, None, "Some text.")
    astray = evidence(only, "Some")
    lost = type(astray)("other.pdf", 7, "v", "a quote", 0, 7, float("nan"), False)
    beyond = type(astray)("a.pdf", 1, None, "beyond", 90, 96, -2.0, False)
    claims = (
        Claim("answer", "words", 3, 9, True, ()),
        Claim("overlaps", "words", 5, 8, False, ()),
        Claim("outside", "words", 90, 97, True, tuple(("a.pdf", n) for n in range(1, 6))),
    )
    made = picture((only,), (lost, beyond), claims, complete=False)
    page = parse(render_report(made))
    text = page.text
    assert "overlaps ✗ not found" in text
    assert "outside ✓ page 1, page 2, page 3 and 2 more" in text.replace("a.pdf, ", "")
    assert "✓ found" in page.one("p", class_="answer").text
    assert "Cut short:" in text
    cards = page.one("ol", class_="sources").all("li")
    assert "other.pdf, page 7 (printed v)" in cards[0].text
    assert cards[0].all("a") == []
    assert cards[1].one("a").attributes["href"] == "#p1"
    assert page.all("mark")[1:] == []


def test_several_documents_are_told_apart() -> None:
    pages = [
        PageText(name, n, None, f"{name} {n}") for name in ("a.pdf", "b.pdf") for n in (1, 2, 3)
    ]
    made = Picture(
        answer(),
        (),
        (),
        None,
        tuple(KeptPageText(one, ((0, 5, 1.0),) if one.page == 1 else ()) for one in pages),
        ((0.5, 0, 0, 0.5, 0, 0),) * 2,
    )
    page = parse(render_report(made))
    assert page.one(class_="kicker").text == "a.pdf · b.pdf"
    assert [one.one("h3").text for one in page.all("article")] == ["a.pdf, page 1", "b.pdf, page 1"]
    assert len(page.all(class_="border")) == 1
    assert "b.pdf, page 1 →" in page.one(id="p1").text


def contrast(first: str, second: str) -> float:
    """WCAG 2's contrast of two colours."""

    def light(color: str) -> float:
        digits = color[1:] if len(color) == 7 else "".join(one * 2 for one in color[1:])
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((light(first), light(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_contrast_is_enough_in_every_scheme(html: str, scheme: int) -> None:
    block = re.findall(r":root \{(.*?)\}", html, re.DOTALL)[scheme]
    colors = dict(re.findall(r"--(\w+): (#\w+);", block))
    grounds = ("page", "card")
    for ground in grounds:
        for name in ("text", "quiet", "link", "good", "bad"):
            assert contrast(colors[name], colors[ground]) >= 4.5, (name, ground)
        for name in ("mark", "bar", "h6"):
            assert contrast(colors[name], colors[ground]) >= 3, (name, ground)
    for ground in ("k1", "k2", "k3", "k4", "marked"):
        assert contrast(colors["text"], colors[ground]) >= 4.5, ground
    assert contrast(colors["page"], colors["mark"]) >= 4.5
    steps = [contrast(colors[f"h{level}"], colors["cell"]) for level in range(1, 7)]
    assert steps == sorted(steps)
    shades = [contrast(colors[f"k{level}"], colors["card"]) for level in range(1, 5)]
    assert shades == sorted(shades)


def test_styles_for_print_motion_and_forced_colors(html: str) -> None:
    for rule in (
        "@media (prefers-color-scheme: dark)",
        "@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth",
        "@media (forced-colors: active)",
        "@media print",
    ):
        assert rule in html
    assert not re.search(r"transition|animation", html)


def test_writing_is_whole_and_replaces_only_when_told(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(fire(), path)
    assert path.read_text(encoding="utf-8") == render_report(fire())
    path.write_text("mine")
    with pytest.raises(UsageError, match="exists"):
        write_report(fire(), path)
    assert path.read_text() == "mine"
    path.chmod(0o640)
    write_report(fire(), path, overwrite=True)
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(UsageError, match="no folder"):
        write_report(fire(), tmp_path / "missing" / "report.html")
    with pytest.raises(UsageError, match="not a file"):
        write_report(fire(), tmp_path)


def test_a_full_disk_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CitrusError, match="No space left"):
        write_report(fire(), path, overwrite=True)
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_pictures_are_checked() -> None:
    page = KeptPageText(PageText("a.pdf", 1, None, "x"), ())
    for support, layers in (
        ("sure", ()),
        (None, ((0.5, 0.5),)),
        (None, ((1.5,),)),
        (None, ((float("nan"),),)),
    ):
        with pytest.raises(ValueError, match=r"support|layer 0"):
            Picture(answer(), (), (), support, (page,), layers)


def test_the_sample_is_what_the_tests_think() -> None:
    assert len(sample_pages()) == 36
    assert len(fire().layers) == LAYERS
