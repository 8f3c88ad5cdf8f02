"""The strip of the whole document as an image: pages from left to right, layers downwards."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.pictures.files import write_whole
from citrus_cli.pictures.model import Picture
from citrus_cli.pictures.strip import step
from citrus_cli.pictures.terminal import terminal_strip
from citrus_cli.pictures.words import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["terminal_strip", "write_heatmap"]

SUFFIXES = (".png", ".svg")
MOST_COLUMNS = 1500
"""Longer documents are drawn with several pages to a column, the hottest of them showing."""

_HUE = ("#fdecc4", "#f8cd74", "#f2b441", "#d1800f", "#8a4b04", "#3d2000")
_MARK = "#1a5fb4"
_FRAMED = 150
_LETTERS = 11  # of a title, to an inch


def write_heatmap(picture: Picture, path: Path, *, overwrite: bool = False) -> None:
    """Draws the strip into a .png or .svg file; an existing one is replaced only with `overwrite`.

    Raises:
        UsageError: the name has another ending, or the path cannot be a new file.
        CitrusError: there is nothing to draw, or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: an image's name ends with {' or '.join(SUFFIXES)}")
    if not picture.layers or not picture.pages:
        raise CitrusError(f"{path}: there is nothing to draw, since no layer is known to keep any")
    write_whole(path, lambda file: _save(picture, file, suffix[1:]), overwrite=overwrite)


def _save(picture: Picture, file: Path, form: str) -> None:
    import matplotlib as mpl

    settings: Any = {"svg.hashsalt": "citrus", "text.parse_math": False}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a letter that the font lacks
        figure = draw(picture)
        metadata: Any = {"Date": None} if form == "svg" else {}
        figure.savefig(file, format=form, dpi=150, metadata=metadata)


def draw(picture: Picture) -> Figure:
    """The figure, on no screen and in no global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    spans = _spans(len(picture.pages))
    cells = [[max(row[a:b]) for a, b in spans] for row in picture.layers]
    nothing = float("nan")  # drawn as no cell at all
    figure = Figure(
        figsize=(
            min(14.0, max(6.5, 2.5 + 0.2 * len(spans))),
            min(7.0, max(3.0, 1.8 + 0.13 * len(cells))),
        ),
        layout="constrained",
    )
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(
        [[cell or nothing for cell in row] for row in cells],
        aspect="auto",
        interpolation="nearest",
        cmap=LinearSegmentedColormap.from_list("kept", _HUE),
        norm=PowerNorm(0.5, vmin=0, vmax=max(map(max, cells)) or 1),
    )
    bar = figure.colorbar(image, ax=axes, pad=0.015, fraction=0.05)
    bar.set_label("share of the layer's kept states")
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    _label(axes, picture, spans, int(figure.get_figwidth() * _LETTERS))
    _mark(axes, picture, spans)
    return figure


def _spans(pages: int) -> list[tuple[int, int]]:
    columns = min(pages, MOST_COLUMNS)
    return [(at * pages // columns, (at + 1) * pages // columns) for at in range(columns)]


def _label(axes: Axes, picture: Picture, spans: Sequence[tuple[int, int]], wide: int) -> None:
    """Titles of so many letters, ticks at round pages and layers, a line between documents."""
    firsts = set(picture.first_pages())
    several = len(firsts) > 1
    every = step(len(picture.pages), 18)
    ticks: list[tuple[int, str]] = []
    for at, (start, end) in enumerate(spans):
        for place in range(start, end):
            number = picture.pages[place].page.page
            room = not ticks or (at - ticks[-1][0]) * 18 >= len(spans) * 0.7
            if (place in firsts or number % every == 0) and room:
                ticks.append((at, str(number)))
            if place in firsts and place:
                axes.axvline(at - 0.5, color="#1d1d1b", linewidth=1, linestyle=(0, (3, 2)))
    axes.set_xticks([at for at, _ in ticks], [name for _, name in ticks])
    layers = len(picture.layers)
    between = step(layers, 8)
    numbers = [1, *range(between if between > 1 else 2, layers + 1, between)]
    axes.set_yticks([number - 1 for number in numbers], [str(number) for number in numbers])
    more = len(picture.documents) - 1
    name = one_line(picture.documents[0], wide // 2)
    axes.set_xlabel(
        f"page of {name}{f' and {more} more, in order' if several else ''}"
        f"{'; ▼ pages of the sources' if picture.sources() else ''}"
    )
    axes.set_ylabel("layer")
    axes.set_title(one_line(picture.answer.question, wide), fontsize=10, pad=18)


def _mark(axes: Axes, picture: Picture, spans: Sequence[tuple[int, int]]) -> None:
    """A triangle above, and a frame around, each page of the evidence."""
    sources = picture.sources()
    places = [at for at, (a, b) in enumerate(spans) if any(one in sources for one in range(a, b))]
    if not places:
        return
    axes.plot(
        places,
        [1.02] * len(places),
        linestyle="none",
        marker="v",
        markersize=7,
        color=_MARK,
        transform=axes.get_xaxis_transform(),
        clip_on=False,
    )
    if len(spans) <= _FRAMED:  # in more columns a frame would hide what it is around
        for at in places:
            axes.axvspan(at - 0.5, at + 0.5, fill=False, edgecolor=_MARK, linewidth=1.2)
