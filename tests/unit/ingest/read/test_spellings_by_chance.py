"""Any number, however it is spelled, reads back equal; and nothing reads as a number by chance."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.forms.model import Bilingual, Column
from ingest.read.numerals import readings
from ingest.read.values import parse_cell

TEXT = Bilingual(zh="栏", en="column")
MONEY = Column(name="c", zh="栏", en="c", type="money", unit="元", basis="S", description=TEXT)
DAY = Column(name="c", zh="栏", en="c", type="date", basis="A", description=TEXT)
DIGITS = "零一二三四五六七八九"
FORMAL = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
WIDE = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")
CENTS = st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False)
WHOLE = st.integers(min_value=0, max_value=10**12 - 1)
WRITTEN = "0123456789零一二三四五六七八九十百千万亿元.,' xX×*○-/年月日%约估()无户"
QUICK = settings(max_examples=150, deadline=None, derandomize=True, database=None)


def spelled(number: int) -> str:
    """Spell a number as a clerk does, from four digits at a time: written apart from the reader."""
    if number == 0:
        return "零"
    parts: list[str] = []
    for size, unit in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part, number = divmod(number, size)
        if part == 0:
            if parts and number and parts[-1] != "零":
                parts.append("零")
            continue
        if parts and part < 1000 and parts[-1] != "零":
            parts.append("零")
        parts.append(_below_10000(part) + unit)
    return "".join(parts)


def _below_10000(number: int) -> str:
    text, pending = "", False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, size)
        if digit:
            text += ("零" if pending and text else "") + DIGITS[digit] + unit
            pending = False
        else:
            pending = True
    return text


def read(cell: Any) -> Any:
    parsed = parse_cell(cell, MONEY)
    assert parsed.problem is None, parsed
    return parsed.value


@QUICK
@given(CENTS)
def test_figures_read_back_equal(number: Decimal) -> None:
    plain, grouped = f"{number:.2f}", f"{number:,.2f}"
    for text in (
        plain, grouped, plain.translate(WIDE), grouped.translate(WIDE), grouped.replace(",", "'"),
        grouped.replace(",", "\u00a0"), f"{plain}元", f"¥{plain}", f" {plain}\u3000", float(number),
    ):  # fmt: skip
        assert read(text) == number, text


@QUICK
@given(WHOLE)
def test_chinese_numerals_read_back_equal(number: int) -> None:
    text = spelled(number)
    assert readings(text) == (number,)
    assert read(f"{text.translate(FORMAL)}元整") == number
    assert read(f"负{text}") == -number


@QUICK
@given(WHOLE, st.integers(0, 9), st.integers(0, 9))
def test_amounts_with_cents_read_back_equal(number: int, jiao: int, fen: int) -> None:
    assert read(f"{spelled(number)}元{DIGITS[jiao]}角{DIGITS[fen]}分") == (
        number + Decimal(jiao) / 10 + Decimal(fen) / 100
    )


@QUICK
@given(st.decimals(min_value=0, max_value=10**7, places=4, allow_nan=False))
def test_wan_reads_back_equal_wherever_it_stands(number: Decimal) -> None:
    in_heading = parse_cell(f"{number}", MONEY, Decimal(10_000), unit="万元").value
    assert in_heading == parse_cell(f"{number}万元", MONEY).value
    assert in_heading == parse_cell(f"{number}万", MONEY).value
    assert in_heading == parse_cell(f"{number}万元", MONEY, Decimal(10_000), unit="万元").value


@QUICK
@given(st.text(max_size=12))
def test_no_text_is_zero_unless_it_says_so(text: str) -> None:
    parsed = parse_cell(text, MONEY)
    if parsed.value == 0:
        assert re.search(r"[0０零〇]", text), text


@QUICK
@given(
    st.text(
        alphabet="0123456789零一二三四五六七八九十百千万亿元.,' xX×*○-/年月日%约估()无户",
        max_size=14,
    )
)
def test_whatever_is_written_ends_as_a_value_or_a_finding(text: str) -> None:
    for column in (MONEY, DAY):
        parsed = parse_cell(text, column)
        ends = (parsed.value is not None, parsed.problem is not None, parsed.status in ("L", "M"))
        assert sum(ends) == (1 if text.strip() else 0), parsed


@QUICK
@given(st.dates())
def test_dates_read_back_equal(day: Any) -> None:
    year = "".join(DIGITS[int(digit)] for digit in f"{day.year:04d}")
    for text in (
        day.isoformat(),
        f"{day.year:04d}/{day.month}/{day.day}",
        f"{day.year:04d}年{day.month}月{day.day}日",
        f"{year}年{spelled(day.month)}月{spelled(day.day)}日",
        f"{day.year:04d}{day.month:02d}{day.day:02d}",
    ):
        assert parse_cell(text, DAY).value == day, text
