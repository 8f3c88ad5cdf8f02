"""`citrus text`: the text that the model is given of documents, page by page."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.options.declaration import OUTPUT, grouped, option
from citrus_cli.cli.options.documents import DocumentOptions, StrictOptions, opening_of
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.precedence import color_of, debug_of
from citrus_cli.cli.options.request import STDIN_NAME
from citrus_cli.cli.output.files import ResultFile
from citrus_cli.cli.output.streams import (
    ColorMode,
    Stdin,
    is_terminal,
    notice,
    stdin_kind,
    write_out,
)
from citrus_cli.cli.output.strictness import end_if_lost
from citrus_cli.cli.program.group import Command
from citrus_cli.cli.text.pager import ReaderLeftError, paged
from citrus_cli.errors import UsageError

if TYPE_CHECKING:
    from citrus_cli.cli.text.reading import Extraction

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE...",
        help="Documents, folders, patterns or - for standard input.",
        show_default=False,
    ),
]
_RANGES = re.compile(r"[\d\s,\-–]*\d[\d\s,\-–]*")


@dataclass(frozen=True)
class TextOutput:
    """What is written, and where."""

    names: Annotated[
        bool,
        option(
            "--names",
            help="Name each page in a line before it; --pages without a number does the same.",
            panel=OUTPUT,
        ),
    ] = False
    json: Annotated[
        bool,
        option(
            "--json",
            help="One JSON object: pages with their labels and blocks, documents, warnings.",
            panel=OUTPUT,
        ),
    ] = False
    output: Annotated[
        str | None,
        option(
            "--output",
            help="Write the text to a file, which is whole or not there.",
            panel=OUTPUT,
            metavar="FILE",
        ),
    ] = None
    overwrite: Annotated[
        bool, option("--overwrite", help="Let --output replace a file.", panel=OUTPUT)
    ] = False
    quiet: Annotated[
        bool, option("--quiet", help="Only text and errors: no warnings.", panel=OUTPUT)
    ] = False


class TextCommand(Command):
    """`--pages` with nothing that could be pages after it names the pages."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Parse the command line."""
        following = [*args[1:], ""]
        spelled = [
            "--names" if arg == "--pages" and not _RANGES.fullmatch(after) else arg
            for arg, after in zip(args, following, strict=False)
        ]
        return super().parse_args(ctx, spelled)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("text", cls=TextCommand)(text)


@grouped
def text(
    *,
    context: typer.Context,
    files: Sources = None,
    documents: DocumentOptions,
    output: TextOutput,
    strict: StrictOptions,
    general: GeneralOptions,
) -> None:
    """Print the text of documents, exactly as the model is given it.

    Pages are separated by form feeds; on a terminal they are named, and shown by a pager
    (CITRUS_PAGER, PAGER or less). No model is loaded. What is in a document and not in its text is
    warned about on standard error, with a code; --json has the warnings too.

    \b
    citrus text report.pdf                 all of it
    citrus text report.pdf --pages 5-10    these pages
    citrus text report.pdf --pages         each page named
    citrus text reports/ --json | jq -r '.warnings[].code'
    """
    from citrus_cli.cli.text.pages import JsonPages, TextPages
    from citrus_cli.cli.text.reading import Extraction
    from citrus_cli.cli.text.report import Report
    from citrus_cli.documents.selection import parse_pages

    color = color_of(context)
    sources = _sources(files or [], color)
    _check_encoding(documents.encoding)
    selection = parse_pages(documents.pages)
    for_person = output.output is None and is_terminal(sys.stdout)
    report = Report(color, quiet=output.quiet, debug=debug_of(context), held=for_person)
    with _target(output, for_person=for_person) as target:
        view = (
            JsonPages(target.write)
            if output.json
            else TextPages(target.write, names=output.names or for_person)
        )
        stdin = sys.stdin.buffer if STDIN_NAME in sources else None
        extraction = Extraction({**opening_of(documents), "stdin": stdin}, selection, view)
        for record in extraction.read(sources):
            report.add(record)
        target.wanted = output.json or not extraction.none_read
    report.show()
    if code := _ending(extraction):
        raise typer.Exit(code)
    if strict.strict:
        end_if_lost((one for record in extraction.records for one in record.warnings), color)


@dataclass
class _Target:
    """Where the text goes; `wanted` says whether what was written is worth keeping."""

    write: Callable[[str], None]
    wanted: bool = False


@contextmanager
def _target(output: TextOutput, *, for_person: bool) -> Iterator[_Target]:
    if output.output not in (None, STDIN_NAME):
        file = ResultFile(output.output, overwrite=output.overwrite)
        target = _Target(file.write)
        try:
            yield target
        except BaseException:
            file.discard()
            raise
        file.commit() if target.wanted else file.discard()
    elif for_person:
        with suppress(ReaderLeftError), paged() as write:
            yield _Target(write)
    else:
        yield _Target(write_out)


def _sources(files: list[str], color: ColorMode) -> list[str]:
    kind = stdin_kind()
    sources = files or ([STDIN_NAME] if kind is Stdin.PIPED else [])
    if not sources:
        raise UsageError("no document given: citrus text FILE, or pipe one into citrus text")
    if sources.count(STDIN_NAME) > 1:
        raise UsageError("- is given more than once, but standard input can be read only once")
    if STDIN_NAME in sources and sys.stdin is None:
        raise UsageError("- is standard input, and that is closed: pipe the document into citrus")
    if STDIN_NAME in sources and kind is Stdin.TERMINAL:
        notice("citrus:", "reading from the terminal; end the text with Ctrl-D", color, "2")
    return sources


def _check_encoding(name: str | None) -> None:
    """Before any document is opened: it is wrong for all of them."""
    from citrus_cli.documents.opening import known_encoding

    known_encoding(name)


def _ending(extraction: Extraction) -> ExitCode | None:
    """The code to end with, unless all went well."""
    if extraction.none_read and extraction.failures:
        return ExitCode(extraction.failures[0].exit_code)
    if extraction.none_read or extraction.failures:
        return ExitCode.DOCUMENT
    return None
