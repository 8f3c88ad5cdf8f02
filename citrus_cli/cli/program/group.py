"""How `citrus` runs as a program: exit codes, plain help in pipes, settings in force."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.options.dashes import shielded, unshielded
from citrus_cli.cli.options.precedence import general_of, remember_general
from citrus_cli.cli.output.streams import OutputClosedError, abandon_stdout, is_terminal, write_out
from citrus_cli.cli.program import failures, interrupts


class _Polite:
    """What every command of `citrus` does in its own way: help, and complaints."""

    rich_markup_mode: Any

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Draw panels for a person, plain text for a pipe.

        Help is also shown when the config file is broken, since it may be what repairs it.
        """
        ctx.default_map = None
        if not is_terminal(sys.stdout):
            self.rich_markup_mode = None
        super().format_help(ctx, formatter)  # type: ignore[misc]

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Parse the command line; a complaint knows which command's help to name."""
        try:
            rest = super().parse_args(ctx, shielded(args, _options(self)))  # type: ignore[misc]
            ctx.params = {name: unshielded(value) for name, value in ctx.params.items()}
            return rest
        except failures.CommandLineError as error:
            error.ctx = getattr(error, "ctx", None) or ctx  # type: ignore[attr-defined]
            raise
        except BrokenPipeError:  # help is printed while parsing
            abandon_stdout()
            raise OutputClosedError from None


class Command(_Polite, TyperCommand):
    """A command of `citrus`."""

    def invoke(self, ctx: Any) -> Any:
        """Run it, with its general options known to whoever reports failures."""
        remember_general(ctx)
        return super().invoke(ctx)


class Subcommands(_Polite, TyperGroup):
    """A command of `citrus` that has commands of its own."""

    def invoke(self, ctx: Any) -> Any:
        """Run it, with its general options known to whoever reports failures."""
        remember_general(ctx)
        return super().invoke(ctx)


class Program(_Polite, TyperGroup):
    """`citrus` itself: whatever happens inside becomes an exit code, and at most one line."""

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, *, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        """Run the program; the exit code is raised as SystemExit, or returned."""
        code = int(self._run(args, **extra))
        code = _flushed(code)
        if standalone_mode:
            sys.exit(code)
        return code

    def _run(self, args: Sequence[str] | None, **extra: Any) -> int:
        extra["prog_name"] = "citrus"  # as in completion scripts, however python was started
        try:
            ended = super().main(args, standalone_mode=False, **extra)
        except SystemExit as leaving:
            if failures.reader_left(leaving):
                abandon_stdout()
                return ExitCode.PIPE_CLOSED
            return leaving.code if isinstance(leaving.code, int) else ExitCode.FAILED
        except typer.Abort:
            return failures.report(KeyboardInterrupt(), debug=False)
        except Exception as error:
            if failures.is_command_line_error(error):
                return failures.report_command_line(error)
            return failures.report(error, debug=False)
        return ended if isinstance(ended, int) else ExitCode.ANSWERED

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Parse the program's own options; without a command, show what there is."""
        if not args and not ctx.resilient_parsing:
            write_out(f"{ctx.get_help()}\n")
            raise typer.Exit(ExitCode.USAGE)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command inside, before typer gives its own meaning to what it raises."""
        try:
            result = super().invoke(ctx)
        except (typer.Exit, SystemExit):
            raise
        except BaseException as error:
            if failures.is_command_line_error(error):
                raise
            color, debug = general_of(ctx)
            raise typer.Exit(failures.report(error, debug=debug, color=color)) from None
        if interrupts.pressed():  # whoever caught it: the caller must learn of it
            raise typer.Exit(ExitCode.INTERRUPTED)
        return result


def _options(command: Any) -> set[str]:
    """Every spelling of every option of a command."""
    spellings = {"--help", "-h"}
    for parameter in command.params:
        spellings.update((*parameter.opts, *parameter.secondary_opts))
    return spellings


def _flushed(code: int) -> int:
    """Write out what is buffered: at shutdown the interpreter would complain in its own way."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        abandon_stdout()
        return failures.report(OutputClosedError(), debug=False)
    except OSError as error:
        abandon_stdout()
        return failures.report(error, debug=False)
    return code
