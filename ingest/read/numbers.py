"""The cell of a number: its spelling, its unit and its mark become one value in base units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ingest.forms.model import Column
from ingest.read.cells import Parsed, masked
from ingest.read.marks import Status, is_masked, without_number_mark
from ingest.read.numerals import Readings, has_multiplier, is_disguised, readings, visible
from ingest.read.sandbox import Cell
from ingest.read.units import is_a_unit, units_of

_MAX_INT: Final = 2**31 - 1  # no count of one cell is larger, and the facts hold years as integer
_OF_HUNDRED: Final = re.compile(r"(负?)百分之(.+)")
_TRAILING_WORD: Final = re.compile(
    r"(.*[0-9〇零一二两三四五六七八九十百千万亿])\s*([^0-9\s.,]{1,6})"
)
# 壹万贰仟元伍角陆分; 整 and 正 close an amount.
_AMOUNT: Final = re.compile(r"(.*?)(?:元(.)角零?(.)分|元(.)角|元零?(.)分|(?<!元)(.)角)")
_CURRENCY: Final = re.compile(r"^(?:人民币|RMB|CNY|[¥￥])\s*")
_YUAN: Final = "元"


def parse_number(
    cell: Cell, text: str, column: Column, factor: Decimal, unit: str | None
) -> Parsed:
    """Return the value of a number's cell in base units.

    `unit` is what the heading (or the head, for money) states, None where neither does;
    `factor` is how many base units one of it is.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        # Excel computes in binary and shows 15 digits: 0.1+0.2 was meant as 0.3.
        return _scaled(Decimal(format(cell, ".15g")) * factor, text, column, None)
    marked = without_number_mark(visible(text))
    if marked.status in ("L", "M"):
        return Parsed(None, text, marked.status, marked.reason)
    if isinstance(cell, (bool, date)) or is_disguised(text.replace("²", "")):
        return _no_number(text, column)
    plain = _plain(marked.text, column)
    found = readings(plain)
    if not found:
        return _with_unit(plain, text, column, factor, unit, marked.status)
    if factor != 1 and has_multiplier(plain):  # 320万 below 万元: that, or ten thousand times that
        found = (*(value * factor for value in found), *found)
        return _two_readings(text, found)
    return _decided(tuple(value * factor for value in found), text, column, marked.status)


def _plain(text: str, column: Column) -> str:
    plain = text.replace("−", "-").replace("圆", _YUAN).removeprefix("'").strip()
    if column.unit != _YUAN:
        return plain
    plain = _CURRENCY.sub("", plain)
    return re.sub(r"[整正]$", "", plain) if _YUAN in plain or "角" in plain else plain


def _with_unit(
    plain: str, text: str, column: Column, factor: Decimal, unit: str | None, status: Status | None
) -> Parsed:
    """Read a number that states its unit, which must be that of its heading."""
    splits = list(_splits(plain, column))
    if not splits:
        return _no_number(text, column)
    # However the text is parted (320 万元, 320万 元), it is the same number of base units.
    agrees = unit is None or any(size == factor for _, size in splits)
    values, size = splits[0]
    if not agrees:
        return Parsed(None, text, problem="IN-unit", expected=unit)
    return _decided(tuple(value * size for value in values), text, column, status)


def _splits(plain: str, column: Column) -> Iterator[tuple[Readings, Decimal]]:
    """Yield each way to part a text into a number and a unit of the column."""
    hundred = _OF_HUNDRED.fullmatch(plain)
    if hundred is not None:
        plain = f"{hundred[1]}{hundred[2]}%"
    amount = _AMOUNT.fullmatch(plain) if column.unit == _YUAN else None
    if amount is not None:
        found = _with_cents(amount)
        if found:
            yield found, Decimal(1)
        return
    for name, size in units_of(column.unit):
        if plain.endswith(name):
            found = readings(plain.removesuffix(name).rstrip())
            if found:
                yield found, size


def _with_cents(amount: re.Match[str]) -> Readings:
    whole = readings(amount[1]) if amount[1] else (Decimal(0),)
    jiao = readings(amount[2] or amount[4] or amount[6] or "0")
    fen = readings(amount[3] or amount[5] or "0")
    if len(jiao) != 1 or len(fen) != 1 or max(jiao[0], fen[0]) > 9 or min(jiao[0], fen[0]) < 0:
        return ()
    cents = jiao[0] / 10 + fen[0] / 100
    return tuple(value - cents if value < 0 else value + cents for value in whole)


def _decided(found: Readings, text: str, column: Column, status: Status | None) -> Parsed:
    if len(found) > 1:
        return _two_readings(text, found)
    return _scaled(found[0], text, column, status)


def _two_readings(text: str, found: Readings) -> Parsed:
    expected = " / ".join(f"{value.normalize():f}" for value in found[:2])
    return Parsed(None, text, problem="IN-two-readings", expected=expected)


def _no_number(text: str, column: Column) -> Parsed:
    if is_masked(text) or any(
        is_masked(text.strip().removesuffix(name)) for name, _ in units_of(column.unit)
    ):
        return masked(text)
    match = _TRAILING_WORD.fullmatch(visible(text))
    if match is not None and is_a_unit(match[2]) and readings(match[1]):
        return Parsed(None, text, problem="IN-unit", expected=column.unit)
    return Parsed(None, text, problem="IN-not-a-number")


def _scaled(number: Decimal, text: str, column: Column, status: Status | None) -> Parsed:
    if column.type == "int":
        if number != number.to_integral_value() or abs(number) > _MAX_INT:
            return Parsed(None, text, problem="IN-not-a-number")
        return Parsed(int(number), text, status)
    precision, scale = (16, 2) if column.type == "money" else (column.precision, column.scale)
    if number.adjusted() >= precision - scale:
        return Parsed(None, text, problem="IN-not-a-number")
    rounded = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    if rounded.adjusted() >= precision - scale and rounded:
        return Parsed(None, text, problem="IN-not-a-number")
    return Parsed(rounded if rounded else abs(rounded), text, status)
