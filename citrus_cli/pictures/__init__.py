"""Pictures of what was kept of a document for an answer.

A `Picture` holds all that they show; `report` makes a page for the browser of it, `heatmap` an
image, `terminal` a few lines of characters, and `highlight` marks the evidence in the PDF it comes
from. The libraries that draw are imported when something is drawn.
"""

from citrus_cli.pictures.heatmap import write_heatmap
from citrus_cli.pictures.highlight import write_highlights
from citrus_cli.pictures.model import KeptPageText, Picture
from citrus_cli.pictures.report import render_report, write_report
from citrus_cli.pictures.terminal import terminal_strip

__all__ = [
    "KeptPageText",
    "Picture",
    "render_report",
    "terminal_strip",
    "write_heatmap",
    "write_highlights",
    "write_report",
]
