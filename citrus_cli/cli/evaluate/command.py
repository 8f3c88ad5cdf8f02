"""`citrus eval`: prove on this machine what is remembered of long texts, and at what price."""

from __future__ import annotations

import typer

from citrus_cli.cli.evaluate.options import EvalOptions, Lengths, NoOracle, numbers
from citrus_cli.cli.evaluate.run import Evaluation
from citrus_cli.cli.evaluate.table import table
from citrus_cli.cli.evaluate.tasks import (
    Depths,
    FillerFiles,
    Keys,
    Limit,
    Needles,
    Paraphrase,
    Prefixes,
    RepeatFiller,
    Rounds,
    SetFile,
    TextFiles,
    TextTokens,
    Together,
    Trials,
)
from citrus_cli.cli.options.declaration import grouped
from citrus_cli.cli.options.engine import ModelOptions
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.program.group import Command, Subcommands


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
