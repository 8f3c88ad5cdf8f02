"""`--strict`: a warning that something of the documents was not read is a failure."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.output.streams import ColorMode, notice


def end_if_lost(warnings: Iterable[str], color: ColorMode) -> None:
    """End with exit code 5 if one of some warnings says that something was not read."""
    from citrus_cli.documents.notices import Notice

    codes = dict.fromkeys(one.code for one in map(Notice.of, warnings) if one.loss)
    if codes:
        listed = ", ".join(codes)
        notice(
            "citrus: error:", f"not everything was read, as --strict asks: {listed}", color, "1;31"
        )
        raise typer.Exit(ExitCode.NOT_ALL_READ)
