"""Facts in Chinese, Japanese, Korean, Arabic, Persian and Hebrew."""

from __future__ import annotations

from random import Random

from tests.benchmarks.claims.fact import ARABIC, CHINESE, HEBREW, JAPANESE, KOREAN, Fact

_EASTERN = (JAPANESE, CHINESE)
_RIGHT_TO_LEFT = (ARABIC, HEBREW)
_ARABIC_DIGITS = str.maketrans("0123456789,.%", "٠١٢٣٤٥٦٧٨٩٬٫٪")
_PERSIAN_DIGITS = str.maketrans("0123456789,.%", "۰۱۲۳۴۵۶۷۸۹٬٫٪")
_WIDE = {i: i + 0xFEE0 for i in range(0x21, 0x7F)}


def eastern_number(random: Random) -> Fact:
    """An amount counted in ten thousands or hundreds of millions."""
    n = random.choice([x for x in range(1_201, 9_899) if x % 10])
    if random.random() < 0.5:
        same = [f"{n}億円", f"{n:,}億円", f"{n * 100:,}百万円", f"{n * 10**8:,}円"]
        same += [f"{n}億円".translate(_WIDE), f"¥{n * 10**8:,}", f"{n // 10}.{n % 10}十億円"]
        others = [
            f"{n}万円",
            f"{n}円",
            f"{n}兆円",
            f"{n}百万円",
            f"1{n}億円",
            f"{n}.5億円",
            f"{n}%",
        ]
        others += [f"${n}", f"{n}億ドル", f"{n + 1}億円"]
        return Fact("number", random.choice(same[:3]), tuple(same), tuple(others), script=JAPANESE)
    if random.random() < 0.5:
        same = [f"{n // 100}億{n % 100}00万円", f"{n:,}百万円", f"{n * 10**6:,}円"]
        same += [f"{n * 100}万円", f"{n // 100}億{n % 100 * 100}万円".translate(_WIDE)]
        others = [f"{n // 100}億円", f"{n % 100}00万円", f"{n // 100}億{n % 100}01万円", f"{n}万円"]
        others += [f"2{n // 100}億{n % 100}00万円", f"{n // 100}億{n % 100}00万5円"]
        return Fact("number", random.choice(same[:3]), tuple(same), tuple(others), script=JAPANESE)
    same = [f"{n}万人", f"{n:,}万人", f"{n * 10_000:,}人", str(n * 10_000)]
    others = [f"{n}億人", f"{n}人", f"{n}1万人", f"3{n}万人", f"{n}千人", f"{n}百万人"]
    script = random.choice(_EASTERN)
    return Fact("number", f"{n}万", tuple(same), tuple(others), script=script)


def eastern_percent(random: Random) -> Fact:
    """A percentage with wide characters."""
    n = f"{random.randrange(11, 99)}.{random.randrange(1, 10)}"
    same = [f"{n}%", f"{n}％", f"{n}%".translate(_WIDE), f"{n} %", f"{n}パーセント"]
    others = [f"{n}円", n, f"1{n}%", f"{n}5％", f"{n}億円"]
    return Fact(
        "number",
        random.choice(same[:3]),
        tuple(same),
        tuple(others),
        script=random.choice(_EASTERN),
    )


def eastern_day(random: Random) -> Fact:
    """A day as East Asia writes it."""
    y, m, d = random.randrange(1950, 2035), random.randrange(1, 13), random.randrange(11, 28)
    script = random.choice((JAPANESE, CHINESE, KOREAN))
    year, month, day = "년월일" if script is KOREAN else "年月日"
    gap = " " if script is KOREAN else ""
    claim = f"{y}{year}{gap}{m}{month}{gap}{d}{day}"
    same = [claim, f"{y}-{m:02}-{d:02}", f"{y}/{m}/{d}", f"{y}{year} {m}{month} {d}{day}"]
    same += [claim.translate(_WIDE)]
    others = [f"{y}{year}{gap}{m}{month}{gap}{d + 1}{day}", f"{y}{year}{gap}{m}{month}"]
    others += [f"{y + 1}{year}{gap}{m}{month}{gap}{d}{day}", f"{m}{month}{gap}{d}{day}"]
    others += [f"{y}{year}{gap}{m}{month}{gap}{d % 10}{day}"]
    return Fact("date", claim, tuple(same), tuple(others), script=script)


_EASTERN_QUOTES = {
    JAPANESE: "第三者割当による新株式の発行を取締役会で決議した",
    CHINESE: "董事会决议通过向特定对象发行股票的议案",
    KOREAN: "이사회는 신주 발행을 결의하고 이를 공시하였다",
}
_RIGHT_TO_LEFT_QUOTES = {
    ARABIC: "قرر مجلس الإدارة إصدار أسهم جديدة وإعلان ذلك للجمهور",
    HEBREW: "הדירקטוריון החליט להנפיק מניות חדשות ולדווח על כך לציבור",
}


def eastern_quote(random: Random) -> Fact:
    """A quotation whose page breaks lines inside of words."""
    script, text = random.choice(list(_EASTERN_QUOTES.items()))
    at = random.randrange(4, len(text) - 4)
    broken = f"{text[:at]}\n{text[at:]}"
    if script is KOREAN:
        broken = text.replace(" ", "\n")
    same = [text, f"「{text}」", f"{text}。", broken, f"“{text}”"]
    others = [text[:at] + text[at + 1 :].lstrip(), text[1:], text[:-1], f"{text[:at]}を{text[at:]}"]
    claim = random.choice(["「{}」", "“{}”", "『{}』", '"{}"']).format(text)
    return Fact("quote", claim, tuple(same), tuple(others), script=script)


def right_to_left_number(random: Random) -> Fact:
    """A number or percentage in the digits of Arabic or Persian, or in Hebrew text."""
    n = random.choice([x for x in range(1_201, 98_999) if x % 10])
    tail = random.choice(["", "%"])
    plain = f"{n:,}{tail}" if not tail else f"{n % 90 + 9}.{n % 9 + 1}%"
    digits = plain.strip("%")
    spelled = [plain, plain.translate(_ARABIC_DIGITS), plain.translate(_PERSIAN_DIGITS)]
    same = [*spelled, f"\u200f{plain}\u200f", f"\u202b{plain}\u202c", f"({plain})"]
    others = [f"1{plain}".translate(_ARABIC_DIGITS), f"{digits}5{tail}".translate(_PERSIAN_DIGITS)]
    others += [f"{digits}٪", f"{n + 1}"] if not tail else [digits, f"${digits}"]
    if not tail:
        others = [*others[:2], f"{n + 1:,}".translate(_ARABIC_DIGITS), f"{n}٫٥"]
    return Fact(
        "number",
        random.choice(spelled),
        tuple(same),
        tuple(others),
        script=random.choice(_RIGHT_TO_LEFT),
    )


def right_to_left_quote(random: Random) -> Fact:
    """A quotation with marks of direction in or around it."""
    script, text = random.choice(list(_RIGHT_TO_LEFT_QUOTES.items()))
    some = text.split()
    same = [text, text.replace(" ", "\n"), f"\u202b{text}\u202c", f"«{text}»"]
    same.append(f"{some[0]}\u200f {' '.join(some[1:])}")
    others = [" ".join(reversed(some)), " ".join(some[:-1]), " ".join(some[1:])]
    others += [" ".join([*some[:2], *some[3:]])]
    claim = random.choice(["“{}”", '"{}"', "«{}»", "\u200f“{}”"]).format(text)
    return Fact("quote", claim, tuple(same), tuple(others), script=script)


def right_to_left_day(random: Random) -> Fact:
    """A day in figures, in the digits of Arabic."""
    y, m, d = random.randrange(1950, 2035), random.randrange(1, 13), random.randrange(13, 29)
    iso = f"{y}-{m:02}-{d:02}"
    same = [iso, iso.translate(_ARABIC_DIGITS), f"{d}/{m}/{y}".translate(_ARABIC_DIGITS)]
    same += [f"{d}.{m}.{y}", f"\u200e{iso}"]
    near = f"{y}-{m:02}-{d - 1:02}"
    others = [near, near.translate(_ARABIC_DIGITS), f"{d}/{m}/{y + 1}".translate(_ARABIC_DIGITS)]
    return Fact(
        "date",
        random.choice(same[:2]),
        tuple(same),
        tuple(others),
        script=random.choice(_RIGHT_TO_LEFT),
    )
