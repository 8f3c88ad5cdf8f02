"""A stand-in for the work of `citrus compare`; `FAKE` in the environment says how."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cli_fake_api import make_answer

from citrus_cli.answer import Answer, DocumentReceipt
from citrus_cli.errors import DocumentError, ModelError, UsageError
from citrus_cli.evals.compared import Compared
from citrus_cli.events import Loading, Remembering
from citrus_cli.evidence.model import Evidence

HOSTILE = "\x1b[31mred\x1b[0m [bold]kept[/bold]\nnext"
FAILURE = "full attention to this text needs 9000 positions, and tiny knows 8192"


class FakeComparing:
    """What `citrus_cli.evals.comparing` has, as far as the command uses it."""

    calls: list[dict[str, Any]] = []  # noqa: RUF012 - what the tests look at

    @staticmethod
    def known(policies: Sequence[str]) -> tuple[str, ...]:
        if not policies or "nonsense" in policies:
            raise UsageError("unknown policy 'nonsense'; choose from citrus, bm25, full")
        return tuple(policies)

    @classmethod
    def compare(
        cls,
        qa: Any,
        sources: Sequence[str],
        questions: Sequence[str],
        policies: Sequence[str],
        *,
        on_unexpected: Callable[[Exception], None],
        **opening: Any,
    ) -> Iterator[Compared]:
        cls.calls.append({"sources": sources, "questions": questions, "policies": policies})
        cls.calls[-1] |= opening
        how = os.environ.get("FAKE", "")
        text = "".join(_text(source, opening) for source in sources)
        if how == "model":
            raise ModelError("tiny: not found; citrus models lists what there is")
        for policy in policies:
            for part in range(4):
                qa.on_event(Remembering(policy, part * 1000, 4000, part + 1.5))
                time.sleep(0.15 if how == "slow-reading" else 0)
            qa.on_event(Loading(policy, "answering"))
            for question in questions:
                while how == "endless" and policy == "bm25":
                    time.sleep(0.02)
                if how == "bug":
                    on_unexpected(RuntimeError("the matrix is singular"))
                failed = policy == "full" or how in ("all-fail", "bug")
                if failed:
                    yield Compared(policy, question, None, FAILURE, 5 if how == "all-fail" else 2)
                else:
                    yield Compared(policy, question, _answer(how, policy, question, text, sources))


def _text(source: str, opening: dict[str, Any]) -> str:
    if source == "-":
        data: bytes = opening["stdin"].read()
        return data.decode().strip()
    if not Path(source).exists():
        raise DocumentError(f"{source}: no such file; check the name")
    return Path(source).read_text(encoding="utf-8").strip()


def _answer(how: str, policy: str, question: str, text: str, sources: Sequence[str]) -> Answer:
    answer = HOSTILE if how == "hostile" else f"{question} -> {text}"
    name = sources[0]
    return make_answer(
        question,
        answer,
        policy=policy,
        documents=tuple(DocumentReceipt(source, 34, 18220, (3,)) for source in sources),
        evidence=tuple(Evidence(name, page, None, "some", 0, 4, 0.5, True) for page in (7, 3, 7)),
        warnings=("page 3 has no text",) if how == "warnings" else (),
        complete=how != "cut",
    )
