"""`citrus eval`: prove on this machine what is remembered of long texts, and at what price."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from citrus_cli.cli.declaring import grouped, option
from citrus_cli.cli.eval_options import TASK, EvalOptions, Lengths, NoOracle, numbers
from citrus_cli.cli.eval_run import Evaluation
from citrus_cli.cli.eval_table import table
from citrus_cli.cli.group import Command, Subcommands
from citrus_cli.cli.options import GeneralOptions, ModelOptions

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


def register(app: typer.Typer) -> None:
    """Add the command and its tasks to the program."""
    group = typer.Typer(
        name="eval",
        cls=Subcommands,
        rich_markup_mode="rich",
        no_args_is_help=True,
        help="Prove on this machine what policies remember of long texts.",
    )
    group.command("passkey", cls=Command)(passkey)
    group.command("needle", cls=Command)(needle)
    group.command("qa", cls=Command)(qa)
    group.command("perplexity", cls=Command)(perplexity)
    group.command("neglect", cls=Command)(neglect)
    group.command("latency", cls=Command)(latency)
    group.command("table", cls=Command)(table)
    app.add_typer(group)


@grouped
def passkey(
    *,
    context: typer.Context,
    lengths: Lengths = None,
    trials: Keys = 5,
    no_oracle: NoOracle = False,
    options: EvalOptions,
    model: ModelOptions,
    general: GeneralOptions,
) -> None:
    """Find numbers that are hidden in repetitive text."""
    evaluation = Evaluation(context, options, model)
    evaluation.begin()
    from citrus_cli.evals.hidden import PasskeyTask

    scope = evaluation.scope()
    wanted = numbers(lengths, "--lengths", (2_000, 8_000))
    task = PasskeyTask(scope, wanted, trials, oracle=not no_oracle)
    task.answer_tokens = evaluation.answer_tokens(task.answer_tokens)
    evaluation.run(task)


@grouped
def needle(
    *,
    context: typer.Context,
    lengths: Lengths = None,
    depths: Depths = 5,
    trials: Trials = 1,
    needles: Needles = 1,
    together: Together = False,
    paraphrase: Paraphrase = False,
    filler: FillerFiles = None,
    repeat_filler: RepeatFiller = False,
    no_oracle: NoOracle = False,
    options: EvalOptions,
    model: ModelOptions,
    general: GeneralOptions,
) -> None:
    """Find invented facts that are planted in text."""
    evaluation = Evaluation(context, options, model)
    evaluation.begin()
    from citrus_cli.evals.fillers import built_in_filler, file_filler
    from citrus_cli.evals.needle import NeedleTask

    scope = evaluation.scope()
    task = NeedleTask(
        scope,
        numbers(lengths, "--lengths", (2_000, 8_000)),
        file_filler(filler, repeats=repeat_filler) if filler else built_in_filler(),
        depths=depths,
        trials=trials,
        needles=needles,
        together=together,
        paraphrase=paraphrase,
        oracle=not no_oracle,
    )
    task.answer_tokens = evaluation.answer_tokens(task.answer_tokens)
    evaluation.run(task)


@grouped
def qa(
    *,
    context: typer.Context,
    file: SetFile,
    limit: Limit = None,
    no_oracle: NoOracle = False,
    options: EvalOptions,
    model: ModelOptions,
    general: GeneralOptions,
) -> None:
    """Answer the questions of a set, and score them."""
    evaluation = Evaluation(context, options, model)
    evaluation.begin()
    from citrus_cli.evals.question_sets import read_question_set
    from citrus_cli.evals.questions import DEFAULT_ANSWER_TOKENS, QuestionsTask

    scope = evaluation.scope()
    questions = read_question_set(file, limit)
    evaluation.warn_of(questions)
    answer_tokens = evaluation.answer_tokens(DEFAULT_ANSWER_TOKENS)
    evaluation.run(
        QuestionsTask(scope, questions, answer_tokens=answer_tokens, oracle=not no_oracle)
    )


@grouped
def perplexity(
    *,
    context: typer.Context,
    files: TextFiles,
    lengths: Prefixes = None,
    options: EvalOptions,
    model: ModelOptions,
    general: GeneralOptions,
) -> None:
    """Predict the words of a long text."""
    evaluation = Evaluation(context, options, model)
    evaluation.begin()
    from citrus_cli.evals.fillers import file_filler
    from citrus_cli.evals.perplexity_task import KNOWN, PerplexityTask

    scope = evaluation.scope(KNOWN)
    evaluation.run(PerplexityTask(scope, file_filler(files), numbers(lengths, "--lengths", ())))


@grouped
def neglect(
    *,
    context: typer.Context,
    files: TextFiles,
    tokens: TextTokens = 12_000,
    lengths: Lengths = None,
    options: EvalOptions,
    model: ModelOptions,
    general: GeneralOptions,
) -> None:
    """Predict words, and find numbers, side by side."""
    evaluation = Evaluation(context, options, model)
    evaluation.begin()
    from citrus_cli.evals.fillers import file_filler
    from citrus_cli.evals.neglect_task import NeglectTask
    from citrus_cli.evals.perplexity_task import KNOWN

    scope = evaluation.scope(KNOWN)
    wanted = numbers(lengths, "--lengths", (2_000, 8_000))
    task = NeglectTask(scope, file_filler(files), tokens, wanted)
    task.passkey.answer_tokens = model.max_answer_tokens or task.passkey.answer_tokens
    task.answer_tokens = task.passkey.answer_tokens
    evaluation.run(task)


@grouped
def latency(
    *,
    context: typer.Context,
    lengths: Lengths = None,
    trials: Rounds = 1,
    options: EvalOptions,
    model: ModelOptions,
    general: GeneralOptions,
) -> None:
    """Measure time and memory against length."""
    evaluation = Evaluation(context, options, model)
    evaluation.begin()
    from citrus_cli.evals.latency_task import LatencyTask, known

    scope = evaluation.scope(known())
    wanted = numbers(lengths, "--lengths", (2_000, 8_000))
    task = LatencyTask(scope, evaluation.settings(), wanted, trials)
    # a speed takes two tokens at least
    task.answer_tokens = evaluation.answer_tokens(task.answer_tokens, least=2)
    evaluation.run(task)
