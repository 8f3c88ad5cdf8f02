"""The report in a real browser: it shows, fits, runs nothing, and works from the keyboard."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import chromium
import pytest
from made_up import evidence, fire, picture
from PIL import Image
from pypdf import PdfReader

from citrus_cli.evidence.model import PageText
from citrus_cli.pictures import Picture, render_report

pytestmark = pytest.mark.skipif(chromium.FOUND is None, reason="no Chromium is installed")

WIDER = "return [root.scrollWidth, root.clientWidth]"


def hostile() -> Picture:
    """A picture whose every text tries to act, or to be too wide."""
    text = (
        "</p></script><script>document.title='owned'</script>"
        "<img src=x onerror=\"document.title='owned'\"> \u202e\x1b "
    )
    text += "W" * 4000 + " Z" + "\u0301" * 300
    pages = (PageText("a" * 300 + ".pdf", 1, text[:40], text), PageText("b.pdf", 1, None, "word"))
    given = (evidence(pages[0], text[:3000]), evidence(pages[1], "word"))
    return picture(pages, given, text=text, question=text, warnings=(text,), model=text)


def long() -> Picture:
    """A picture of 300 pages."""
    pages = [PageText("long.pdf", number, None, "Some words. " * 90) for number in range(1, 301)]
    return picture(pages, (evidence(pages[200], "words"),))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("browser")
    (made / "report.html").write_text(render_report(fire()), encoding="utf-8")
    return made


@pytest.mark.parametrize("make", [fire, hostile, long])
@pytest.mark.parametrize("width", [320, 390, 1000])
def test_no_page_is_wider_than_its_window(
    width: int, make: Callable[[], Picture], tmp_path: Path
) -> None:
    page = render_report(make())
    wide, room = chromium.measure(page, WIDER, tmp_path, width=width)
    assert room == width
    assert wide <= room


def test_the_probe_sees_a_page_that_is_too_wide(tmp_path: Path) -> None:
    page = "<!doctype html><div style='width:900px'>wide</div>"
    wide, room = chromium.measure(page, WIDER, tmp_path, width=390)
    assert wide > room


def test_the_map_scrolls_in_its_own_box(tmp_path: Path) -> None:
    code = """
        const box = page.querySelector(".scroll");
        return [box.scrollWidth, box.clientWidth, view.getComputedStyle(box).overflowX]
    """
    inside, box, overflow = chromium.measure(render_report(fire()), code, tmp_path, width=390)
    assert inside > box
    assert overflow == "auto"


def test_hostile_text_neither_runs_nor_loads(tmp_path: Path) -> None:
    code = """return [page.title, page.scripts.length, page.images.length,
        view.performance.getEntriesByType("resource").length,
        page.querySelector("h1").textContent.includes("<script>")]"""
    page = render_report(hostile())
    title, scripts, images, loaded, shown = chromium.measure(page, code, tmp_path, width=800)
    assert title.startswith("</p></script><script>")
    assert (scripts, images, loaded, shown) == (0, 0, 0, True)


def test_every_column_takes_the_focus_and_leads_to_its_page(tmp_path: Path) -> None:
    code = """
        const columns = [...page.querySelectorAll("a.col")];
        return columns.map((one) => {
            one.focus();
            const target = page.querySelector(one.getAttribute("href"));
            return page.activeElement === one && target !== null && one.tabIndex === 0;
        })
    """
    assert chromium.measure(render_report(fire()), code, tmp_path, width=800) == [True] * 36


def test_a_folded_page_opens_when_it_is_led_to(tmp_path: Path) -> None:
    code = """
        const folded = page.querySelector(".fold details");
        const before = folded.open;
        view.location.hash = folded.id;
        return [before, folded.parentElement.open]
    """
    page = render_report(fire())
    assert chromium.measure(page, code, tmp_path, width=800) == [False, True]


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_drawn_in_the_scheme_that_is_asked_for(folder: Path, dark: bool) -> None:
    path = folder / f"shot-{dark}.png"
    chromium.screenshot(folder / "report.html", path, 900, 1600, dark=dark)
    with Image.open(path) as image:
        assert image.size == (900, 1600)
        assert image.convert("RGB").getpixel((2, 2)) == ((23, 23, 22) if dark else (255, 255, 255))
        colors = image.convert("RGB").getcolors(1 << 24)
    assert colors is not None
    found = {color for count, color in colors if count > 50}
    mark = (138, 184, 255) if dark else (26, 95, 180)
    bar = (224, 160, 48) if dark else (199, 116, 8)
    assert {mark, bar} <= found


def test_what_is_printed_can_be_read(folder: Path) -> None:
    path = folder / "printed.pdf"
    chromium.print_to_pdf(folder / "report.html", path)
    pages = PdfReader(path).pages
    text = unicodedata.normalize("NFKC", " ".join(page.extract_text() for page in pages))
    text = " ".join(text.split())
    assert "What caused the fire in Kvistholm" in text
    assert "left on for a forklift truck" in text
    assert "peak memory" in text
    assert "nothing kept" not in text
    assert len(pages) < 20
