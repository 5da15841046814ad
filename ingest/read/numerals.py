"""What a spelling of a number may mean: figures, Chinese numerals, and the two mixed.

`readings` gives every value a text can stand for. One is a number; none is no number; several
are for the reporter to decide, because nothing is guessed: 三万五 is said for 35,000 and may be
30,005, 三四万 may be 340,000 and "three or four".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

Readings = tuple[Decimal, ...]

_DIGITS: Final = "〇一二三四五六七八九"
_SPELLINGS: Final = str.maketrans(
    "零壹贰貳叁參肆伍陆陸柒捌玖两兩俩拾佰仟萬億弍弎",
    "〇一二二三三四五六六七八九二二二十百千万亿二三",
)
_FIGURES: Final = re.compile(
    r"(?:[0-9]{1,40}|[0-9]{1,3}(?:,[0-9]{3}){1,12}|[0-9]{1,3}(?:'[0-9]{3}){1,12})(?:\.[0-9]{0,40})?"
)
# Blanks between groups of three. One blank alone may part two numbers (120 130), unless what
# follows it could not stand by itself (1 000); two blanks or more are one number.
_BLANKS: Final = re.compile(r"[0-9]{1,3}(?:(?: [0-9]{3}){2,12}| 0[0-9]{2})(?:\.[0-9]{0,40})?")
_APART: Final = re.compile(r"[0-9] +[0-9]")
_DIGIT: Final = f"[{_DIGITS}1-9]"
_SECTION: Final = re.compile(
    rf"(?:(?P<k>{_DIGIT})千)?(?P<hz>〇)?(?:(?P<h>{_DIGIT})百)?(?P<tz>〇)?(?:(?P<t>{_DIGIT}?)十)?"
    rf"(?P<oz>〇)?(?P<o>{_DIGIT})?"
)
_ROUND: Final = re.compile(r"([0-9]{1,7}(?:\.[0-9]{1,9})?)([十百千])")  # 5.5千, 12百
_POSITIONAL: Final = re.compile(rf"[{_DIGITS}]+")
_POINT: Final = re.compile(rf"(.+)点([{_DIGITS}]+)")
_TENS: Final = {"十": 10, "百": 100, "千": 1_000}
_LARGE: Final = {"亿": 10**8, "万": 10**4}
# Figures that a word-processor shrank or circled are not the figures they turn into: 120³, 12①.
_DISGUISED: Final = re.compile(
    "[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2079\u2080-\u2089\u2150-\u215f\u2460-\u249b"
    "\u24ea-\u24ff\u2776-\u2793\u3220-\u3229\u3280-\u3289]"
)
_NARROW_BLANKS: Final = re.compile("(?<=[0-9０-９])[\u00a0\u2009\u202f\u2007](?=[0-9０-９]{3})")
_INVISIBLE: Final = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, 0xAD])


def readings(text: str) -> Readings:
    """Return what a half-width text without a unit may mean, each value once.

    >>> readings("三百二十万"), readings("3万5"), readings("abc")
    ((Decimal('3200000'),), (Decimal('35000'), Decimal('30005')), ())
    """
    sign, text = _sign(text)
    if not text:
        return ()
    return tuple(dict.fromkeys(sign * value for value in _unsigned(text)))


def has_multiplier(text: str) -> bool:
    """Return whether a spelling names 万 or 亿 itself."""
    return any(large in text.translate(_SPELLINGS) for large in _LARGE)


def visible(text: str) -> str:
    """Return a text without invisible characters, narrow blanks between figures as `'`."""
    return _NARROW_BLANKS.sub("'", text.translate(_INVISIBLE)).strip()


def is_disguised(text: str) -> bool:
    """Return whether raised, circled or fractional figures stand in a text: `120³`, `½`."""
    return _DISGUISED.search(text) is not None


def plain_digits(text: str) -> str | None:
    """Return a row of Chinese digits as figures (〇二 is 02), None for anything else.

    A circle between digits is the zero it is typed for (二○○九); circles alone hide something.
    """
    plain = text.translate(_SPELLINGS).replace("○", "〇")
    if _POSITIONAL.fullmatch(plain) is None or set(text) == {"○"}:
        return None
    return "".join(str(_DIGITS.index(digit)) for digit in plain)


def _sign(text: str) -> tuple[int, str]:
    if text[:1] in ("-", "−", "负"):
        return -1, text[1:].strip()
    return 1, text.removeprefix("+")


def _unsigned(text: str) -> Readings:
    if _FIGURES.fullmatch(text):
        return (_figures(text),)
    if _BLANKS.fullmatch(text):
        return (Decimal(text.replace(" ", "")),)
    if _APART.search(text):
        return ()
    return _chinese("".join(text.translate(_SPELLINGS).split()))


def _figures(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("'", ""))


def _chinese(text: str) -> Readings:
    for large, size in _LARGE.items():
        if large in text:
            before, after = text.rsplit(large, 1)
            return _large(_chinese(before) if before else (), after, size)
    return _section(text)


def _large(heads: Readings, after: str, size: int) -> Readings:
    """Return `heads` times 万 or 亿 and what comes after it."""
    if not after:
        return tuple(head * size for head in heads)
    if any(head != head.to_integral_value() for head in heads):
        return ()
    return tuple(head * size + tail for head in heads for tail in _tails(after, size))


def _tails(after: str, size: int) -> Iterable[Decimal]:
    """Return what may follow 万 or 亿 (`size`): a smaller number, spelled out to its end."""
    if re.fullmatch(_DIGIT, after):  # 三万五: said for 35,000, written for 30,005
        return (_digit(after) * size / 10, _digit(after))
    spelled = (
        after.startswith("〇")
        or any(unit in after for unit in (*_TENS, *_LARGE))
        or (after.isdigit() and 10 ** len(after) == size)
    )
    tails = _chinese(after.removeprefix("〇")) if spelled else ()
    return tails if all(tail < size and tail == int(tail) for tail in tails) else ()


def _section(text: str) -> Readings:
    """Return what a part without 万 and 亿 may mean."""
    if _FIGURES.fullmatch(text):
        return (_figures(text),)
    if _POSITIONAL.fullmatch(text):
        return _positional(text)
    point = _POINT.fullmatch(text)
    if point is not None:
        whole = _section(point[1])
        fraction = "".join(str(_DIGITS.index(digit)) for digit in point[2])
        return tuple(Decimal(f"{int(value)}.{fraction}") for value in whole if value == int(value))
    rounded = _ROUND.fullmatch(text)
    if rounded is not None:
        return (Decimal(rounded[1]) * _TENS[rounded[2]],)
    match = None if text.endswith("〇") else _SECTION.fullmatch(text)
    return () if match is None else _spelled(match)


def _positional(text: str) -> Readings:
    digits = [_DIGITS.index(digit) for digit in text]
    if len(digits) > 1 and not any(digits):
        return ()
    value = Decimal("".join(map(str, digits)))
    if len(digits) == 2 and 0 < digits[0] < digits[1] <= digits[0] + 2:
        return value, Decimal(digits[0])  # 三四, 三五: "three or four", "three to five"
    return (value,)


def _spelled(match: re.Match[str]) -> Readings:
    """Return a number up to 9,999 spelled with 千, 百 and 十."""
    k, h, t, o = (match[name] for name in ("k", "h", "t", "o"))
    if t == "" and h is None and k is not None and match["tz"] is None and match["hz"] is None:
        return ()  # 一千十: neither 1,010 nor anything else anybody writes
    total = Decimal(0)
    for text, size in ((k, 1_000), (h, 100), (t, 10)):
        if text is not None:
            total += (_digit(text) if text else 1) * size
    if o is None:
        return () if match["oz"] else (total,)
    if match["oz"] or match["tz"] or match["hz"] or t is not None or total == 0:
        return (total + _digit(o),)
    size = 10 if h is not None else 100  # 一百五 is said for 150, 一千二 for 1,200
    return total + _digit(o) * size, total + _digit(o)


def _digit(text: str) -> Decimal:
    return Decimal(text) if text.isascii() else Decimal(_DIGITS.index(text))
