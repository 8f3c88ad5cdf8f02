"""The options that say what is written, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from citrus_cli.cli.options.declaration import OUTPUT, option


@dataclass(frozen=True)
class PictureOptions:
    """Pictures of what was kept for an answer."""

    report: Annotated[
        str | None,
        option(
            "--report",
            help="Write a page for the browser: answer, sources, and every page with what was kept "
            "of it.",
            panel=OUTPUT,
            metavar="FILE.html",
        ),
    ] = None
    heatmap: Annotated[
        str | None,
        option(
            "--heatmap",
            help="Write the map of the document, pages by layers.",
            panel=OUTPUT,
            metavar="FILE.png|svg",
        ),
    ] = None
    highlight: Annotated[
        str | None,
        option(
            "--highlight",
            help="Write a copy of the PDF with the sources highlighted.",
            panel=OUTPUT,
            metavar="FILE.pdf",
        ),
    ] = None


@dataclass(frozen=True)
class OutputOptions:
    """What is written, and where."""

    json: Annotated[
        bool,
        option(
            "--json",
            help="One JSON object; for several questions one list of them.",
            panel=OUTPUT,
        ),
    ] = False
    jsonl: Annotated[
        bool,
        option("--jsonl", help="One line of JSON for each answer, when it is done.", panel=OUTPUT),
    ] = False
    output: Annotated[
        str | None,
        option(
            "--output",
            help="Write the result to a file, which is whole or not there.",
            panel=OUTPUT,
            metavar="FILE",
        ),
    ] = None
    overwrite: Annotated[
        bool, option("--overwrite", help="Let --output replace a file.", panel=OUTPUT)
    ] = False
    no_sources: Annotated[
        bool,
        option(
            "--no-sources",
            help="Neither look for the passages that an answer comes from, nor look its numbers "
            "and names up.",
            panel=OUTPUT,
        ),
    ] = False
    explain: Annotated[
        bool,
        option(
            "--explain",
            help="Take each source away in turn, and say how much less likely the answer becomes.",
            panel=OUTPUT,
        ),
    ] = False
    no_stream: Annotated[
        bool,
        option(
            "--no-stream",
            help="Print an answer when it is complete, not as it is written.",
            panel=OUTPUT,
        ),
    ] = False
    verbose: Annotated[
        bool,
        option(
            "--verbose",
            "-v",
            help="The receipt on standard error in a pipe too, and more in it. On a terminal "
            "citrus ask also draws which pages were kept.",
            panel=OUTPUT,
        ),
    ] = False
    quiet: Annotated[
        bool,
        option(
            "--quiet",
            help="Only answers and errors: no progress, receipt or warnings.",
            panel=OUTPUT,
        ),
    ] = False
