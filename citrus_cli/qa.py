"""DocumentQA: ask documents from Python. The command line is built on this alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from citrus_cli.answer import Answer
from citrus_cli.errors import UsageError
from citrus_cli.events import Listener, ignore
from citrus_cli.models.catalogue import DEFAULT_EMBEDDER
from citrus_cli.settings import (
    DEFAULT_ANSWER_TOKENS,
    DEFAULT_BUDGET,
    DEFAULT_CHUNK_SIZE,
    DEFAULT_MODEL,
    DEFAULT_POLICY,
    FINDERS,
    Settings,
    finders,
)

if TYPE_CHECKING:
    from citrus_cli.answering import Answering
    from citrus_cli.conversation import Conversation
    from citrus_cli.documents import Document
    from citrus_cli.pictures.model import Picture
    from citrus_cli.pipeline.finding import Found
    from citrus_cli.pipeline.indexes import Indexed, Indexes
    from citrus_cli.pipeline.tools import Tools
    from citrus_cli.run import Runner


@dataclass(frozen=True)
class Opening:
    """How documents are opened."""

    pages: str | None
    password: str | None
    encoding: str | None
    stdin: BinaryIO | None


Sources = str | PathLike[str] | Sequence[str | PathLike[str]]


class DocumentQA:
    """Answers questions about documents of any length, in memory that does not grow with them.

    The model is loaded at the first question and kept. Example::

        from citrus_cli import DocumentQA

        qa = DocumentQA(budget=768)
        print(qa.ask("report.pdf", "What were Q3 risks?").answer)
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        *,
        policy: str | None = None,
        find: str | Sequence[str] = FINDERS,
        embedder: str | None = None,
        budget: int | None = None,
        chunk_size: int | None = None,
        quantize: str = "auto",
        device: str = "auto",
        max_answer_tokens: int | None = None,
        system: str | None = None,
        store: bool = True,
        max_store: int | None = None,
        evidence: bool = True,
        explain: bool = False,
        always_answer: bool = False,
        on_event: Listener = ignore,
        on_picture: Callable[[Picture], None] | None = None,
    ) -> None:
        """Settle how to answer; nothing is loaded yet.

        Args:
            model: a built-in name, a local folder, a local GGUF file, or a Hugging Face id.
            policy: how documents are read: `index`, or a policy that keeps states (`citrus`,
                `citrus-individual`, `standard`, `streaming` or another of the engine's `POLICIES`).
            find: which finders look in an index: `heads`, `meaning`, `words`.
            embedder: the sentence embedder: a built-in name, a folder or a Hugging Face id.
            budget: tokens that an answer rests on, or states of the document kept per layer.
            chunk_size: tokens of the document read in one forward pass.
            quantize: `auto`, `4bit` (NF4), `8bit` or `none`.
            device: `auto`, `cuda`, `mps` or `cpu`.
            max_answer_tokens: an answer is cut after so many tokens.
            system: the system message; None for the built-in one.
            store: whether documents' indexes are kept, and used again.
            max_store: bytes that all that is kept may take; the least recently used go first.
            evidence: whether an answer's sources are found, and its claims are looked up.
            explain: whether each source is also taken away in turn, to see what it does.
            always_answer: answer even where the documents do not seem to hold an answer.
            on_event: called with what happens, as `citrus_cli.events` describes it.
            on_picture: called with each answer's picture, for `citrus_cli.pictures` to draw.

        Raises:
            UsageError: a setting makes no sense.
        """
        self.settings = Settings(
            model=model,
            policy=DEFAULT_POLICY if policy is None else policy,
            find=finders(find),
            embedder=DEFAULT_EMBEDDER if embedder is None else embedder,
            budget=DEFAULT_BUDGET if budget is None else budget,
            chunk_size=DEFAULT_CHUNK_SIZE if chunk_size is None else chunk_size,
            quantize=quantize,
            device=device,
            max_answer_tokens=(
                DEFAULT_ANSWER_TOKENS if max_answer_tokens is None else max_answer_tokens
            ),
            system=system,
            evidence=evidence,
            explain=explain,
            always_answer=always_answer,
        )
        self.on_event = on_event
        self.on_picture = on_picture
        self._use_store, self._max_store = store, max_store
        self._runner: Runner | None = None
        self._made_tools: Tools | None = None

    def ask(
        self,
        sources: Sources,
        question: str,
        *,
        pages: str | None = None,
        password: str | None = None,
        encoding: str | None = None,
        stdin: BinaryIO | None = None,
    ) -> Answer:
        """Answer one question about one or more documents.

        Args:
            sources: a path, a folder, a glob pattern, `-` for standard input, or several of them;
                several documents are read in order, each named to the model.
            question: what to ask.
            pages: read only these pages, such as `"5-10,14"` (1-based).
            password: opens encrypted PDF documents.
            encoding: of text documents; None: UTF-8, or what a byte order mark says.
            stdin: what `-` reads; None: the process's standard input.

        Raises:
            UsageError: the question is empty, or the request makes no sense.
            DocumentError: a document cannot be read, or holds no text.
            ModelError: the model cannot be had, loaded or served.
            MemoryLimitError: the run needs more memory than there is.
        """
        (answer,) = self.ask_all(
            sources, [question], pages=pages, password=password, encoding=encoding, stdin=stdin
        )
        return answer

    def ask_all(
        self,
        sources: Sources,
        questions: Sequence[str],
        *,
        pages: str | None = None,
        password: str | None = None,
        encoding: str | None = None,
        stdin: BinaryIO | None = None,
    ) -> Iterator[Answer]:
        """Answer several questions about the same documents; yields each answer as it is finished.

        With an index, with individual caches (`citrus-individual`), and with policies that do not
        ask the question while they read (`standard`, `streaming`, …), the documents are read once
        for all questions, with any other once for each. When interrupted
        (KeyboardInterrupt) while answering, the answer so far is yielded with `complete` False, and
        the interrupt is raised at the next step.

        Arguments and errors as for `ask`.
        """
        asked = [question.strip() for question in questions]
        if not asked or not all(asked):
            raise UsageError("the question is empty; say what you want to know")
        opening = Opening(pages, password, encoding, stdin)
        with ExitStack() as context:
            documents = context.enter_context(self._opened(sources, opening))
            started = time.perf_counter()
            runner = self.runner()
            answering = self._answering(runner, documents, opening, context)
            load_seconds = time.perf_counter() - started
            yield from answering.answers(asked, load_seconds)

    def index(
        self,
        sources: Sources,
        *,
        pages: str | None = None,
        password: str | None = None,
        encoding: str | None = None,
        again: bool = False,
    ) -> Indexed:
        """Make the indexes of documents, so that questions about them need no reading.

        What the library has already is left as it is, unless it is to be made `again`.

        Args:
            sources, pages, encoding: as for `ask`; standard input cannot be kept.
            password: refused: what needed one is not kept.

        Raises:
            UsageError: a source cannot be kept.
            DocumentError, ModelError, MemoryLimitError: as for `ask`.
            CitrusError: the disk is full, or the library cannot be written.
        """
        from citrus_cli.pipeline.indexes import Indexed

        if password is not None:
            raise UsageError("documents that need a password are not kept: ask them directly")
        opening = Opening(pages, None, encoding, None)
        with self._opened(sources, opening) as documents:
            for document in documents:
                if document.file is None:
                    raise UsageError(
                        f"{document.name} is a stream and cannot be kept; save it to a file first"
                    )
            tools = self._tools()
            with self._indexes(tools, opening, keep=True) as indexes:
                entries = indexes.kept(documents, again=again)
                return Indexed(entries, indexes.made, (*tools.warnings, *indexes.said()))

    def ingest(self, *_: object, **__: object) -> NoReturn:
        """Gone with the store of states: `index` keeps what was read of documents.

        Raises:
            UsageError: always.
        """
        raise UsageError("DocumentQA.ingest is gone: DocumentQA.index keeps documents' indexes")

    def conversation(
        self,
        sources: Sources,
        *,
        pages: str | None = None,
        password: str | None = None,
        encoding: str | None = None,
        stdin: BinaryIO | None = None,
    ) -> Conversation:
        """Begin a conversation about documents; those that were not read before are read now.

        With a policy that keeps states each question reads them again.

        Arguments and errors as for `ask`. Close the conversation, or use it as a context manager.
        """
        from citrus_cli.conversation import Conversation

        opening = Opening(pages, password, encoding, stdin)
        context = ExitStack()
        try:
            documents = context.enter_context(self._opened(sources, opening))
            answering = self._answering(self.runner(), documents, opening, context)
            return Conversation(answering, context)
        except BaseException:
            context.close()
            raise

    def find(
        self,
        sources: Sources,
        question: str,
        *,
        most: int = 5,
        pages: str | None = None,
        password: str | None = None,
        encoding: str | None = None,
        stdin: BinaryIO | None = None,
    ) -> Found:
        """The passages that answer a question, best first; no answer is written.

        Without `heads` among the finders no language model is loaded.

        Args:
            sources, question, pages, password, encoding, stdin: as for `ask`.
            most: at most so many passages; of each page one comes before a second of any.

        Raises:
            UsageError, DocumentError, ModelError: as for `ask`.
        """
        from citrus_cli.index.corpus import Corpus
        from citrus_cli.pipeline.finding import Found, find, passages

        if not question.strip():
            raise UsageError("the question is empty; say what you want to know")
        if most < 1:
            raise UsageError(f"at least one passage must be wanted, not {most}")
        opening = Opening(pages, password, encoding, stdin)
        with self._opened(sources, opening) as documents:
            tools = self._tools()
            with self._indexes(tools, opening) as indexes:
                corpus = Corpus(indexes.of(documents))
                started = time.perf_counter()
                ranking = find(corpus, question, tools)
                shown = tuple(passages(ranking, most))
                seconds = time.perf_counter() - started
                warnings = (*tools.warnings, *indexes.said())
                return Found(shown, warnings, corpus.tokens, indexes.made, seconds)

    def _tools(self) -> Tools:
        """What the finders need, loaded once."""
        if self._made_tools is None:
            by_heads = "heads" in self.settings.find
            loaded = by_heads or self._runner is not None
            self._made_tools = self.runner().tools() if loaded else self._tools_alone()
        return self._made_tools

    def _tools_alone(self) -> Tools:
        """What finders need that have no use for a language model."""
        from citrus_cli.models.load import load_encoder
        from citrus_cli.pipeline.tools import Tools, embedder_or_warning

        encoder, identity = load_encoder(
            self.settings.model, device=self.settings.device, on_event=self.on_event
        )
        wanted, name = self.settings.find, self.settings.embedder
        embedder, warnings = embedder_or_warning(wanted, name, on_event=self.on_event)
        return Tools(encoder, identity, embedder, None, "words" in wanted, warnings)

    def _indexes(self, tools: Tools, opening: Opening, *, keep: bool | None = None) -> Indexes:
        """Where documents' indexes come from; what needed a password is not kept."""
        from citrus_cli.library.library import DEFAULT_MAX_BYTES, Library
        from citrus_cli.pipeline.indexes import Indexes

        if keep is None:
            keep = self._use_store and opening.password is None
        return Indexes(
            tools,
            (opening.pages, opening.encoding),
            Library() if keep else None,
            self.on_event,
            DEFAULT_MAX_BYTES if self._max_store is None else self._max_store,
        )

    @contextmanager
    def _opened(self, sources: Sources, opening: Opening) -> Iterator[list[Document]]:
        from citrus_cli.documents import open_documents

        paths = [sources] if isinstance(sources, (str, PathLike)) else list(sources)
        documents = open_documents(
            paths,
            pages=opening.pages,
            password=opening.password,
            encoding=opening.encoding,
            stdin=opening.stdin,
        )
        try:
            yield documents
        finally:
            for document in documents:
                document.close()

    def _answering(
        self,
        runner: Runner,
        documents: Sequence[Document],
        opening: Opening,
        context: ExitStack,
    ) -> Answering:
        from citrus_cli.answering import Answering

        indexes = None
        if runner.by_index:
            indexes = context.enter_context(self._indexes(self._tools(), opening))
        return Answering(runner, documents, indexes)

    def runner(self) -> Runner:
        """The loaded model, for those who measure it; loads it when it is not.

        Raises:
            ModelError, MemoryLimitError: as for `ask`.
        """
        if self._runner is None:
            from citrus_cli.run import Runner

            self._runner = Runner.load(self.settings, self.on_event)
            self._runner.on_picture = self.on_picture
        return self._runner
