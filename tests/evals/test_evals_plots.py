"""The plots of perplexity beside pass keys, and of time and memory against length."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import pytest

from citrus_cli.errors import UsageError
from citrus_cli.evals.latency import plot as latency_plot
from citrus_cli.evals.latency.measure import LatencyRow
from citrus_cli.evals.neglect import plot as neglect_plot
from citrus_cli.evals.neglect.plot import NeglectBar
from citrus_cli.evals.results.files import write_figure

BARS = [
    NeglectBar("citrus", 12.4, 0.3, 5, 5),
    NeglectBar("standard", 12.1, 0.3, 0, 5),
    NeglectBar("<streaming> & $x$", 11.9, 0.3, 1, 5),
]


def measured(method: str, tokens: int, seconds: float, peak: int) -> LatencyRow:
    return LatencyRow(method, tokens, 512, 256, 32, first_token_seconds=seconds, peak_bytes=peak)


LATENCIES = [
    row
    for tokens in (2_000, 4_000, 8_000)
    for row in (
        LatencyRow("full", tokens, None, 256, 32, missing="it needs 9.0 GB beside the model")
        if tokens > 4_000
        else measured("full", tokens, (tokens / 1_000) ** 2, tokens * 10**6),
        measured("citrus", tokens, tokens / 800, 10**9),
    )
]


@pytest.mark.parametrize(
    ("draw", "data", "words"),
    [
        (neglect_plot.draw, BARS, ["12.4", "11.9", "5/5", "1/5", "&lt;streaming&gt; &amp; $x$"]),
        (latency_plot.draw, LATENCIES, ["full", "citrus", "2k", "8k", "at 8k: it needs 9.0 GB"]),
    ],
)
def test_both_kinds_of_file_are_whole_and_the_same_every_time(tmp_path, draw, data, words):
    def write(path, **how):
        write_figure(path, lambda: draw(data, "A model, budget 512"), **how)

    png, svg, again = tmp_path / "a.png", tmp_path / "a.svg", tmp_path / "b.svg"
    for path in (png, svg, again):
        write(path)
    assert png.read_bytes().startswith(b"\x89PNG")
    text = svg.read_text("utf-8")
    assert text == again.read_text("utf-8")
    for word in [*words, "A model, budget 512"]:
        assert word in text
    with pytest.raises(UsageError, match="exists"):
        write(svg)
    write(svg, overwrite=True)
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        write(tmp_path / "a.gif")


def test_bars_have_the_lengths_of_their_figures():
    figure = neglect_plot.draw(BARS, "")
    left, right = figure.axes
    assert [bar.get_width() for bar in left.patches] == [12.4, 12.1, 11.9]
    assert [bar.get_width() for bar in right.patches] == [1, 0, 0.2]
    assert left.get_ylim() == right.get_ylim()
    assert left.get_ylim()[0] > left.get_ylim()[1]  # the first on top
    assert left.get_xscale() == "linear"
    blown_up = [*BARS, NeglectBar("full", 4_000.0, 90.0, 0, 5)]
    assert neglect_plot.draw(blown_up, "").axes[0].get_xscale() == "log"


def test_the_values_lie_within_the_picture():
    figure = neglect_plot.draw([*BARS, NeglectBar("full", 40_000.0, 900.0, 0, 5)], "")
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.texts]
        assert all(box.x0 >= 0 and box.x1 <= width and 0 <= box.y0 < height for box in boxes)
        assert all(above.y0 > below.y1 for above, below in pairwise(boxes))


def test_lines_of_methods_differ_in_more_than_colour():
    methods = [f"method {number}" for number in range(12)]
    rows = [measured(name, tokens, 1.0, 1) for name in methods for tokens in (9, 99)]
    time, memory = latency_plot.draw(rows, "").axes
    looks = {(line.get_marker(), line.get_linestyle()) for line in time.lines}
    assert len(looks) == len(time.lines) == len(memory.lines) == 12


def test_lines_go_through_what_was_measured():
    time, memory = latency_plot.draw(LATENCIES, "").axes
    full, citrus = time.lines
    assert list(zip(*full.get_data(), strict=True)) == [(2_000, 4.0), (4_000, 16.0)]
    assert list(citrus.get_xdata()) == [2_000, 4_000, 8_000]
    assert list(memory.lines[0].get_ydata()) == [2.0, 4.0]
    low, high = memory.get_ylim()
    assert low == 0
    assert high > 4.1


def test_logarithmic_axes_are_labelled_in_plain_digits(tmp_path):
    blown_up = [*BARS, NeglectBar("full", 40_000.0, 90.0, 0, 5)]
    write_figure(tmp_path / "a.svg", lambda: latency_plot.draw(LATENCIES, ""))
    write_figure(tmp_path / "b.svg", lambda: neglect_plot.draw(blown_up, ""))
    first, second = ((tmp_path / name).read_text("utf-8") for name in ("a.svg", "b.svg"))
    assert {"5", "10"} <= set(re.findall(r">([\d,.]+)</text>", first))
    assert {"10", "10,000"} <= set(re.findall(r">([\d,.]+)</text>", second))
    assert "mathdefault" not in first + second


def test_what_cannot_be_is_no_bar():
    with pytest.raises(ValueError, match="no such"):
        NeglectBar("citrus", 2.0, 0.1, 3, 2)


def test_matplotlib_comes_late():
    code = (
        "import sys, citrus_cli.evals.neglect.plot, citrus_cli.evals.latency.plot\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'matplotlib', 'torch'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"\[\]\n", done.stdout)
