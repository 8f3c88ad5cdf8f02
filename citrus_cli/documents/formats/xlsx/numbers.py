"""Numbers of a workbook as its cells show them: dates, percentages, decimals, currencies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

_BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)",
    38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 45: "mm:ss",
    46: "[h]:mm:ss", 47: "mm:ss.0", 49: "@",
}  # fmt: skip
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|_.|\*.|\[[^\]hms]*\]', re.I)
_DATE = re.compile(r"[ymdhs]", re.IGNORECASE)
_TOKEN = re.compile(r"\x01(.*?)\x02|AM/PM|A/P|\[h+\]|\[m+\]|\[s+\]|y+|m+|d+|h+|s+(?:\.0+)?|.", re.I)
_FIGURE = re.compile(r"[#0?,.]*[#0?][#0?,.]*")
_MONTHS_WORDS = """
    January February March April May June July August September October November December
"""
_MONTHS = _MONTHS_WORDS.split()
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


@dataclass(frozen=True)
class NumberFormat:
    """How a number is shown; `date1904`: days count from 1904."""

    code: str
    date1904: bool = False

    def show(self, value: str) -> str:
        """A number as XML has it, as a cell of this format shows it."""
        if self.code == "General" and len(value) < 12 and value.isdecimal():
            return value
        try:
            number = float(value)
        except ValueError:
            return value
        sections = _sections(self.code)
        code, sign = sections[0], "-" if number < 0 else ""
        if len(sections) > 1 and number < 0:
            code, sign = sections[1], ""
        elif len(sections) > 2 and number == 0:
            code = sections[2]
        if code.strip().lower() in ("general", "@", ""):
            return general(number)
        plain = re.sub(r"\x01.*?\x02", "", code)
        if _DATE.search(plain) and not _FIGURE.search(re.sub(r"s+\.0+", "", plain)):
            return self._date(number, code)
        return _number(abs(number), code, sign)

    def _date(self, number: float, code: str) -> str:
        start = datetime(1904, 1, 1) if self.date1904 else datetime(1899, 12, 30)
        if number < 0 or number > 2_958_465:
            return general(number)
        moment = start + timedelta(seconds=round(number * 86_400, 3))
        if not self.date1904 and 1 <= number < 60:
            moment += timedelta(days=1)  # Excel counts a 29 February 1900
        if "." not in code:
            moment += timedelta(microseconds=500_000)
        return _moment(moment, number, code)


def general(number: float) -> str:
    """A number as a cell without a format shows it."""
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return f"{number:.11g}"


def number_format(identity: int, custom: dict[int, str], *, date1904: bool) -> NumberFormat:
    """The format with a number of its own, or one of those that a workbook adds."""
    return NumberFormat(custom.get(identity) or _BUILT_IN.get(identity, "General"), date1904)


@lru_cache(maxsize=1_000)
def _sections(code: str) -> tuple[str, ...]:
    """The sections of a format, their literal text between \\x01 and \\x02."""

    def literal(match: re.Match[str]) -> str:
        text = match[1] or match[2] or match[3] or ""
        return f"\x01{text}\x02" if text else ""

    code = _LITERAL.sub(literal, code)
    return tuple(re.split(r";(?![^\x01]*\x02)", code))


def _number(number: float, code: str, sign: str) -> str:
    code = code.replace("\x01", "").replace("\x02", "") if not _FIGURE.search(code) else code
    figure = _FIGURE.search(re.sub(r"\x01.*?\x02", lambda one: "\x03" * len(one[0]), code))
    if figure is None:
        return code.strip()
    before, after = code[: figure.start()], code[figure.end() :]
    shape = figure[0]
    whole, _, decimals = shape.partition(".")
    if "/" in after or "?" in shape:
        return sign + general(number)
    number *= 100 ** (before + after).count("%")
    while shape.endswith(","):
        shape = shape[:-1]
        number /= 1000
    places = len(decimals.rstrip(","))
    if re.match(r"[eE][+-]", after):
        text, after = f"{number:.{places}E}", re.sub(r"^[eE][+-]0+", "", after)
    else:
        text = f"{number:{',' if ',' in whole.rstrip(',') else ''}.{places}f}"
        optional = len(decimals) - len(decimals.rstrip("#"))
        if optional:
            text = re.sub(rf"0{{1,{optional}}}$", "", text).rstrip(".")
        digits = whole.count("0")
        if digits > 1 and "," not in whole:
            text = text.zfill(digits + (places + 1 if places else 0))
    clean = (part.replace("\x01", "").replace("\x02", "") for part in (before, after))
    first, last = clean
    return f"{sign}{first}{text}{last}".strip()


def _moment(moment: datetime, number: float, code: str) -> str:
    tokens = list(_TOKEN.finditer(code))
    half = any(match[0].upper() in ("AM/PM", "A/P") for match in tokens)
    out: list[str] = []
    last = ""
    for index, match in enumerate(tokens):
        token = match[0].lower()
        if match[1] is not None:
            out.append(match[1])
            continue
        if token[0] == "m" and token.strip("m") == "":
            following = next((t[0].lower() for t in tokens[index + 1 :] if t[0][0].isalpha()), "")
            minutes = last in ("h", "[") or following.startswith("s")
            out.append(f"{moment.minute:02d}" if minutes else _month(moment, len(token)))
        else:
            out.append(_part(moment, number, token, half))
        if token[0] in "ymdhs[":
            last = token[0]
    return "".join(out).strip()


def _month(moment: datetime, length: int) -> str:
    if length <= 2:
        return f"{moment.month:0{length}d}"
    name = _MONTHS[moment.month - 1]
    return name if length == 4 else name[:1] if length == 5 else name[:3]


def _part(moment: datetime, number: float, token: str, half: bool) -> str:
    length = len(token)
    if token in ("am/pm", "a/p"):
        return "AM" if moment.hour < 12 else "PM"
    if token[0] == "y":
        return f"{moment.year:04d}" if length > 2 else f"{moment.year % 100:02d}"
    if token[0] == "d":
        if length <= 2:
            return f"{moment.day:0{length}d}"
        name = _DAYS[moment.weekday()]
        return name if length > 3 else name[:3]
    if token[0] == "h":
        hour = (moment.hour - 1) % 12 + 1 if half else moment.hour
        return f"{hour:0{min(length, 2)}d}"
    if token[0] == "s":
        places = length - token.find(".") - 1 if "." in token else 0
        seconds = moment.second + moment.microsecond / 1e6
        return f"{seconds:0{3 + places}.{places}f}" if places else f"{moment.second:02d}"
    if token[0] == "[":
        per_day = {"h": 24, "m": 1_440, "s": 86_400}[token[1]]
        return str(int(number * per_day + 1e-6))
    return token
