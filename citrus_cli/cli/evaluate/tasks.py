"""The options of single tasks of `citrus eval`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from citrus_cli.cli.evaluate.options import TASK
from citrus_cli.cli.options.declaration import option

Keys = Annotated[
    int,
    option(
        "--trials",
        help="Numbers hidden in texts of each length, at even depths; by default 5.",
        panel=TASK,
        metavar="NUMBER",
        env=False,
        min=1,
    ),
]
Trials = Annotated[
    int,
    option(
        "--trials",
        help="Texts for each length and depth; by default 1.",
        panel=TASK,
        metavar="NUMBER",
        env=False,
        min=1,
    ),
]
Depths = Annotated[
    int,
    option(
        "--depths",
        help="At how many even depths facts are planted; by default 5.",
        panel=TASK,
        metavar="NUMBER",
        env=False,
        min=1,
    ),
]
Needles = Annotated[
    int,
    option(
        "--needles",
        help="Facts in each text, each with its question; by default 1.",
        panel=TASK,
        metavar="NUMBER",
        env=False,
    ),
]
Together = Annotated[
    bool,
    option(
        "--together",
        help="One question that needs all --needles facts of a text at once.",
        panel=TASK,
        env=False,
    ),
]
Paraphrase = Annotated[
    bool,
    option(
        "--paraphrase",
        help="Ask in words of which the planted sentence has none.",
        panel=TASK,
        env=False,
    ),
]
FillerFiles = Annotated[
    list[str] | None,
    option(
        "--filler",
        help="Document that the texts are made of (repeatable); by default the language "
        "reference that comes with Python.",
        panel=TASK,
        metavar="FILE",
        env=False,
    ),
]
RepeatFiller = Annotated[
    bool,
    option(
        "--repeat-filler",
        help="Begin again with the files of --filler where a text is longer.",
        panel=TASK,
        env=False,
    ),
]
SetFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE.jsonl",
        help="Rows with text (or document, a path beside the file), question (or questions) and "
        "answers; or LongBench's, with context, input and answers.",
        show_default=False,
    ),
]
Limit = Annotated[
    int | None,
    option(
        "--limit",
        help="Only the first so many questions.",
        panel=TASK,
        metavar="QUESTIONS",
        env=False,
        min=1,
    ),
]

TextFiles = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE…",
        help="A long text; of several documents, one after the other.",
        show_default=False,
    ),
]
Prefixes = Annotated[
    list[str] | None,
    option(
        "--lengths",
        help="Read only so many tokens, with commas or repeated; by default all.",
        panel=TASK,
        metavar="TOKENS,…",
        env=False,
    ),
]
TextTokens = Annotated[
    int,
    option(
        "--tokens",
        help="How many tokens of the text are predicted; by default 12,000.",
        panel=TASK,
        metavar="TOKENS",
        env=False,
        min=2,
    ),
]
Rounds = Annotated[
    int,
    option(
        "--trials",
        help="Repetitions of each measurement, whose median counts; by default 1.",
        panel=TASK,
        metavar="NUMBER",
        env=False,
        min=1,
    ),
]
