"""Time and memory against the length of the text, a line for each method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from citrus_cli.evals.results.files import plain_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from citrus_cli.evals.latency.measure import LatencyRow

_COLOURS = ("#1d1d1b", "#d1800f", "#1a5fb4", "#26735a", "#8f3f97", "#b3261e", "#6b6b6b", "#8a6d00")
_MARKERS = "osD^vPX*<>"
_LINES = ("-", "--", "-.", ":")
"""A line is told from the others by its marker and dashes too: colour alone is not for everyone."""


def draw(rows: Sequence[LatencyRow], title: str) -> Figure:
    """The figure, on no screen and in no global state."""
    from matplotlib.figure import Figure

    why = _missing(rows)
    figure = Figure(figsize=(9.5, 4.4 + 0.16 * why.count("\n")), layout="constrained")
    time, memory = figure.subplots(1, 2)
    _draw_lines(time, rows, lambda row: row.first_token_seconds)
    time.set_yscale("log")
    plain_ticks(time.yaxis)
    time.set_ylabel("seconds, logarithmic")
    time.set_title("from the start to the answer's first token", fontsize=9)
    _draw_lines(memory, rows, lambda row: row.peak_bytes and row.peak_bytes / 1e9)
    memory.set_ylim(0, memory.get_ylim()[1] * 1.05)
    memory.set_ylabel("GB, the model included")
    memory.set_title("peak memory", fontsize=9)
    lines, names = time.get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=min(4, len(names)), frameon=False)
    if why:
        figure.supxlabel(why, fontsize=7, x=0.01, ha="left")
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _draw_lines(
    axes: Axes, rows: Sequence[LatencyRow], value: Callable[[LatencyRow], float | None]
) -> None:
    for index, method in enumerate(dict.fromkeys(row.method for row in rows)):
        points = sorted(
            (row.tokens, found)
            for row in rows
            if row.method == method and (found := value(row)) is not None
        )
        if not points:
            continue
        axes.plot(
            [tokens for tokens, _ in points],
            [found for _, found in points],
            label=method,
            color=_COLOURS[index % len(_COLOURS)],
            marker=_MARKERS[index % len(_MARKERS)],
            linestyle=_LINES[index % len(_LINES)],
            markersize=5,
            linewidth=1.4,
        )
    lengths = sorted({row.tokens for row in rows})
    axes.set_xscale("log")
    axes.set_xticks(lengths, [_short(tokens) for tokens in lengths])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("tokens of text, logarithmic")
    axes.grid(axis="y", color="#e4e4e2", linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)


def _short(tokens: int) -> str:
    """2,048 and 2,000 as 2k, 2,500 as it is."""
    for unit in (1000, 1024):
        if tokens % unit == 0:
            return f"{tokens // unit}k"
    return f"{tokens:,}"


def _missing(rows: Sequence[LatencyRow]) -> str:
    """Of the rows without figures, why; one reason once for all lengths of a method."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.missing:
            reasons.setdefault((row.method, row.missing), []).append(_short(row.tokens))
    return "\n".join(
        fill(f"{method} at {', '.join(lengths)}: {why}", 150)
        for (method, why), lengths in reasons.items()
    )
