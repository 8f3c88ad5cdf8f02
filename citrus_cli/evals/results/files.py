"""A figure's file: PNG or SVG, the same bytes for the same figure, on no screen."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citrus_cli.errors import UsageError
from citrus_cli.pictures.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg")


def write_figure(path: Path, draw: Callable[[], Figure], *, overwrite: bool = False) -> None:
    """Write what `draw` gives; an existing file is replaced only with `overwrite`.

    Raises:
        UsageError: the name has another ending than .png or .svg, or cannot be a new file.
        CitrusError: the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: an image's name ends with {' or '.join(SUFFIXES)}")
    write_whole(path, lambda file: _save(draw, file, suffix[1:]), overwrite=overwrite)


def plain_ticks(axis: Axis) -> None:
    """Label a logarithmic axis in plain digits: powers of ten, with 2 and 5 between where it fits.

    Call it once what is drawn is there.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
    axis.set_major_formatter(lambda value, place: f"{value:,.10g}")
    axis.set_minor_formatter(NullFormatter())


def _save(draw: Callable[[], Figure], file: Path, form: str) -> None:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    # text stays text in an SVG: it can be searched, and read aloud
    settings: Any = {"svg.hashsalt": "citrus", "svg.fonttype": "none", "text.parse_math": False}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a letter that the font lacks
        figure = draw()
        FigureCanvasAgg(figure)
        metadata: Any = {"Date": None} if form == "svg" else {}
        figure.savefig(file, format=form, dpi=150, metadata=metadata)
