"""The strip as an image and in a terminal."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from made_up import answer, evidence, fire, picture
from PIL import Image

from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.evidence.model import PageText
from citrus_cli.pictures import KeptPageText, Picture, terminal_strip, write_heatmap
from citrus_cli.pictures.heatmap import MOST_COLUMNS, draw

EVIL = "$\\frac{$ <b>&\x1b[31m\u202e\ud800 \u8cea\u554f?"


def flat(rows: tuple[tuple[float, ...], ...], name: str = "a.pdf") -> Picture:
    """A picture of these shares alone."""
    pages = (PageText(name, number, None, "x") for number in range(1, len(rows[0]) + 1))
    return Picture(answer(), (), (), None, tuple(KeptPageText(one, ()) for one in pages), rows)


def test_png_is_an_image_with_every_shade(tmp_path: Path) -> None:
    path = tmp_path / "map.PNG"
    write_heatmap(fire(), path)
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert min(image.size) > 400
        grey = image.convert("L").getcolors(1 << 24)
    assert grey is not None
    assert len(grey) > 60


def test_svg_is_whole_and_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        write_heatmap(fire(), tmp_path / name)
    first, second = (tmp_path / name for name in ("one.svg", "two.svg"))
    assert first.read_bytes() == second.read_bytes()
    assert ElementTree.parse(first).getroot().tag.endswith("svg")


def test_axes_and_marks_name_pages_layers_and_sources() -> None:
    figure = draw(fire())
    axes, bar = figure.axes
    ticks = [tick.get_text() for tick in axes.get_xticklabels()]
    assert ticks[0] == "1"
    assert all(int(tick) % 2 == 0 for tick in ticks[1:])
    assert [tick.get_text() for tick in axes.get_yticklabels()][:3] == ["1", "5", "10"]
    assert axes.get_xlabel() == "page of quarterly_report.pdf; ▼ pages of the sources"
    assert axes.get_ylabel() == "layer"
    assert bar.get_ylabel() == "share of the layer's kept states"
    (marks,) = axes.get_lines()
    assert list(marks.get_xdata()) == [5, 12]
    (image,) = axes.get_images()
    colors = [sum(image.cmap(step / 10)[:3]) for step in range(11)]
    assert colors == sorted(colors, reverse=True)
    assert image.cmap.get_bad()[3] == 0


def test_a_page_that_kept_nothing_is_no_cell() -> None:
    (image,) = draw(flat(((0.0, 1.0),))).axes[0].get_images()
    assert image.get_array().mask.tolist() == [[True, False]]


def test_long_documents_keep_their_hottest_pages() -> None:
    pages = 4 * MOST_COLUMNS
    row = tuple(0.9 if at == 4321 else 0.0 for at in range(pages))
    (image,) = draw(flat((row,))).axes[0].get_images()
    assert image.get_array().shape == (1, MOST_COLUMNS)
    assert image.get_array().max() == 0.9


def test_several_documents_are_divided() -> None:
    pages = [
        PageText(name, n, None, "some text") for name in ("a.pdf", "b.pdf") for n in range(1, 30)
    ]
    axes = draw(picture(pages, (evidence(pages[40], "some"),))).axes[0]
    assert axes.get_xlabel() == "page of a.pdf and 1 more, in order; ▼ pages of the sources"
    border = axes.get_lines()[0]
    assert border.get_xdata()[0] == 28.5
    assert [tick.get_text() for tick in axes.get_xticklabels()].count("1") == 2


def test_hostile_words_are_drawn_as_words(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    pages = (PageText(EVIL, 1, EVIL, EVIL),)
    made = picture(pages, (evidence(pages[0], EVIL[:4]),), question=EVIL)
    for name in ("map.svg", "map.png"):
        write_heatmap(made, tmp_path / name)
    ElementTree.parse(tmp_path / "map.svg")
    assert not list(recwarn)


def test_nothing_global_changes(tmp_path: Path) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    write_heatmap(fire(), tmp_path / "map.svg")
    assert dict(mpl.rcParams) == before


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    for name in ("map.jpg", "map", "map.html"):
        with pytest.raises(UsageError, match=r"\.png or \.svg"):
            write_heatmap(fire(), tmp_path / name)
    with pytest.raises(CitrusError, match="nothing to draw"):
        write_heatmap(Picture(answer(), (), (), None, (), ()), tmp_path / "map.png")
    old = tmp_path / "old.png"
    old.write_bytes(b"mine")
    with pytest.raises(UsageError, match="exists"):
        write_heatmap(fire(), old)
    assert old.read_bytes() == b"mine"
    assert [one.name for one in tmp_path.iterdir()] == ["old.png"]


def test_terminal_strip_of_the_sample() -> None:
    lines = terminal_strip(fire(), 79).split("\n")
    assert [line[:7].strip() for line in lines[:8]] == [
        "all", "1-6", "7-12", "13-18", "19-24", "25-30", "source", "page",
    ]  # fmt: skip
    assert lines[6] == f"source {' ' * 10}▲▲{' ' * 12}▲▲"
    assert lines[7].startswith("  page 1       5         10")
    assert lines[8] == "▲ page 6 (printed 3), page 13 (printed 10)"
    assert "█" in lines[0][17:19] + lines[0][31:33]
    assert lines[0][7 + 2 : 7 + 6] == "    "


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", [8, 12, 20, 43, 80, 200])
def test_terminal_strip_fits(width: int, ascii: bool) -> None:
    drawn = terminal_strip(fire(), width, ascii=ascii)
    assert max(map(len, drawn.split("\n"))) <= width
    assert drawn.isascii() is ascii


def test_terminal_strip_shows_a_single_hot_page_of_many() -> None:
    made = flat((tuple(1.0 if at == 437 else 0.0 for at in range(1000)),))
    everything, layer, pages = terminal_strip(made, 57).split("\n")
    assert everything.count("█") == layer.count("█") == 1
    assert everything.index("█") == 7 + 437 * 50 // 1000
    assert pages.split()[:3] == ["page", "1", "200"]


def test_terminal_strip_of_little_or_no_room() -> None:
    assert terminal_strip(Picture(answer(), (), (), None, (), ()), 80) == ""
    assert terminal_strip(fire(), 7) == terminal_strip(fire(), 0) == ""
    nothing = terminal_strip(flat(((0.0, 0.0),)), 80)
    assert nothing.split("\n")[:2] == ["   all", "     1"]


def test_terminal_strip_holds_nothing_that_acts() -> None:
    one, other = PageText(EVIL, 1, EVIL, EVIL), PageText("b.pdf", 1, None, "x")
    made = picture((one, other), (evidence(one, EVIL[:4]),))
    for ascii in (False, True):
        drawn = terminal_strip(made, 400, ascii=ascii)
        assert all(line.isprintable() for line in drawn.split("\n"))
    assert "‹U+202E›" in terminal_strip(made, 400)
