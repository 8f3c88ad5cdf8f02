"""Reading afresh, for its answer, what a question kept of documents (policy `citrus-reread`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from citrus_cli.engine.afresh import read_afresh
from citrus_cli.engine.closing import closing_cuts
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.made import Made
from citrus_cli.engine.policies import Policy
from citrus_cli.engine.states import StateCache
from citrus_cli.models.plain import PlainEncoder
from citrus_cli.text_log import Piece, TextLog

if TYPE_CHECKING:
    from citrus_cli.engine.instruction import ReadingSettings
    from citrus_cli.run import Runner

TokenOf = Callable[[int], int | None]
"""The token with an origin; None where nobody knows it any more."""


def logged_tokens(encoder: PlainEncoder, log: TextLog) -> TokenOf:
    """The tokens of documents whose text was logged; the titles between documents are not known."""

    @lru_cache(maxsize=8)
    def encoded(piece: Piece) -> list[int]:
        return encoder.encode(log.text(piece))

    def token(origin: int) -> int | None:
        piece = log.piece(origin)
        if piece is None:
            return None
        ids, at = encoded(piece), origin - piece.origin
        return ids[at] if at < len(ids) else None

    return token


def reread(
    runner: Runner,
    policy: Policy,
    caches: Sequence[StateCache],
    instructions: Sequence[Instruction],
    settings: ReadingSettings,
    token_of: TokenOf,
    read: int,
) -> Sequence[StateCache]:
    """What instructions answer from, of a document of `read` tokens whose reading left `caches`.

    With a policy that rereads, each is made when it is asked for; of what fits the budget, and with
    other policies, these are `caches` themselves.
    """
    if not policy.rereads or not any(closing_cuts(policy, read, settings.budget)):
        return caches
    prefix = runner.prompt.prefix

    def make(index: int) -> StateCache:
        cache = caches[index]
        # one ranking for all layers: each of them keeps the same
        kept = cache.origins[0, len(prefix) : cache.length].tolist()
        known = {at: token for at in kept if (token := token_of(at)) is not None}
        return read_afresh(runner.backbone, prefix, known, instructions[index], settings)

    return Made(len(instructions), make)
