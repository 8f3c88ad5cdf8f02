"""Where sentences and lines end in a text of which only the tokens are known."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from citrus_cli.run import Runner

# a mark, and what closes after it, before more of the same line; or a break with its blank lines
_END = re.compile(r"[.!?…][\"'”’)\]]*(?=[^\S\n]+\S)|\n(?:[^\S\n]*\n)*")


def decode(runner: Runner, ids: Iterable[int]) -> str:
    """The text of some tokens, none of them left out."""
    text: str = runner.loaded.tokenizer.decode(
        list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False
    )
    return text


def ends(runner: Runner, text: Sequence[int]) -> list[bool]:
    """For each token, whether a sentence or a line ends with it; true of the last one.

    A line ends with a line break, a sentence with its mark when white space follows.
    """
    known = pieces(runner, set(text))
    stops = list(accumulate(len(known[token]) for token in text))
    found = [False] * (len(text) - 1) + [True] if text else []
    for end in _END.finditer("".join(known[token] for token in text)):
        found[bisect_left(stops, end.end())] = True
    return found


def pieces(runner: Runner, ids: set[int]) -> dict[int, str]:
    """What each token stands for after another one: alone, many tokenizers drop its blank."""
    before = runner.encoder.encode("a")
    start = len(decode(runner, before))
    return {token: decode(runner, [*before, token])[start:] for token in ids}
