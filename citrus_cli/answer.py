"""What a run gives back: the answer and its receipt."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from citrus_cli.evidence.model import Claim, Evidence
from citrus_cli.evidence.support import Support


@dataclass(frozen=True)
class DocumentReceipt:
    """How one document was read.

    `pages` counts the pages that were asked for; `pages_without_text` and `pages_failed` list the
    1-based numbers of those that held no text (scans, blanks) or could not be extracted.
    """

    path: str
    pages: int
    tokens: int
    pages_without_text: tuple[int, ...] = ()
    pages_failed: tuple[int, ...] = ()


@dataclass(frozen=True)
class KeptPage:
    """A page from which states were kept for an answer.

    `page` is 1-based; `label` is the printed page label where it differs; `share` is the page's
    part of all document states kept, over all layers, 0 to 1.
    """

    document: str
    page: int
    label: str | None
    share: float


@dataclass(frozen=True)
class Seconds:
    """Wall-clock seconds of a run's three parts."""

    load: float
    read: float
    answer: float


@dataclass(frozen=True)
class Answer:
    """An answer and the receipt of the run that gave it.

    `states_kept` is the number of document states per layer that the answer could attend to;
    `peak_memory_bytes` is the peak of the device's allocated memory on a GPU, of the process's
    resident memory on a CPU. `complete` is False when the run was interrupted while answering, or
    when the answer reached its token limit. `kept` names the pages that the kept states come from,
    the highest share first; `from_store` says that the documents were not read in this run.
    `evidence` are the passages that the answer was read from, `claims` what of the answer (numbers,
    dates, names, quotations) was looked up in the documents; both are empty when not asked for.
    `found` is False when the documents do not seem to hold an answer; `answer` then says so, unless
    one was wanted all the same. `support` says how much the answer rests on its evidence; None when
    that was not asked for, and for an empty answer.
    """

    question: str
    answer: str
    documents: tuple[DocumentReceipt, ...]
    model: str
    quantization: str
    device: str
    policy: str
    budget: int
    chunk_size: int
    tokens_read: int
    states_kept: int
    answer_tokens: int
    seconds: Seconds
    peak_memory_bytes: int
    complete: bool = True
    warnings: tuple[str, ...] = field(default=())
    from_store: bool = False
    kept: tuple[KeptPage, ...] = field(default=())
    evidence: tuple[Evidence, ...] = field(default=())
    claims: tuple[Claim, ...] = field(default=())
    found: bool = True
    support: Support | None = None

    @property
    def weak(self) -> bool:
        """Whether there is an answer that hardly rests on the documents."""
        return bool(self.answer) and self.support is not None and self.support.level == "weak"

    @property
    def supported(self) -> bool:
        """Whether the documents hold an answer, and there is one that is not weak."""
        return self.found and bool(self.answer) and not self.weak

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain types, in the order that `citrus ask --json` prints."""
        from citrus_cli.documents.notices import Notice  # late: the command line starts with this

        warnings = [
            {"code": warning.code, "text": str(warning)}
            for warning in map(Notice.of, self.warnings)
        ]
        return {**asdict(self), "warnings": warnings}
