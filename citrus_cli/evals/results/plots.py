"""Pictures of results, readable without colour: marks, dashes, hatches, and figures in cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from citrus_cli.evals.answers.task import Answers, mean
from citrus_cli.evals.results.tables import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 3
"""Heatmaps beside each other."""

_COLORS = ("#8a4b04", "#1a5fb4", "#d1800f", "#26705a", "#7a3b8f", "#444440", "#b3202c", "#5b8a00")
_MARKS = "osD^vPX*<>"
_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
_HATCHES = ("", "///", "...", "xxx", "\\\\\\", "ooo", "+++", "|||", "---", "**")
_HEAT = ("#3d2000", "#8a4b04", "#d1800f", "#f2b441", "#f8cd74", "#fdf3dc")


def new_figure(width: float, height: float) -> Figure:
    """A figure on no screen and in no global state, its size in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def line_style(index: int) -> dict[str, Any]:
    """How the line of a method is told from others: mark, dashes and colour."""
    return {
        "marker": _MARKS[index % len(_MARKS)],
        "linestyle": _DASHES[index % len(_DASHES)],
        "color": _COLORS[index % len(_COLORS)],
        "markerfacecolor": "white" if index >= len(_MARKS) else None,
    }


def lines_figure(
    lines: Sequence[tuple[str, Sequence[tuple[float, float]]]],
    labels: tuple[str, str],
    title: str,
    *,
    log_x: bool = False,
) -> Figure:
    """Named lines of points; `labels` are those of the two axes."""
    figure = new_figure(7.5, 4.5)
    axes = figure.add_subplot()
    draw_lines(axes, lines, labels, log_x=log_x)
    axes.set_title(title, fontsize=10)
    return figure


def draw_lines(
    axes: Axes,
    lines: Sequence[tuple[str, Sequence[tuple[float, float]]]],
    labels: tuple[str, str],
    *,
    log_x: bool = False,
) -> None:
    """The same on axes that there are, with a legend beside them."""
    for index, (name, points) in enumerate(lines):
        xs, ys = [x for x, _ in points], [y for _, y in points]
        axes.plot(xs, ys, label=name, markersize=6, linewidth=1.5, **line_style(index))
    if log_x:
        axes.set_xscale("log")
        ticks = sorted({x for _, points in lines for x, _ in points})
        axes.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
        axes.minorticks_off()
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.grid(axis="y", linewidth=0.4, color="#bbbbb5")
    if lines:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8, handlelength=4)


def scores_figure(rows: Sequence[tuple[str, Row]], scores: Sequence[tuple[str, str]]) -> Figure:
    """Groups of bars, one for each score, with intervals (`KEY_low`, `KEY_high`) where known."""
    figure = new_figure(max(7.0, 2.5 + 0.28 * len(rows) * len(scores)), 4.5)
    axes = figure.add_subplot()
    width = 0.8 / max(1, len(rows))
    for index, (name, row) in enumerate(rows):
        heights = [row.get(key) or 0.0 for key, _ in scores]
        below = [h - row.get(f"{key}_low", h) for h, (key, _) in zip(heights, scores, strict=True)]
        above = [row.get(f"{key}_high", h) - h for h, (key, _) in zip(heights, scores, strict=True)]
        axes.bar(
            [at + (index + 0.5) * width - 0.4 for at in range(len(scores))],
            heights,
            width,
            label=name,
            yerr=[below, above],
            capsize=2,
            color=_COLORS[index % len(_COLORS)] + "66",
            edgecolor="#1d1d1b",
            linewidth=0.7,
            hatch=_HATCHES[index % len(_HATCHES)],
            error_kw={"linewidth": 0.8},
        )
    axes.set_xticks(range(len(scores)), [title for _, title in scores])
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("mean over questions, 95 % interval")
    if rows:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8, handlelength=3)
    return figure


def hidden_figure(
    title: str, found: Sequence[Answers], lengths: Sequence[int], depths: Sequence[float]
) -> Figure:
    """Heatmaps of depth against length, and below them the share that was right by length."""
    rows = -(-len(found) // COLUMNS)
    height = 1.0 + 0.28 * len(depths)
    figure = new_figure(4.0 * COLUMNS, 3.6 + height * rows)
    parts: Any = figure.subfigures(2, 1, height_ratios=[max(0.1, height * rows), 3.6])
    above, below = parts
    for index, answers in enumerate(found):
        axes = above.add_subplot(rows, COLUMNS, index + 1)
        _heatmap(axes, answers, lengths, depths)
    lines = []
    for answers in found:
        points = []
        for length in lengths:
            share = answers.of_length(length).mean("right")
            if share is not None:
                points.append((float(length), share))
        lines.append((answers.cell.name, points))
    axes = below.add_subplot()
    draw_lines(axes, lines, ("tokens", "share answered rightly"), log_x=True)
    axes.set_ylim(-0.05, 1.05)
    axes.set_title(title, fontsize=10)
    return figure


def _heatmap(axes: Axes, answers: Answers, lengths: Sequence[int], depths: Sequence[float]) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    nothing = float("nan")  # drawn as no cell at all
    cells = [[_share(answers, length, row, depths) for length in lengths] for row in depths]
    axes.imshow(
        [[nothing if cell is None else cell for cell in row] for row in cells],
        aspect="auto",
        interpolation="nearest",
        cmap=LinearSegmentedColormap.from_list("right", _HEAT),
        vmin=0,
        vmax=1,
    )
    axes.set_xticks([at + 0.5 for at in range(len(lengths) - 1)], minor=True)
    axes.set_yticks([at + 0.5 for at in range(len(depths) - 1)], minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="minor", length=0)
    for y, row in enumerate(cells):
        for x, cell in enumerate(row):
            if cell is not None:
                ink = "white" if cell < 0.4 else "#1d1d1b"
                axes.text(x, y, f"{cell:.0%}", ha="center", va="center", fontsize=7, color=ink)
    axes.set_xticks(range(len(lengths)), [f"{length:,}" for length in lengths], fontsize=7)
    axes.set_yticks(range(len(depths)), [f"{depth:.0%}" for depth in depths], fontsize=7)
    axes.set_xlabel("tokens", fontsize=8)
    axes.set_ylabel("depth", fontsize=8)
    axes.set_title(answers.cell.name, fontsize=9)


def _share(answers: Answers, length: int, row: float, depths: Sequence[float]) -> float | None:
    """The share of right answers to what was hidden nearest to a row's depth."""
    return mean(
        [
            one["scores"]["right"]
            for one in answers.records
            if one["length"] == length
            and min(depths, key=lambda depth: abs(depth - one["depth"])) == row
        ]
    )
