"""What a chat says beside the answers. Foreign text in it is already safe to print."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from citrus_cli.answer import Answer, DocumentReceipt, KeptPage
from citrus_cli.cli.chat.lines import HELP
from citrus_cli.cli.output.sources import page_name, source_lines, support_line
from citrus_cli.cli.output.tables import aligned
from citrus_cli.cli.output.text import document_name
from citrus_cli.wording import count, many, ranges, rate, seconds

_NAMED = 3  # documents in a line
_TOP_PAGES = 3  # in a receipt
_LISTED_PAGES = 10  # of /sources
_BAR_WIDTH = 20

Documents = Sequence[DocumentReceipt]


def greeting(documents: Documents, sources: Sequence[str]) -> str:
    """The line that a chat begins with; `sources` are named while no document has been read."""
    if not documents:
        names = _names(sources)
        return f"{names}: to be read for each question. Ask anything, or /help.\n"
    tokens = many(sum(one.tokens for one in documents), "token")
    names = _names([one.path for one in documents])
    return f"{names}: {_all_pages(documents)}, {tokens}. Ask anything, or /help.\n"


def toolbar(documents: Documents, sources: Sequence[str], turns: int) -> str:
    """What stands below the prompt."""
    names = _names([one.path for one in documents] or sources)
    pages = f" · {_all_pages(documents)}" if documents else ""
    return f" {names}{pages} · {many(turns, 'turn')}"


def help_text() -> str:
    """The commands."""
    rows = [[f"  /{shown}", says] for shown, says in HELP.items()]
    rows.append(["  //...", "a question that begins with /"])
    return aligned(rows, [False, False])


def pages_text(documents: Documents) -> str:
    """What was read of every document, and of which pages nothing."""
    if not documents:
        return "nothing has been read yet: this policy reads the documents for each question\n"
    rows = [
        [document_name(one.path), many(one.pages, "page"), many(one.tokens, "token"), _missing(one)]
        for one in documents
    ]
    return aligned(rows, [False, True, True, False])


def sources_text(answer: Answer) -> str:
    """What an answer was read from: its sources, and the pages with most of the kept states."""
    quoted = "".join(f"{line}\n" for line in source_lines(answer))
    if support := support_line(answer):
        quoted += f"support: {support}\n"
    one_page = sum(one.pages for one in answer.documents) < 2  # its name and share say nothing
    return quoted + ("" if quoted and (one_page or not answer.kept) else kept_text(answer))


def kept_text(answer: Answer) -> str:
    """The pages that most of the kept states come from."""
    if not answer.kept:
        return "nothing is known about where this answer was read from\n"
    listed, rest = answer.kept[:_LISTED_PAGES], answer.kept[_LISTED_PAGES:]
    several = len(answer.documents) > 1
    most = max(one.share for one in listed)
    rows = [[_page(one, several), _bar(one.share, most), _percent(one.share)] for one in listed]
    if rest:
        rows.append([f"{many(len(rest), 'more page')}", "", _percent(sum(r.share for r in rest))])
    return aligned(rows, [False, False, True])


def receipt_line(answer: Answer, cut: str) -> str:
    """One line about an answer: its length, speed, and the pages it was mostly read from.

    `cut` is what to say of an answer that is not complete.
    """
    took = answer.seconds.answer
    text = f"{many(answer.answer_tokens, 'token')} in {seconds(took)}"
    if took > 0:
        text += f" ({rate(answer.answer_tokens / took)} tokens/s)"
    if not answer.complete:
        text += f"; {cut}"
    top = _top_pages(answer)
    return f"{text}; {top}" if top else text


def _top_pages(answer: Answer) -> str:
    """`pages 3, 22, 23`; where there are several documents, by document."""
    if sum(one.pages for one in answer.documents) < 2:
        return ""  # there is nothing to choose from
    by_document: dict[str, list[int]] = {}
    for one in answer.kept[:_TOP_PAGES]:
        by_document.setdefault(one.document, []).append(one.page)
    several = len(answer.documents) > 1
    return "; ".join(
        (f"{document_name(path)} " if several else "") + _numbers(pages)
        for path, pages in by_document.items()
    )


def _numbers(pages: Sequence[int]) -> str:
    listed = ", ".join(str(page) for page in sorted(pages))
    return f"{'page' if len(pages) == 1 else 'pages'} {listed}"


def _names(paths: Sequence[str]) -> str:
    names = [document_name(path) for path in paths[:_NAMED]]
    if len(paths) > _NAMED:
        names.append(f"{count(len(paths) - _NAMED)} more")
    return ", ".join(names)


def _all_pages(documents: Documents) -> str:
    return many(sum(one.pages for one in documents), "page")


def _missing(one: DocumentReceipt) -> str:
    said = []
    for what, pages in (("no text", one.pages_without_text), ("not readable", one.pages_failed)):
        if pages:
            said.append(f"{what}: {'page' if len(pages) == 1 else 'pages'} {ranges(pages)}")
    return "; ".join(said)


def _page(one: KeptPage, several: bool) -> str:
    document = f"{document_name(one.document)}, " if several else ""
    return document + page_name(one.page, one.label)


def _bar(share: float, most: float) -> str:
    """As long as the share is of the largest one; never nothing, since something is there."""
    length = max(1, round(_BAR_WIDTH * share / most)) if most > 0 else 0
    return (_block() * length).ljust(_BAR_WIDTH)


def _block() -> str:
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    return "█" if encoding.startswith("utf") else "#"


def _percent(share: float) -> str:
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
