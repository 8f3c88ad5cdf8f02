"""What a made-up fact is, and the text in which facts stand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Script:
    """Text to put around facts: none of it is a number, a name or a quotation.

    `filler` are whole sentences; `before` and `after` stand around a fact on a page, `space`
    between, `stop` at the end; `said` are what stands before and after one in an answer.
    """

    filler: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    said: tuple[tuple[str, str], ...]
    space: str = " "
    stop: str = "."


PLAIN = Script(
    filler=(
        "The rain had stopped and nobody was in the yard.",
        "It was left to the committee, which met again and\nput the matter off.",
        "Nothing of this is to be taken as advice.",
        "Such orders are kept in the cellar, behind the oil tank.",
    ),
    before=("it mentions", "we were told about", "then came", "as noted,"),
    after=("in passing", "but little else", "once more", "below it"),
    said=(
        ("It was ", ", as the text says. "),
        ("the answer is ", "; "),
        ("- ", "\n"),
        ("According to the report it is about ", ". "),
        ("they speak of ", " there. "),
    ),
)
JAPANESE = Script(
    filler=(
        "雨はやみ、庭には誰もいなかった。",
        "これは助言ではありません。",
        "書類は地下に\n保管される。",
    ),
    before=("報告書によると", "当社は", "その後"),
    after=("と記載された", "である", "となった"),
    space="",
    stop="。",
    said=(("答えは", "です。"), ("報告書では", "とされている。")),
)
CHINESE = Script(
    filler=("雨停了，院子里没有人。", "本文件不构成建议。", "这些订单\n存放在地下室。"),
    before=("报告提到", "公司的收入为", "然后是"),
    after=("等内容", "左右", "并无其他"),
    space="",
    stop="。",
    said=(("答案是", "。"), ("报告称为", "左右。")),
)
KOREAN = Script(
    filler=("비가 그쳤고 마당에는 아무도 없었다.", "이것은 조언이 아니다."),
    before=("보고서는", "회사의 매출은", "그 후"),
    after=("라고 적었다", "였다", "이다"),
    said=(("답은 ", " 이다. "), ("보고서에 따르면 ", "라고 한다. ")),
)
ARABIC = Script(
    filler=("توقف المطر ولم يكن أحد في الفناء.", "لا يعد هذا نصيحة."),
    before=("ذكر التقرير", "ثم جاء", "بلغت القيمة"),
    after=("فقط", "مرة أخرى", "كما سبق"),
    said=(("الجواب هو ", ". "), ("بحسب التقرير فهو ", " فقط. ")),
)
HEBREW = Script(
    filler=("הגשם פסק ולא היה איש בחצר.", "אין לראות בכך עצה."),
    before=("הדוח מזכיר", "אחר כך בא", "נמסר לנו על"),
    after=("בלבד", "שוב", "כאמור"),
    said=(("התשובה היא ", ". "), ("לפי הדוח זהו ", " בלבד. ")),
)


@dataclass(frozen=True)
class Fact:
    """A claim and how pages may write it.

    Attributes:
        kind: as in `citrus_cli.evidence.Claim`.
        claim: how the answer writes it, with its quotation marks.
        same: writings that a page may have instead.
        others: near misses; where only these stand, the claim stands nowhere.
        alone: writings that say something about their whole page, as "in millions" does: no near
            miss may stand beside them.
        torn: two halves that end one page and begin the next.
        around: what the answer says right before and after the claim, and what it is of.
        script: the language of what is around it.
    """

    kind: str
    claim: str
    same: tuple[str, ...]
    others: tuple[str, ...]
    alone: tuple[str, ...] = ()
    torn: tuple[str, str] | None = None
    around: tuple[str, str] = ("", "")
    script: Script = PLAIN
