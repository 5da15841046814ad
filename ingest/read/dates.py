"""The cell of a date: a date, a serial number, or a text with year, month and day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from ingest.read.cells import Parsed, masked
from ingest.read.marks import narrow
from ingest.read.numerals import plain_digits, readings, visible
from ingest.read.sandbox import Cell

_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月)(\d{1,2})日?"
)
_COMPACT_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CHINESE_DATE: Final = re.compile(r"(\D{4}|\d{4})年(\D{1,3}|\d{1,2})月(\D{1,3}|\d{1,2})[日号]")
_AFTER_A_DATE: Final = re.compile(
    r"(?:T?00:00(?::00(?:\.0+)?)?)$|\(?(?:星期|周)[一二三四五六日天]\)?$"
)
_MASKED: Final = re.compile(r"(?=.*[xX×*○●□■?#])[\dxX×*○●□■?#年月日号./-]+")
_DAYS: Final = str.maketrans({"廿": "二十", "卅": "三十", "元": "一"})
_EPOCH: Final = date(1899, 12, 30)
_EPOCH_1904: Final = date(1904, 1, 1)  # Excel for Macintosh
_FIRST_DAY, _LAST_DAY = date(1900, 3, 1), date(2099, 12, 31)


def parse_date(cell: Cell, text: str, *, date_1904: bool = False) -> Parsed:
    """Return the day a cell names; a year of two digits or a day without one names none.

    With `date_1904` serial numbers count days from 1 January 1904.
    """
    if isinstance(cell, date):
        return Parsed(cell, text)
    plain = "".join(narrow(visible(text)).split())
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        day = _of_serial(cell, _EPOCH_1904 if date_1904 else _EPOCH)
        if day is not None:
            return Parsed(day, text)
    plain = _AFTER_A_DATE.sub("", plain)
    parts = _parts(plain)
    try:
        if parts is not None:
            return Parsed(date(*parts), text)
    except ValueError:  # the thirteenth month
        return Parsed(None, text, problem="IN-not-a-date")
    if _MASKED.fullmatch(plain):
        return masked(text)
    return Parsed(None, text, problem="IN-not-a-date")


def _of_serial(cell: float, epoch: date) -> date | None:
    whole = cell == int(cell) and 0 < cell <= (_LAST_DAY - epoch).days
    day = epoch + timedelta(days=int(cell)) if whole else None
    return day if day is not None and day >= _FIRST_DAY else None


def _parts(plain: str) -> tuple[int, int, int] | None:
    match = _DATE.fullmatch(plain) or _COMPACT_DATE.fullmatch(plain)
    if match is not None:
        year, month, day = (int(part) for part in match.groups() if part is not None)
        return year, month, day
    match = _CHINESE_DATE.fullmatch(plain)
    if match is None:
        return None
    digits = match[1] if match[1].isdigit() else plain_digits(match[1])
    numbers = [readings(part.translate(_DAYS)) for part in (match[2], match[3])]
    if digits is None or any(len(number) != 1 for number in numbers):
        return None
    return int(digits), int(numbers[0][0]), int(numbers[1][0])
