"""The marks of list items, as browsers number and draw them."""

from __future__ import annotations

BULLET = "-"
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
# What the attribute `type` of HTML and the property `list-style-type` of CSS call them.
_KINDS = {
    "1": "decimal", "a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman",
    "lower-latin": "lower-alpha", "upper-latin": "upper-alpha",
}  # fmt: skip
_GREEK = "αβγδεζηθικλμνξοπρστυφχψω"
NUMBERED = frozenset(
    ("decimal", "decimal-leading-zero", "lower-alpha", "upper-alpha", "lower-roman", "upper-roman",
     "lower-greek")
)  # fmt: skip


def kind_of_mark(name: str) -> str:
    """The name that CSS has for a kind of mark."""
    return _KINDS.get(name, name)


def letters(number: int) -> str:
    """1 as "a", 26 as "z", 27 as "aa"."""
    text = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def roman(number: int) -> str:
    """The number in lower-case Roman figures."""
    text = ""
    for value, figure in _ROMAN:
        count, number = divmod(number, value)
        text += figure * count
    return text


def number_mark(number: int, kind: str) -> str:
    """How a list of a kind shows a number, without the full stop after it."""
    shown = str(number)
    if kind == "decimal-leading-zero":
        return f"{number:02d}"
    if 0 < number < 4000:
        if kind.endswith("alpha"):
            shown = letters(number)
        elif kind.endswith("roman"):
            shown = roman(number)
        elif kind == "lower-greek" and number <= len(_GREEK):
            shown = _GREEK[number - 1]
    return shown.upper() if kind.startswith("upper-") else shown
