"""The report of `citrus doctor` for a person; in a pipe it is the same without colour."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from citrus_cli._version import __version__
from citrus_cli.cli.options.config import config_path
from citrus_cli.cli.output.streams import ColorMode, use_color, write_out
from citrus_cli.cli.output.tables import aligned
from citrus_cli.cli.output.text import one_line
from citrus_cli.models.catalogue import DEFAULT_MODEL
from citrus_cli.wording import human_bytes

if TYPE_CHECKING:
    from citrus_cli.models.doctor import Facts, Fit

_RECOMMENDED = 3
_PRECISIONS = {"4bit": "4 bit", "8bit": "8 bit", "none": "not quantized"}


def print_report(facts: Facts, obstacles: Sequence[str], color: ColorMode) -> None:
    """Print all of it on standard output."""
    styled = use_color(sys.stdout, color)
    for title, lines in report(facts, obstacles):
        heading = f"\x1b[1m{title}\x1b[0m" if styled else title
        write_out("\n".join([heading, *(f"  {line}".rstrip() for line in lines)]) + "\n")


def report(facts: Facts, obstacles: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The sections of the report: a title and its lines."""
    yield "System", _system(facts)
    yield "Devices", _devices(facts)
    yield "Packages", [_packages(facts)]
    yield "Cache", _cache(facts)
    yield _memory_title(facts), _fits(facts.fits)
    if facts.problems:
        yield "Problems", [line for one in facts.problems for line in _problem(one.what, one.cure)]
    if obstacles:
        yield "Not ready", [one_line(obstacle) for obstacle in obstacles]
    else:
        yield "Ready", _recommendation(facts)


def _system(facts: Facts) -> list[str]:
    features = f" ({', '.join(facts.cpu_features)})" if facts.cpu_features else ""
    there = "" if config_path().is_file() else " (there is none)"
    return [
        f"citrus {__version__}, Python {facts.python}, {one_line(facts.system)}",
        f"{facts.cpu_cores} processor cores{features}",
        f"config file: {one_line(str(config_path()))}{there}",
    ]


def _devices(facts: Facts) -> list[str]:
    lines = []
    for device in facts.devices:
        memory = f"{human_bytes(device.free_bytes)} free of {human_bytes(device.total_bytes)}"
        chosen = "; --device auto picks it" if device.is_default else ""
        lines.append(
            f"{device.name}: {one_line(device.description)}, {memory}, computes in "
            f"{device.dtype}{chosen}"
        )
    return lines


def _packages(facts: Facts) -> str:
    return ", ".join(f"{name} {found or 'missing'}" for name, found in facts.packages.items())


def _cache(facts: Facts) -> list[str]:
    writable = "writable" if facts.cache_writable else "not writable"
    return [
        f"{one_line(facts.cache_folder)}, {writable}",
        f"{human_bytes(facts.cache_bytes)} used, {human_bytes(facts.disk_free_bytes)} free on disk",
    ]


def _memory_title(facts: Facts) -> str:
    device = facts.devices[0]
    return (
        f"Memory needed for documents of any length, of {human_bytes(device.free_bytes)} free on "
        f"{device.name} (budget {facts.budget}, chunks of {facts.chunk_size})"
    )


def _fits(fits: Sequence[Fit]) -> list[str]:
    """A row for each model, a column for each precision; what does not fit says so."""
    by_model: dict[str, dict[str, Fit]] = {}
    for fit in fits:
        by_model.setdefault(fit.model, {})[fit.quantization] = fit
    rows = [["model", *_PRECISIONS.values(), "here"]]
    for model, each in by_model.items():
        cells = [_cell(each[precision]) for precision in _PRECISIONS]
        rows.append([model, *cells, "yes" if each["none"].is_here else "no"])
    lines = aligned(rows, [False, True, True, True, False]).splitlines()
    return lines if all(fit.fits for fit in fits) else [*lines, "in brackets: does not fit"]


def _cell(fit: Fit) -> str:
    needed = human_bytes(fit.needed_bytes)
    return needed if fit.fits else f"({needed})"


def _problem(what: str, cure: str) -> list[str]:
    return [one_line(what), f"  cure: {one_line(cure)}"]


def _recommendation(facts: Facts) -> list[str]:
    """The default model, and the largest that fit as they would run here by default."""
    automatic = "4bit" if facts.devices[0].name.startswith("cuda") else "none"
    fitting = [fit for fit in facts.fits if fit.fits and fit.quantization == automatic]
    fitting.sort(key=lambda fit: fit.parameters, reverse=True)
    default = [fit for fit in fitting if fit.model == DEFAULT_MODEL]
    larger = [fit for fit in fitting if fit.model != DEFAULT_MODEL][:_RECOMMENDED]
    return [_suggestion(fit) for fit in (*default, *larger)]


def _suggestion(fit: Fit) -> str:
    choice = "" if fit.model == DEFAULT_MODEL else f" -m {fit.model}"
    whence = "here" if fit.is_here else one_line(fit.note)
    needed = human_bytes(fit.needed_bytes)
    return f"citrus ask{choice} SOURCE QUESTION: {needed}, {fit.licence}, {whence}"
