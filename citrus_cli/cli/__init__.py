"""The command line of citrus: what a person types and sees."""

from __future__ import annotations

from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> int:
    """Run `citrus` with these arguments (the process's own by default); returns its exit code."""
    from citrus_cli.cli.output import streams
    from citrus_cli.cli.program import failures, interrupts

    interrupts.install()
    streams.prepare()
    try:
        from citrus_cli.cli.app import program

        return int(program().main(args, standalone_mode=False))
    except KeyboardInterrupt as error:  # before there was a command to stop
        return failures.report(error, debug=False)
