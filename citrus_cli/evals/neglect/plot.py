"""Information neglect in one picture (arXiv 2406.12018, section 2).

By perplexity, policies that evict without the question look as good as any; ask for one fact of
what was read, and they have lost it. Both panels have the same policies and the same budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from citrus_cli.evals.results.files import plain_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


LOGARITHMIC = 8
"""Perplexities that differ by such a factor are drawn on a logarithmic axis."""

_PERPLEXITY, _FOUND = "#b8c4d6", "#f2b441"
_INK = "#1d1d1b"


@dataclass(frozen=True)
class NeglectBar:
    """One policy: how well it predicts the next token, and how often it found the pass key.

    `stderr` is the standard error of `perplexity`.
    """

    policy: str
    perplexity: float
    stderr: float
    found: int
    trials: int

    def __post_init__(self) -> None:
        if self.perplexity < 1 or self.stderr < 0 or not 0 <= self.found <= self.trials != 0:
            raise ValueError(f"no such perplexity, or no such share of trials: {self}")


def draw(bars: Sequence[NeglectBar], title: str) -> Figure:
    """The figure, on no screen and in no global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 1.7 + 0.42 * len(bars)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _draw_perplexity(left, bars)
    _draw_found(right, bars)
    left.set_yticks(range(len(bars)), [bar.policy for bar in bars])
    left.invert_yaxis()  # the first on top
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _draw_perplexity(axes: Axes, bars: Sequence[NeglectBar]) -> None:
    values = [bar.perplexity for bar in bars]
    places = range(len(bars))
    axes.barh(
        places,
        values,
        xerr=[bar.stderr for bar in bars],
        color=_PERPLEXITY,
        edgecolor=_INK,
        ecolor=_INK,
        capsize=3,
        height=0.62,
    )
    for place, bar in zip(places, bars, strict=True):
        _write_value(axes, place, bar.perplexity + bar.stderr, f"{bar.perplexity:,.1f}")
    axes.set_xmargin(0.18)
    if max(values) > LOGARITHMIC * min(values):
        axes.set_xscale("log")
        axes.set_xlim(left=1)  # nothing predicts better
        plain_ticks(axes.xaxis)
    axes.set_xlabel("perplexity (± standard error)")
    axes.set_title("predicting the next token: lower is better", fontsize=9)


def _draw_found(axes: Axes, bars: Sequence[NeglectBar]) -> None:
    from matplotlib.ticker import PercentFormatter

    shares = [bar.found / bar.trials for bar in bars]
    places = range(len(bars))
    axes.barh(places, shares, color=_FOUND, edgecolor=_INK, hatch="//", height=0.62)
    for place, bar, share in zip(places, bars, shares, strict=True):
        _write_value(axes, place, share, f"{bar.found}/{bar.trials}")
    axes.set_xlim(0, 1.18)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel("pass keys found")
    axes.set_title("finding what the question asks: higher is better", fontsize=9)


def _write_value(axes: Axes, place: int, end: float, words: str) -> None:
    """What a bar says, beside its end."""
    axes.annotate(
        words, (end, place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=9
    )
