"""From an exception to one line on standard error and an exit code."""

from __future__ import annotations

import traceback

import typer

from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.output.streams import ColorMode, OutputClosedError, notice, write_error
from citrus_cli.errors import CitrusError

# What typer raises for a bad command line. Its home moved between releases, its ancestry did not:
# BadParameter, UsageError, ClickException.
CommandLineError: type[Exception] = typer.BadParameter.__mro__[1]
_Shown = typer.BadParameter.__mro__[2]


def report(error: BaseException, *, debug: bool, color: ColorMode = ColorMode.AUTO) -> ExitCode:
    """Say what happened, in one line, and return the code to end with."""
    if isinstance(error, OutputClosedError) or reader_left(error):
        return ExitCode.PIPE_CLOSED
    if debug:
        write_error("".join(traceback.format_exception(error)))
    if isinstance(error, KeyboardInterrupt):
        details = f"; {error}" if str(error) else ""
        notice("citrus:", f"interrupted{details}", color, "1;33")
        return ExitCode.INTERRUPTED
    message, code = _explain(error, debug)
    notice("citrus: error:", message, color, "1;31")
    return code


def report_command_line(error: Exception, color: ColorMode = ColorMode.AUTO) -> ExitCode:
    """A command line that cannot be parsed: what is wrong, and where the right one is shown."""
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    notice("citrus: error:", _lower_first(message) + _from_file(error), color, "1;31")
    path = context.command_path if context is not None else "citrus"
    write_error(f"Try '{path} --help'.\n")
    return ExitCode.USAGE


def is_command_line_error(error: BaseException) -> bool:
    """Whether typer raised this for the user to see."""
    return isinstance(error, _Shown)


def _explain(error: BaseException, debug: bool) -> tuple[str, ExitCode]:
    if isinstance(error, CitrusError):
        return str(error), ExitCode(error.exit_code)
    if _is_out_of_memory(error):
        cure = "choose a smaller model, --budget or --chunk-size, or --quantize 4bit"
        return f"out of memory; {cure}", ExitCode.MEMORY
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    hint = "" if debug else " (run again with --debug for the traceback)"
    return f"unexpected {what}{hint}", ExitCode.FAILED


def _is_out_of_memory(error: BaseException) -> bool:
    """MemoryError, and torch's own exception: by name, since torch may not be imported."""
    names = {one.__name__ for one in type(error).__mro__}
    return isinstance(error, MemoryError) or "OutOfMemoryError" in names


def reader_left(error: BaseException) -> bool:
    """Whether this is how typer and Rich leave when the reader of their output is gone."""
    return isinstance(error, SystemExit) and isinstance(error.__context__, BrokenPipeError)


def _from_file(error: Exception) -> str:
    """Where a refused value came from, when it was not typed."""
    context, param = getattr(error, "ctx", None), getattr(error, "param", None)
    if context is None or param is None:
        return ""
    source = context.get_parameter_source(param.name)
    if source is None or source.name != "DEFAULT_MAP":
        return ""
    from citrus_cli.cli.options.config import config_path

    return f" (from the config file {config_path()})"


def _lower_first(message: str) -> str:
    return message[:1].lower() + message[1:]
