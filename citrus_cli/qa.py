"""DocumentQA: ask documents from Python. The command line is built on this alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, BinaryIO

from citrus_cli.answer import Answer
from citrus_cli.errors import UsageError
from citrus_cli.events import Listener, ignore
from citrus_cli.settings import (
    DEFAULT_ANSWER_TOKENS,
    DEFAULT_BUDGET,
    DEFAULT_CHUNK_SIZE,
    DEFAULT_MODEL,
    DEFAULT_POLICY,
    Settings,
)

if TYPE_CHECKING:
    from citrus_cli.answering import Answering
    from citrus_cli.conversation import Conversation
    from citrus_cli.documents import Document
    from citrus_cli.pictures.model import Picture
    from citrus_cli.run import Runner
    from citrus_cli.store.entry import Entry


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
        budget: int | None = None,
        chunk_size: int | None = None,
        quantize: str = "auto",
        device: str = "auto",
        max_answer_tokens: int | None = None,
        system: str | None = None,
        store: bool = True,
        evidence: bool = True,
        explain: bool = False,
        always_answer: bool = False,
        on_event: Listener = ignore,
        on_picture: Callable[[Picture], None] | None = None,
    ) -> None:
        """Settle how to answer; nothing is loaded yet.

        Args:
            model: a built-in name, a local folder, a local GGUF file, or a Hugging Face id.
            policy: which states are kept: `citrus-reread`, `citrus-heads-individual`, `citrus`,
                `citrus-individual`, `standard`, `streaming` or another of the engine's `POLICIES`.
            budget: states of the document kept per layer.
            chunk_size: tokens of the document read in one forward pass.
            quantize: `auto`, `4bit` (NF4), `8bit` or `none`.
            device: `auto`, `cuda`, `mps` or `cpu`.
            max_answer_tokens: an answer is cut after so many tokens.
            system: the system message; None for the built-in one.
            store: whether documents that were ingested are answered from the store.
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
        self._use_store = store
        self._runner: Runner | None = None

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

        With individual caches (`citrus-reread`, `citrus-individual`, …), and with policies
        that do not ask the question while they read (`standard`, `streaming`, …), the documents are
        read once for all questions, with any other once for each. When interrupted
        (KeyboardInterrupt) while answering, the answer so far is yielded with `complete` False, and
        the interrupt is raised at the next step.

        Arguments and errors as for `ask`.
        """
        asked = [question.strip() for question in questions]
        if not asked or not all(asked):
            raise UsageError("the question is empty; say what you want to know")
        opening = Opening(pages, password, encoding, stdin)
        with self._opened(sources, opening) as documents:
            started = time.perf_counter()
            runner = self.runner()
            load_seconds = time.perf_counter() - started
            yield from self._answering(runner, documents, opening).answers(asked, load_seconds)

    def ingest(
        self,
        sources: Sources,
        *,
        pages: str | None = None,
        password: str | None = None,
        encoding: str | None = None,
        dtype: str = "auto",
        max_bytes: int | None = None,
        again: bool = False,
    ) -> Entry:
        """Read documents once and store their states; what is stored already is left as it is.

        Questions about the same documents are then answered from the store.

        Args:
            sources, pages, password, encoding: as for `ask`; standard input cannot be stored.
            dtype: `auto` (as the model computes), `bf16` or `int8`.
            max_bytes: how large the store may become; the least recently used entries go first.
            again: read the documents even if they are stored.

        Raises:
            UsageError: the policy reads for one question, so that nothing can be stored; or the
                states are more than the store may hold.
            DocumentError, ModelError, MemoryLimitError: as for `ask`.
            CitrusError: the disk is full, or cannot be written.
        """
        from citrus_cli.ingesting import StoreSettings
        from citrus_cli.store.codec import checked
        from citrus_cli.store.store import DEFAULT_MAX_BYTES

        settings = StoreSettings(
            checked(dtype), DEFAULT_MAX_BYTES if max_bytes is None else max_bytes
        )
        self._check_storable()
        opening = Opening(pages, password, encoding, None)
        with self._opened(sources, opening) as documents:
            for document in documents:
                if document.file is None:
                    raise UsageError(
                        f"{document.name} is a stream and cannot be stored; save it to a file first"
                    )
            answering = self._answering(self.runner(), documents, opening, store=True)
            return answering.ingest(settings, again=again)

    def conversation(
        self,
        sources: Sources,
        *,
        pages: str | None = None,
        password: str | None = None,
        encoding: str | None = None,
        stdin: BinaryIO | None = None,
    ) -> Conversation:
        """Begin a conversation about documents; they are read once, unless they are in the store.

        Arguments and errors as for `ask`. Close the conversation, or use it as a context manager.
        """
        from citrus_cli.conversation import Conversation

        opening = Opening(pages, password, encoding, stdin)
        context = ExitStack()
        try:
            documents = context.enter_context(self._opened(sources, opening))
            answering = self._answering(self.runner(), documents, opening)
            return Conversation(answering, context)
        except BaseException:
            context.close()
            raise

    def _check_storable(self) -> None:
        from citrus_cli.engine.policies import POLICIES

        if POLICIES[self.settings.policy].document_policy is None:
            able = [name for name, policy in POLICIES.items() if policy.document_policy]
            raise UsageError(
                f"policy {self.settings.policy} reads documents for one question, so that nothing "
                f"can be stored; use --policy {' or '.join(able)}"
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
        *,
        store: bool | None = None,
    ) -> Answering:
        from citrus_cli.answering import Answering
        from citrus_cli.store.store import Store

        use = self._use_store if store is None else store
        how = (opening.pages, opening.encoding)
        return Answering(runner, documents, how, Store() if use else None)

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
