"""In which encoding a text is: what it says itself, and what is advised where UTF-8 is wrong."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]+(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE
)
# As browsers do: pages that claim these are written in Windows' superset of them.
_READ_AS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252"}
_READ_AS["us-ascii"] = "cp1252"

_SAMPLE = 262_144
_VERIFIED = 64 * 2**20
_HIGH = re.compile(rb"[\x80-\xff]")
_ASIAN = ("shift_jis", "cp932", "euc_jp", "gb18030", "euc_kr", "cp949", "big5")
_CYRILLIC = ("cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic")
_OTHER = (
    "cp1250", "iso8859-2", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874",
    "tis-620", "mac-roman", "cp437", "cp850",
)  # fmt: skip
_FREQUENT = frozenset("“”‘’–—…•€°§«»„äöüßéèêàçñáíóúùûëïôâîøåæœÄÖÜÅØÆÉÀłżąęśćńźřčšžěůýőűığşİțșăĺ ")
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而"
    "方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好"
    "应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但質月公議"
    "這為個國時來們對會發動過說產種後學經進著電裡現實兩體機當點從業應開還間樣與關線數記録万円"
)
_WORD = re.compile(r"[^\W\d_]+")
_VOWEL = re.compile("[аеёиоуыэюяіїєў]", re.IGNORECASE)
_SIGN_IN_WORD = re.compile(
    r"[^\W\d_][¹²³¿¼½¾¶±¦¨¬¤£][^\W\d_]?|[£¿¼½¾¬¤¨][^\W\d_]|\w[\u2500-\u25ff]\w?"
)


def bom_encoding(head: bytes) -> str | None:
    """The encoding that a byte order mark at the start gives away."""
    return next((name for mark, name in _BOMS if head.startswith(mark)), None)


def declared_encoding(head: bytes) -> str | None:
    """The encoding that a web page or XML names itself, if there is such an encoding."""
    match = _DECLARED.search(head[:4096])
    if match is None:
        return None
    name = match[1].decode("ascii", "replace").lower()
    name = _READ_AS.get(name, name)
    if not is_text_encoding(name):
        return None
    # what declares itself in bytes that ASCII readers understand is not UTF-16
    return "utf-8" if name.startswith(("utf-16", "utf-32")) else name


def is_text_encoding(name: str) -> bool:
    """Whether Python can decode text by that name."""
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    # "hex" and the like turn bytes into bytes; the mark for that is what bytes.decode goes by
    return getattr(codec, "_is_text_encoding", True) and codec.incrementaldecoder is not None


def undecodable(
    encoding: str, error: UnicodeError, base: int, pieces: Callable[[], Iterable[bytes]]
) -> str:
    """What names the offending byte, and an encoding that works.

    `base` is where the decoder's input starts; `pieces` gives the document anew.
    """
    what = str(error)
    if isinstance(error, UnicodeDecodeError):
        at_end = ", its very end: an incomplete file?" if "end of data" in error.reason else ""
        what = f"byte 0x{error.object[error.start]:02x} at offset {base + error.start:,}{at_end}"
    other = f"{encoding}-le" if "BOM" in what else advise(pieces, wrong=encoding)
    return (
        f"it is not {encoding.upper()} text ({what}); give its encoding, for example "
        f"--encoding {other}"
    )


def advise(pieces: Callable[[], Iterable[bytes]], *, wrong: str) -> str:
    """An encoding in which all of a text can be decoded, and in which it most likely is."""
    sample = _sample(pieces())
    for name in _candidates(sample):
        if name != wrong and _decodes(pieces(), name):
            return name
    return "latin-1"  # in which any byte is a character


def _sample(pieces: Iterable[bytes]) -> bytes:
    """The first lines that are not ASCII, as many as tell."""
    kept = bytearray()
    for piece in pieces:
        for line in piece.split(b"\n"):
            if _HIGH.search(line):
                kept += line + b"\n"
        if len(kept) >= _SAMPLE:
            break
    return bytes(kept[:_SAMPLE])


def _candidates(sample: bytes) -> list[str]:
    """Encodings in the order of how well the sample reads in them."""
    if not sample:
        return ["utf-8", "cp1252"]
    try:
        sample.decode("utf-8")
        return ["utf-8", "cp1252"]
    except UnicodeError:
        pass
    names = ("cp1252", *_ASIAN, *_CYRILLIC, *_OTHER)
    scored = sorted(((_score(sample, name), -at, name) for at, name in enumerate(names)))
    return [name for _, _, name in reversed(scored)]


def _score(sample: bytes, name: str) -> float:
    """How much the sample reads like text in that encoding."""
    try:
        text = sample.decode(name)
    except UnicodeDecodeError as error:
        if len(sample) - error.start > 4:
            return -10.0
        text = sample[: error.start].decode(name, "ignore")  # the sample ends within a character
    beyond = [character for character in text if character > "\x7f"]
    if not beyond:
        return -5.0
    prior = 0.1 if name == "cp1252" else -0.3 if name.startswith("mac-") else 0.0
    return sum(map(_weight, beyond)) / len(beyond) + _agreement(text) + prior


def _weight(character: str) -> float:
    """How likely a character beyond ASCII is in a text that somebody wrote."""
    code = ord(character)
    if 0x3040 <= code <= 0x30FF or 0xAC00 <= code <= 0xD7A3:  # kana, Hangul
        return 2.0
    if 0x4E00 <= code <= 0x9FFF:
        return 2.0 if character in _COMMON else 1.0
    if code in (0x3001, 0x3002, 0xFF0C, 0x300C, 0x300D):
        return 1.5
    if 0x0430 <= code <= 0x044F or 0x03AC <= code <= 0x03CE or 0x0E00 <= code <= 0x0E7F:
        return 1.3
    if 0x05D0 <= code <= 0x05EA or 0x0621 <= code <= 0x064A:
        return 1.3
    if character in "“”‘’–—…€•°§«»„äöüßéèêàçñáíóúôâîøåæÄÖÜÅØÆÉłżąęśćńźóřčšžěůýő ":
        return 1.0
    if character.isalpha():
        return 0.2 if code < 0x2000 else 0.0
    return -1.0 if 0x2500 <= code <= 0x25FF or 0x80 <= code < 0xA0 or code >= 0xE000 else -0.3


def _agreement(text: str) -> float:
    """Takes away for words that change between upper and lower case, or between scripts."""
    odd = words = 0
    for match in _WORD.finditer(text[:20_000]):
        word = match[0]
        if word.isascii():
            continue
        words += 1
        tail = word[1:]
        mixed = tail != tail.lower() and word != word.upper()
        foreign = len({_script(letter) for letter in word}) > 1
        mute = len(word) > 3 and "\u0400" < word[0] < "\u0500" and not _VOWEL.search(word)
        odd += mixed or foreign or mute
    odd += len(_SIGN_IN_WORD.findall(text[:20_000]))
    return -2.0 * odd / max(words, odd) if odd else 0.0


def _script(letter: str) -> int:
    code = ord(letter)
    if code < 0x370 or 0x1E00 <= code < 0x2000:
        return 0
    # kanji and kana stand in one word, and Hangul is many pages long
    return 0x3000 if 0x3000 <= code < 0xD7B0 else code & 0xFF00


def _decodes(pieces: Iterable[bytes], name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)("strict")
    done = 0
    try:
        for piece in pieces:
            decoder.decode(piece)
            done += len(piece)
            if done > _VERIFIED:
                return True
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
