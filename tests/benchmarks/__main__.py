"""`python -m tests.benchmarks`: measure sections, and write the results down."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from citrus_cli.bench.sections import Figure, Settings
from citrus_cli.errors import CitrusError
from citrus_cli.evals.questions.sets import read_question_set
from citrus_cli.evals.runs.journal import JournalBusyError
from citrus_cli.events import Event, Measuring
from citrus_cli.settings import DEFAULT_BUDGET, DEFAULT_CHUNK_SIZE, DEFAULT_MODEL
from tests.benchmarks import plan, policies, results
from tests.benchmarks.plan import Part
from tests.benchmarks.sections import SECTIONS, Bench

Measure = Callable[[], Sequence[Figure]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is named; 6 if something could not be measured."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    sections = _sections(options)
    if options.list:
        print("\n".join(sections))
        return 0
    unknown = [name for name in options.sections if name not in sections]
    if unknown:
        print(f"no section {unknown[0]!r}; choose from {', '.join(sections)}", file=sys.stderr)
        return 2
    failed = False
    for name in options.sections or sections:
        try:
            figures = sections[name]()
        except (CitrusError, JournalBusyError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed = True
            continue
        command = _command(name, given, options.sections)
        results.add([results.Row.of(figure, command) for figure in figures], options.results)
        for figure in figures:
            print(f"{name}: {figure.what}: {figure.value}", flush=True)
    return 6 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", help="what to measure; by default everything")
    parser.add_argument("--list", action="store_true", help="the names of all sections")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--quantize", default="auto")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--budget", type=int, default=DEFAULT_BUDGET)
    parser.add_argument("--chunk-size", type=int, default=DEFAULT_CHUNK_SIZE)
    parser.add_argument("--rounds", type=int, default=15, help="repetitions of a timed step")
    parser.add_argument("--policy", help="restricts sections that compare policies to one")
    parser.add_argument("--questions", type=Path, help="for citations and found")
    parser.add_argument(
        "--sets", type=Path, nargs="*", default=[], help="question sets, a section for each"
    )
    parser.add_argument("--limit", type=int, help="questions of each text of these sets")
    parser.add_argument("--results", type=Path, default=results.FOLDER, help="where they go")
    return parser


def _sections(options: argparse.Namespace) -> dict[str, Measure]:
    names = ("model", "quantize", "device", "budget", "chunk_size", "rounds", "policy")
    settings = Settings(**{name: getattr(options, name) for name in names})
    bench = Bench(settings, options.questions)
    sets = [(file, read_question_set(file, options.limit)) for file in options.sets]
    return {
        **{name: partial(_listed, bench, name) for name in SECTIONS},
        **{part.name: partial(_policies, part, settings) for part in plan.parts(sets)},
    }


def _listed(bench: Bench, name: str) -> list[Figure]:
    return list(SECTIONS[name](bench))


def _policies(part: Part, settings: Settings) -> list[Figure]:
    figures, failures = policies.measure(part, settings, _progress)
    for failure in failures:
        print(f"{part.name}: {failure}", file=sys.stderr)
    return figures


def _progress(event: Event) -> None:
    if isinstance(event, Measuring) and sys.stderr.isatty():
        print(f"\r{event.done}/{event.total} {event.what}\x1b[K", end="", file=sys.stderr)


def _command(section: str, given: Sequence[str], sections: Sequence[str]) -> str:
    """What measures this section alone, with the same options."""
    options = [one for one in given if one not in sections]
    return shlex.join(["python", "-m", "tests.benchmarks", section, *options])


if __name__ == "__main__":
    sys.exit(main())
