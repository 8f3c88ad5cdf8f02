"""The options that commands share, in groups as the help shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from citrus_cli.cli.declaring import choices, option
from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.streams import ColorMode
from citrus_cli.settings import (
    DEFAULT_ANSWER_TOKENS,
    DEFAULT_BUDGET,
    DEFAULT_CHUNK_SIZE,
    DEFAULT_MODEL,
    DEFAULT_POLICY,
)

DOCUMENTS = "Documents"
MODEL = "Model"
METHOD = "Method"
STORE = "Store"
OUTPUT = "Output"
GENERAL = "General"


def complete_model(incomplete: str) -> list[str]:
    """The names that citrus knows, for shell completion."""
    from citrus_cli.models.catalogue import CATALOGUE

    return [model.name for model in CATALOGUE if model.name.startswith(incomplete)]


def complete_policy(incomplete: str) -> list[str]:
    """Policy names, for shell completion: slow the first time, since the engine is imported."""
    from citrus_cli.engine.policies import POLICIES

    return [name for name in POLICIES if name.startswith(incomplete)]


def complete_policies(incomplete: str) -> list[str]:
    """The last of several names, for shell completion; as slow as `complete_policy`."""
    from citrus_cli.evals.methods import METHODS

    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in METHODS if name.startswith(last)]


@dataclass(frozen=True)
class GeneralOptions:
    """What every command has, and `citrus` itself too."""

    color: Annotated[
        ColorMode,
        option(
            "--color",
            help="Colours: auto is yes on a terminal, unless NO_COLOR is set or TERM is dumb.",
            panel=GENERAL,
            metavar="auto|always|never",
        ),
    ] = ColorMode.AUTO
    debug: Annotated[
        bool, option("--debug", help="Show the traceback of an error.", panel=GENERAL)
    ] = False


@dataclass(frozen=True)
class DocumentOptions:
    """How documents are opened."""

    pages: Annotated[
        str | None,
        option(
            "--pages", help="Read only these pages, e.g. 5-10,14.", panel=DOCUMENTS, metavar="PAGES"
        ),
    ] = None
    password: Annotated[
        str | None,
        option("--password", help="Password of an encrypted PDF.", panel=DOCUMENTS, metavar="TEXT"),
    ] = None
    password_file: Annotated[
        str | None,
        option(
            "--password-file",
            help="File whose first line is that password, so that it stays out of the shell's "
            "history.",
            panel=DOCUMENTS,
            metavar="FILE",
        ),
    ] = None
    encoding: Annotated[
        str | None,
        option(
            "--encoding",
            help="Encoding of text that is not UTF-8, e.g. cp1252.",
            panel=DOCUMENTS,
            metavar="NAME",
        ),
    ] = None


@dataclass(frozen=True)
class StrictOptions:
    """Whether it is a failure that something of a document is not in its text."""

    strict: Annotated[
        bool,
        option(
            "--strict",
            help=f"End with exit code {ExitCode.NOT_ALL_READ.value} when a warning says that "
            "something of the documents was not read.",
            panel=DOCUMENTS,
        ),
    ] = False


@dataclass(frozen=True)
class ModelOptions:
    """Which model answers, where and how precisely."""

    model: Annotated[
        str | None,
        option(
            "--model",
            "-m",
            help="A built-in name (citrus models lists them), a model folder, a GGUF file or a "
            f"Hugging Face id; by default {DEFAULT_MODEL}.",
            panel=MODEL,
            metavar="MODEL",
            autocompletion=complete_model,
        ),
    ] = None
    quantize: Annotated[
        str | None,
        option(
            "--quantize",
            help="Precision of the weights; auto is 4bit on CUDA, none elsewhere.",
            panel=MODEL,
            **choices("auto", "4bit", "8bit", "none"),
        ),
    ] = None
    device: Annotated[
        str | None,
        option(
            "--device",
            help="Where the model runs.",
            panel=MODEL,
            **choices("auto", "cuda", "mps", "cpu"),
        ),
    ] = None
    max_answer_tokens: Annotated[
        int | None,
        option(
            "--max-answer-tokens",
            help=f"Longest answer, in tokens; by default {DEFAULT_ANSWER_TOKENS}.",
            panel=MODEL,
            metavar="TOKENS",
        ),
    ] = None
    system: Annotated[
        str | None,
        option(
            "--system",
            "-s",
            help="System prompt: who the model is and how it answers.",
            panel=MODEL,
            metavar="TEXT",
        ),
    ] = None


Budget = Annotated[
    int | None,
    option(
        "--budget",
        help=f"How many states of the document each layer keeps; by default {DEFAULT_BUDGET}.",
        panel=METHOD,
        metavar="STATES",
    ),
]
ChunkSize = Annotated[
    int | None,
    option(
        "--chunk-size",
        help=f"How many tokens one forward pass reads; by default {DEFAULT_CHUNK_SIZE}.",
        panel=METHOD,
        metavar="TOKENS",
    ),
]


@dataclass(frozen=True)
class MethodOptions:
    """How the document is read."""

    policy: Annotated[
        str | None,
        option(
            "--policy",
            help="Rule that chooses which states are kept: citrus-reread, citrus, standard, "
            f"streaming and more (an unknown name lists all); by default {DEFAULT_POLICY}.",
            panel=METHOD,
            metavar="NAME",
            autocompletion=complete_policy,
        ),
    ] = None
    budget: Budget = None
    chunk_size: ChunkSize = None


@dataclass(frozen=True)
class StoreOptions:
    """Whether documents that were ingested are answered from the store."""

    no_store: Annotated[
        bool,
        option(
            "--no-store",
            help="Read the documents afresh, even if citrus ingest has stored them.",
            panel=STORE,
        ),
    ] = False


@dataclass(frozen=True)
class SupportOptions:
    """What happens to answers that the documents do not hold, or hardly support."""

    always_answer: Annotated[
        bool,
        option(
            "--always-answer",
            help="Answer even when the documents do not seem to hold an answer.",
            panel=METHOD,
        ),
    ] = False
    fail_if_unsupported: Annotated[
        bool,
        option(
            "--fail-if-unsupported",
            help=f"End with exit code {ExitCode.UNSUPPORTED.value} when an answer is not in the "
            "documents, or hardly rests on them.",
            panel=OUTPUT,
        ),
    ] = False


MaxStore = Annotated[
    str | None,
    option(
        "--max-store",
        help="How large the store may become, e.g. 500MB or 20GB (the default); the least "
        "recently used documents go first.",
        panel=STORE,
        metavar="SIZE",
    ),
]


@dataclass(frozen=True)
class PictureOptions:
    """Pictures of what was kept for an answer."""

    report: Annotated[
        str | None,
        option(
            "--report",
            help="Write a page for the browser: answer, sources, and every page with what was kept "
            "of it.",
            panel=OUTPUT,
            metavar="FILE.html",
        ),
    ] = None
    heatmap: Annotated[
        str | None,
        option(
            "--heatmap",
            help="Write the map of the document, pages by layers.",
            panel=OUTPUT,
            metavar="FILE.png|svg",
        ),
    ] = None
    highlight: Annotated[
        str | None,
        option(
            "--highlight",
            help="Write a copy of the PDF with the sources highlighted.",
            panel=OUTPUT,
            metavar="FILE.pdf",
        ),
    ] = None


@dataclass(frozen=True)
class OutputOptions:
    """What is written, and where."""

    json: Annotated[
        bool,
        option(
            "--json",
            help="One JSON object; for several questions one list of them.",
            panel=OUTPUT,
        ),
    ] = False
    jsonl: Annotated[
        bool,
        option("--jsonl", help="One line of JSON for each answer, when it is done.", panel=OUTPUT),
    ] = False
    output: Annotated[
        str | None,
        option(
            "--output",
            help="Write the result to a file, which is whole or not there.",
            panel=OUTPUT,
            metavar="FILE",
        ),
    ] = None
    overwrite: Annotated[
        bool, option("--overwrite", help="Let --output replace a file.", panel=OUTPUT)
    ] = False
    no_sources: Annotated[
        bool,
        option(
            "--no-sources",
            help="Neither look for the passages that an answer comes from, nor look its numbers "
            "and names up.",
            panel=OUTPUT,
        ),
    ] = False
    explain: Annotated[
        bool,
        option(
            "--explain",
            help="Take each source away in turn, and say how much less likely the answer becomes.",
            panel=OUTPUT,
        ),
    ] = False
    no_stream: Annotated[
        bool,
        option(
            "--no-stream",
            help="Print an answer when it is complete, not as it is written.",
            panel=OUTPUT,
        ),
    ] = False
    verbose: Annotated[
        bool,
        option(
            "--verbose",
            "-v",
            help="The receipt on standard error in a pipe too, and more in it. On a terminal "
            "citrus ask also draws which pages were kept.",
            panel=OUTPUT,
        ),
    ] = False
    quiet: Annotated[
        bool,
        option(
            "--quiet",
            help="Only answers and errors: no progress, receipt or warnings.",
            panel=OUTPUT,
        ),
    ] = False
