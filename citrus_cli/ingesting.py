"""Reading documents once and for all: their states go into the store."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from citrus_cli.documents.document import warnings_of
from citrus_cli.engine.policies import POLICIES
from citrus_cli.engine.reader import Reading
from citrus_cli.errors import DocumentError, UsageError
from citrus_cli.events import Loading, Note
from citrus_cli.events import Reading as ReadingEvent
from citrus_cli.keeping import check_all_was_read, chunk_warnings, receipts
from citrus_cli.store.codec import StoreDtype, bytes_per_token
from citrus_cli.store.entry import Entry, Identity
from citrus_cli.store.identity import digest, identify
from citrus_cli.store.store import DEFAULT_MAX_BYTES, Store
from citrus_cli.tokens import DocumentTokens
from citrus_cli.wording import human_bytes

if TYPE_CHECKING:
    from citrus_cli.documents import Document
    from citrus_cli.run import Runner


@dataclass(frozen=True)
class StoreSettings:
    """How documents are stored: in which type of number, and how large the store may become."""

    dtype: StoreDtype = "auto"
    max_bytes: int = DEFAULT_MAX_BYTES

    def __post_init__(self) -> None:
        if self.max_bytes < 1:
            raise UsageError(f"the store must be allowed some bytes, not {self.max_bytes}")


def reading_identity(
    runner: Runner, documents: Sequence[Document], how_opened: Sequence[str | None]
) -> Identity | None:
    """The identity of a reading with this runner; None when it cannot be stored.

    Raises:
        DocumentError: a file cannot be read.
    """
    settings, policy = runner.settings, POLICIES[runner.settings.policy]
    if policy.document_policy is None:
        return None
    reading = digest(
        runner.prompt.prefix,
        policy.document_policy.name,
        policy.document_budget or settings.budget,
        settings.chunk_size,
    )
    loaded = runner.loaded
    model = digest(loaded.fingerprint, loaded.quantization, str(loaded.dtype), loaded.device.type)
    try:
        return identify(documents, how_opened, model, reading)
    except OSError as error:
        raise DocumentError(f"{error.filename}: cannot be read ({error.strerror})") from error


def ingest(
    runner: Runner,
    documents: Sequence[Document],
    store: Store,
    identity: Identity,
    settings: StoreSettings,
) -> Entry:
    """Read documents and store their states; the size is known, and said, before it is written.

    Raises:
        DocumentError: a document cannot be read, or there is no text in any.
        UsageError: the states are more than the store may hold.
        CitrusError: the disk is full, or cannot be written.
    """
    tokens = DocumentTokens(documents, runner.encoder)
    each = _bytes_per_token(runner, settings.dtype)
    runs = list(_extracted(runner, tokens, settings.max_bytes // each))
    total = sum(tokens.counts)
    check_all_was_read(sum(map(len, runs)), tokens, documents)
    needed = each * (total + len(runner.prompt.prefix))
    for gone in store.make_room(needed, settings.max_bytes):
        paths = ", ".join(document.path for document in gone.documents)
        runner.on_event(Note(f"removed from the store, as least recently used: {paths}"))
    runner.on_event(Note(f"the states of {total:,} tokens will take {human_bytes(needed)}"))
    policy = runner.policy(runner.settings.policy)
    with store.writing(identity, settings.dtype) as writer:
        reading = Reading(
            runner.backbone,
            policy,
            runner.reading_settings,
            [],
            runner.prompt.prefix,
            on_states=writer.add,
        )
        _read(runner, reading, runs, tokens, documents)
        # not looked for afterwards: another process may be putting its own in its place just then
        return writer.finish(
            runner.loaded.name,
            receipts(documents, tokens.counts),
            (
                *chunk_warnings(reading.chunk_size, runner.reading_settings),
                *warnings_of(documents),
            ),
            tokens.pages,
            tokens.log,
            reading.chunk_size,
        )


def with_paths(entry: Entry, documents: Sequence[Document]) -> Entry:
    """The entry, its receipts naming the files that were asked about now.

    What was passed over when these were looked for is said too.
    """
    renamed = tuple(
        replace(receipt, path=document.path)
        for receipt, document in zip(entry.documents, documents, strict=True)
    )
    warnings = dict.fromkeys((*entry.warnings, *warnings_of(documents)))
    return replace(entry, documents=renamed, warnings=tuple(warnings))


def _extracted(runner: Runner, tokens: DocumentTokens, most: int) -> Iterator[list[int]]:
    """All ids at once; not more than could be stored, so that they fit into memory too."""
    count = 0
    for run in tokens:
        count += len(run)
        if count > most:
            raise UsageError(
                f"the states of {tokens.document} would take more than the store may hold; allow "
                "more with --max-store, or make them smaller with --store-dtype int8"
            )
        runner.on_event(Loading(tokens.document, f"extracting page {tokens.page}"))
        yield run


def _read(
    runner: Runner,
    reading: Reading,
    runs: list[list[int]],
    tokens: DocumentTokens,
    documents: Sequence[Document],
) -> None:
    started, total = time.perf_counter(), sum(tokens.counts)

    def report(read: int) -> None:
        place = tokens.pages.place(read - 1)
        seconds = time.perf_counter() - started
        name = documents[place.document].name
        runner.on_event(ReadingEvent(name, place.page, read, seconds, read / total))

    reading.read(runs, report)


def _bytes_per_token(runner: Runner, dtype: StoreDtype) -> int:
    b = runner.backbone
    return bytes_per_token(b.layers, b.kv_heads, b.head_dim, b.value_dim, b.dtype.itemsize, dtype)
