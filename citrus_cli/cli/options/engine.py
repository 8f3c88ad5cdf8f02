"""The options of model, method and store, as arguments of the Python API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.options.declaration import METHOD, MODEL, OUTPUT, STORE, choices, option
from citrus_cli.cli.options.sizes import parse_size
from citrus_cli.errors import UsageError
from citrus_cli.models.catalogue import DEFAULT_EMBEDDER
from citrus_cli.settings import (
    DEFAULT_ANSWER_TOKENS,
    DEFAULT_BUDGET,
    DEFAULT_CHUNK_SIZE,
    DEFAULT_MODEL,
    DEFAULT_POLICY,
    QUICK,
)

if TYPE_CHECKING:
    from citrus_cli.qa import DocumentQA


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
        help="How many tokens of the documents an answer rests on (with policies: states that "
        f"each layer keeps); by default {DEFAULT_BUDGET}.",
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


Embedder = Annotated[
    str | None,
    option(
        "--embedder",
        help=f"The sentence embedder: a built-in name, a folder or a Hugging Face id; by default "
        f"{DEFAULT_EMBEDDER}.",
        panel=METHOD,
        metavar="MODEL",
    ),
]
Find = Annotated[
    str | None,
    option(
        "--find",
        help="Which finders look: heads (of the language model), meaning (a sentence embedder), "
        "words (BM25); several by commas, by default all.",
        panel=METHOD,
        metavar="NAME,…",
    ),
]
Quick = Annotated[
    bool,
    option(
        "--quick",
        help="Find without the language model's heads: it reads nothing but what was found.",
        panel=METHOD,
    ),
]


@dataclass(frozen=True)
class IndexOptions:
    """What an index is made for."""

    find: Find = None
    quick: Quick = False
    embedder: Embedder = None


@dataclass(frozen=True)
class MethodOptions:
    """How the document is read."""

    policy: Annotated[
        str | None,
        option(
            "--policy",
            help="How documents are read: index makes an index and reads afresh what a question "
            "finds; citrus, standard, streaming and more (an unknown name lists all) keep states "
            f"while they read; by default {DEFAULT_POLICY}.",
            panel=METHOD,
            metavar="NAME",
            autocompletion=complete_policy,
        ),
    ] = None
    find: Find = None
    quick: Quick = False
    embedder: Embedder = None
    budget: Budget = None
    chunk_size: ChunkSize = None


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
class StoreOptions:
    """Whether what was read of documents is kept, and used again."""

    no_store: Annotated[
        bool,
        option(
            "--no-store",
            help="Read the documents afresh, and keep nothing of them.",
            panel=STORE,
        ),
    ] = False
    max_store: MaxStore = None


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


def engine_of(
    model: ModelOptions,
    method: MethodOptions | IndexOptions,
    store: StoreOptions | None = None,
    support: SupportOptions | None = None,
) -> dict[str, Any]:
    """The settings that were given: the API has the defaults, and judges the values."""
    settings = {**vars(model), **vars(method)}
    if settings.pop("quick"):
        if settings.get("find") is not None:
            raise UsageError("--quick is --find meaning,words: give one of them")
        settings["find"] = ",".join(QUICK)
    if store is not None:
        settings["store"] = False if store.no_store else None
        size = store.max_store
        settings["max_store"] = None if size is None else parse_size(size, "--max-store")
    if support is not None and support.always_answer:
        settings["always_answer"] = True
    return {name: value for name, value in settings.items() if value is not None}


def load_document_qa() -> type[DocumentQA]:
    """The Python API, imported only now: it brings the libraries that take seconds to import."""
    from citrus_cli.qa import DocumentQA

    return DocumentQA
