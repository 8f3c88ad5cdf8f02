"""Mends the lines of a page that came out of a PDF: broken words, and table rows in pieces.

`clean_page` is what the rest of the package uses; it goes over the whole page, so that a word
broken at a line's end can be compared with the page's other words.
"""

from __future__ import annotations

import re
from collections import Counter

from citrus_cli.documents.clean import clean_characters, compact_white_space

LABEL_LIMIT = 90
ROW_LIMIT = 40

# Words that make compounds and are hardly ever the first syllables of a longer word (as "in", "pre"
# and "part" are): a hyphen after them belongs to the word, unless a mere ending follows.
_COMPOUNDING_WORDS = """
    all anti best cash cost cross data decision eight ever five fixed forward four free full half
    hand high large local long low lower many medium middle multi near never new nine non old once
    one post price quarter quasi second self semi seven short single six small stock tax then third
    three time twelve twenty two upper user value web well wide world year zero
"""
_ENDING_WORDS = """
    able age al ary dom ed en er ers ery est ful hood ing ings ion ish ity ize ized less ly ment
    ments ness ship ships ten tion ward wards
"""
# Second halves that stand behind a hyphen ("divestiture-related").
_COMPOUNDED_WORDS = """
    adjusted backed based bearing driven effect linked looking oriented owned related specific
    weighted
"""
_COMPOUNDING = frozenset(_COMPOUNDING_WORDS.split())
_ENDINGS = frozenset(_ENDING_WORDS.split())
_COMPOUNDED = frozenset(_COMPOUNDED_WORDS.split())
_SOFT_BREAK = re.compile("\u00ad[^\\S\n]*\n[^\\S\n]*(?=\\w)")
_HARD_BREAK = re.compile(r"(?<=[^\W\d_])[-\u2010][^\S\n]*\n[^\S\n]*([^\W\d_]+)")
_LAST_WORD = re.compile(r"(\w+-)?(\w+)\Z")
_WORD_LIMIT = 64
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# One cell of a table that is no words: an amount, a percentage, a currency sign, a dash.
_VALUE = re.compile(
    r"[(\[]?[-+\u2212]?[$€£¥]? ?[(\[]?[-+\u2212]?\d[\d.,:/\u202f ]*[%)\]]{0,2}|[$€£¥%)]|\)%|"
    r"[-\u2010-\u2015\u2212]{1,2}|n/a|N/A|nm|NM"
)


def clean_page(text: str) -> str:
    """The page's text as the model gets it, without white space at either end."""
    text = join_broken_words(text)
    text = compact_white_space(clean_characters(text))
    return join_cells(text)


def join_broken_words(text: str) -> str:
    """Joins words that were broken at a line's end: "inter-\\nnational" → "international".

    Only where both halves are lower case at the break. The hyphen stays where it belongs to the
    word ("then-\\ncurrent" → "then-current"): the page has the compound elsewhere, the first half
    is a word that makes compounds, or both halves stand on the page as words of their own while
    the joined word does not.
    """
    text = _SOFT_BREAK.sub("", text)
    if not _HARD_BREAK.search(text):
        return text
    words = _whole_words(text)

    def join(match: re.Match[str]) -> str:
        last, right = _word_before(match), match[1]
        if last is None or not (last[2][-1].islower() and right[0].islower()):
            return match.group()
        keeps = last[1] is not None or _belongs(last[2].lower(), right.lower(), words)
        return f"-{right}" if keeps else right

    return _HARD_BREAK.sub(join, text)


def _word_before(line_end: re.Match[str]) -> re.Match[str] | None:
    """The word that a break cuts in two, up to the break; looks back no further than a word may."""
    at = line_end.start()
    return _LAST_WORD.search(line_end.string, max(0, at - _WORD_LIMIT), at)


def _whole_words(text: str) -> set[str]:
    """The words of a page, in lower case, halves of broken ones not counted."""
    words = Counter(word.lower() for word in _WORD.findall(_HARD_BREAK.sub(" ", text)))
    for match in _HARD_BREAK.finditer(text):
        if half := _word_before(match):
            words[half.group().lower()] -= 1
    return {word for word, count in words.items() if count > 0}


def _belongs(first: str, second: str, words: set[str]) -> bool:
    """Whether the hyphen between two halves belongs to the word, on a page with these `words`."""
    if first + second in words:
        return False
    return (
        f"{first}-{second}" in words
        or (first in _COMPOUNDING and second not in _ENDINGS)
        or (second in _COMPOUNDED and len(first) > 3)
        or (first in words and second in words and min(len(first), len(second)) > 2)
    )


def join_cells(text: str) -> str:
    """Puts a table's cells that came out one to a line back into rows.

    Two or more lines in a row that hold nothing but a value ("$", "5,363", "(370)", "%", "—")
    become one line, and join the label before them when it is one: a short line with a letter that
    does not end like a sentence. Blank lines between the cells go; a lone value stays (it may be
    a page number).
    """
    out: list[str] = []
    row: list[str] = []
    gap = False
    for line in text.split("\n"):
        if _VALUE.fullmatch(line):
            if len(row) >= ROW_LIMIT:
                _end_row(out, row, gap=False)
            row.append(line)
            gap = False
        elif not line and row:
            gap = True
        else:
            _end_row(out, row, gap)
            gap = False
            out.append(line)
    _end_row(out, row, gap)
    return "\n".join(out)


def _end_row(out: list[str], row: list[str], gap: bool) -> None:
    """Moves the collected cells to `out`; `gap`: a blank line followed them."""
    if not row:
        return
    joined = " ".join(row)
    if len(row) > 1:
        while len(out) > 1 and not out[-1] and _is_label(out[-2]):
            out.pop()
        if out and _is_label(out[-1]):
            joined = f"{out.pop()} {joined}"
    out.append(joined)
    if gap:
        out.append("")
    row.clear()


def _is_label(line: str) -> bool:
    return (
        0 < len(line) <= LABEL_LIMIT
        and line[-1] not in ".;:!?"
        and any(map(str.isalpha, line))
        and not line[-1].isdigit()
    )
