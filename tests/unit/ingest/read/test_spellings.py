"""How clerks spell a value: what each spelling means in a column, or which finding it gets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ingest.forms.catalogue import code_list
from ingest.forms.model import Bilingual, Column
from ingest.read.sandbox import CellFault
from ingest.read.units import unit_factor
from ingest.read.values import CodeNames, parse_cell


def column(kind: Any, **changes: Any) -> Column:
    text = Bilingual(zh="栏", en="column")
    return Column(name="c", zh="栏", en="c", type=kind, basis="S", description=text, **changes)


MONEY = column("money", unit="元")
COUNT = column("int", unit="户")
PERSONS = column("int", unit="人")
LAND = column("dec", unit="亩", precision=14, scale=2)
RATE = column("dec", unit="%", precision=9, scale=2)
YEAR = column("int")
DAY = column("date")
FLAG = column("bool")
SCHOOL = column("bool", yes_words=("有",), no_words=("无",))
TEXT = column("text")
DOCUMENT = column("char", length=40, key=True, key_default="-")
PLACE = column("char", length=12, fixed_length=True)
VILLAGE = column("char", length=15, fixed_length=True, choices="villages")
PROJECT = column("char", length=20, choices="projects")
SOURCE = column("code", codes="fund_source")
PROGRAMME = column("code", codes="programme")

NAN, TWO, UNIT = "IN-not-a-number", "IN-two-readings", "IN-unit"

# (cell, column, unit stated by heading or head): value or, after a "!", the finding
NUMBERS: list[tuple[Any, Column, str | None, str]] = [
    # figures
    ("1234567.89", MONEY, None, "1234567.89"),
    ("1,234,567.89", MONEY, None, "1234567.89"),
    ("1，234，567", MONEY, None, "1234567"),
    ("1'234'567", MONEY, None, "1234567"),
    ("１２３，４５６．７", MONEY, None, "123456.7"),
    ("1 200 000", MONEY, None, "1200000"),
    ("1 000", MONEY, None, "1000"),
    ("1\u00a0200", MONEY, None, "1200"),
    ("1\u202f234\u202f567", MONEY, None, "1234567"),
    ("\u200b1200\ufeff", MONEY, None, "1200"),
    ("'1200", MONEY, None, "1200"),
    ("+1200", MONEY, None, "1200"),
    ("-1200", MONEY, None, "-1200"),
    ("−1200", MONEY, None, "-1200"),
    ("－１２００", MONEY, None, "-1200"),
    ("负1200", MONEY, None, "-1200"),
    ("1200.", MONEY, None, "1200"),
    ("0", MONEY, None, "0"),
    ("0.00", MONEY, None, "0"),
    ("零", MONEY, None, "0"),
    ("〇", COUNT, None, "0"),
    (1200.005, MONEY, None, "1200.01"),
    (0.1 + 0.2, MONEY, None, "0.3"),
    ("120 130", COUNT, None, f"!{NAN}"),
    ("12 3", COUNT, None, f"!{NAN}"),
    ("1,23", MONEY, None, f"!{NAN}"),
    ("1,2345", MONEY, None, f"!{NAN}"),
    ("1.234.567", MONEY, None, f"!{NAN}"),
    ("1/2", MONEY, None, f"!{NAN}"),
    ("1.2E+08", MONEY, None, f"!{NAN}"),
    ("(1200)", MONEY, None, f"!{NAN}"),
    ("1200-1300", MONEY, None, f"!{NAN}"),
    ("120³", MONEY, None, f"!{NAN}"),
    ("1200①", MONEY, None, f"!{NAN}"),
    ("½", MONEY, None, f"!{NAN}"),
    ("=A1+B1", MONEY, None, f"!{NAN}"),
    ("不详", MONEY, None, f"!{NAN}"),
    (True, COUNT, None, f"!{NAN}"),
    (date(2009, 3, 5), COUNT, None, f"!{NAN}"),
    ("12.5", COUNT, None, f"!{NAN}"),
    (12.5, PERSONS, None, f"!{NAN}"),
    ("9" * 12, COUNT, None, f"!{NAN}"),
    ("9" * 17, MONEY, None, f"!{NAN}"),
    # Chinese numerals
    ("三百二十万", MONEY, None, "3200000"),
    ("一千二百三十四", COUNT, None, "1234"),
    ("两千", COUNT, None, "2000"),
    ("十五", COUNT, None, "15"),
    ("一百一十五", COUNT, None, "115"),
    ("一百零五", COUNT, None, "105"),
    ("一千零五十", COUNT, None, "1050"),
    ("一万零三", COUNT, None, "10003"),
    ("三十万零五百", MONEY, None, "300500"),
    ("一亿二千万", MONEY, None, "120000000"),
    ("壹佰万元整", MONEY, None, "1000000"),
    ("叁万伍仟元正", MONEY, None, "35000"),
    ("壹万贰仟叁佰肆拾伍元陆角柒分", MONEY, None, "12345.67"),
    ("人民币贰拾万元整", MONEY, None, "200000"),
    ("二〇〇九", YEAR, None, "2009"),
    ("二零零九", YEAR, None, "2009"),
    ("〇二", COUNT, None, "2"),
    ("三点五", LAND, None, "3.5"),
    ("三点二万", MONEY, None, "32000"),
    ("3.2万", MONEY, None, "32000"),
    ("3.2 万", MONEY, None, "32000"),
    ("1,200万", MONEY, None, "12000000"),
    ("3万2千", MONEY, None, "32000"),
    ("3万5000", MONEY, None, "35000"),
    ("5百万", MONEY, None, "5000000"),
    ("1.2亿", MONEY, None, "120000000"),
    ("负三万", MONEY, None, "-30000"),
    ("三万五", MONEY, None, f"!{TWO}"),
    ("3万5", MONEY, None, f"!{TWO}"),
    ("一百五", COUNT, None, f"!{TWO}"),
    ("一千二", COUNT, None, f"!{TWO}"),
    ("三四万元", MONEY, None, f"!{TWO}"),
    ("七八", COUNT, None, f"!{TWO}"),
    ("三五户", COUNT, None, f"!{TWO}"),
    ("3万500", MONEY, None, f"!{NAN}"),
    ("百万", MONEY, None, f"!{NAN}"),
    ("万元", MONEY, None, f"!{NAN}"),
    ("数万元", MONEY, None, f"!{NAN}"),
    ("几十户", COUNT, None, f"!{NAN}"),
    ("十几", COUNT, None, f"!{NAN}"),
    ("二十多户", COUNT, None, "20 U"),
    ("〇〇", COUNT, None, f"!{NAN}"),
    ("一千十", COUNT, None, f"!{NAN}"),
    # units
    ("1200元", MONEY, None, "1200"),
    ("¥1,200.50", MONEY, None, "1200.5"),
    ("￥1200", MONEY, None, "1200"),
    ("320万元", MONEY, None, "3200000"),
    ("320万元", MONEY, "元", "3200000"),
    ("320万元", MONEY, "万元", "3200000"),
    ("320", MONEY, "万元", "3200000"),
    ("0.5亿元", MONEY, "亿元", "50000000"),
    ("12千元", MONEY, None, "12000"),
    ("3.5", MONEY, "千元", "3500"),
    ("三百二十", MONEY, "万元", "3200000"),
    ("三元五角", MONEY, None, "3.5"),
    ("12元5角", MONEY, None, "12.5"),
    ("五角", MONEY, None, "0.5"),
    ("15户", COUNT, None, "15"),
    ("１５户", COUNT, "户", "15"),
    ("1.2万户", COUNT, None, "12000"),
    ("224人", PERSONS, None, "224"),
    ("300.5亩", LAND, "亩", "300.5"),
    ("3公顷", LAND, None, "45"),
    ("3", LAND, "公顷", "45"),
    ("3公顷", LAND, "公顷", "45"),
    ("1.5万亩", LAND, "亩", "15000"),
    ("1200元", MONEY, "万元", f"!{UNIT}"),
    ("1.2亿元", MONEY, "万元", f"!{UNIT}"),
    ("320万", MONEY, "万元", f"!{TWO}"),
    ("3公顷", LAND, "亩", f"!{UNIT}"),
    ("3亩", LAND, "公顷", f"!{UNIT}"),
    ("15人", COUNT, None, f"!{UNIT}"),
    ("85%", MONEY, None, f"!{UNIT}"),
    ("15户", PERSONS, "人", f"!{UNIT}"),
    ("15 km", LAND, None, f"!{NAN}"),
    # per cent
    ("85%", RATE, None, "85"),
    ("85％", RATE, "%", "85"),
    ("85.5 %", RATE, "%", "85.5"),
    ("百分之八十五", RATE, None, "85"),
    ("百分之85.5", RATE, "%", "85.5"),
    ("0.85", RATE, None, "0.85"),
    (0.85, RATE, None, "0.85"),
    ("-3%", RATE, None, "-3"),
    ("八成五", RATE, None, f"!{NAN}"),
    # marks
    ("150000(估)", MONEY, None, "150000 E"),
    ("15万元（估计数）", MONEY, None, "150000 E"),
    ("约15万元", MONEY, None, "150000 U"),
    ("大约150,000", MONEY, None, "150000 U"),
    ("150000以上", MONEY, None, "150000 U"),
    ("15万元左右", MONEY, None, "150000 U"),
    ("300余万元", MONEY, None, "3000000 U"),
    ("超过三百万元", MONEY, None, "3000000 U"),
    ("约150000（估）", MONEY, None, "150000 U"),
    ("—", MONEY, None, "M"),
    ("——", MONEY, None, "M"),
    ("-", MONEY, None, "M"),
    ("－", MONEY, None, "M"),
    ("/", MONEY, None, "M"),
    ("／", COUNT, None, "M"),
    ("无", COUNT, None, "M"),
    ("不适用", RATE, None, "M"),
    ("未收集(文件未列)", MONEY, None, "L"),
    ("", MONEY, None, ""),
    ("   ", MONEY, None, ""),
    ("\u3000", COUNT, None, ""),
    (None, COUNT, None, ""),
    # unreadable
    ("XX", MONEY, None, "!G10"),
    ("20XX", YEAR, None, "!G10"),
    ("1*,000", MONEY, None, "!G10"),
    ("3x,410", MONEY, None, "!G10"),
    ("XX万元", MONEY, None, "!G10"),
    ("######", MONEY, None, "!G10"),
    ("○○", COUNT, None, "!G10"),
    ("□□户", COUNT, None, "!G10"),
    (CellFault("error", "#DIV/0!"), MONEY, None, "!IN-error-cell"),
    (CellFault("formula", "=SUM(A1:A3)"), MONEY, None, "!IN-formula"),
    (CellFault("formula", ""), COUNT, None, "!IN-formula"),
]

NOVEMBER_5 = date(2009, 11, 5)
OTHERS: list[tuple[Any, Column, Any]] = [
    # dates
    (NOVEMBER_5, DAY, NOVEMBER_5),
    (40122, DAY, NOVEMBER_5),
    ("2009-11-05", DAY, NOVEMBER_5),
    ("2009-11-5", DAY, NOVEMBER_5),
    ("2009/11/5", DAY, NOVEMBER_5),
    ("2009.11.5", DAY, NOVEMBER_5),
    ("20091105", DAY, NOVEMBER_5),
    ("２００９－１１－０５", DAY, NOVEMBER_5),
    ("2009年11月5日", DAY, NOVEMBER_5),
    ("2009年11月05号", DAY, NOVEMBER_5),
    ("2009 年 11 月 5 日", DAY, NOVEMBER_5),
    ("二〇〇九年十一月五日", DAY, NOVEMBER_5),
    ("二零零九年十一月五日", DAY, NOVEMBER_5),
    ("二○○九年十一月五日", DAY, NOVEMBER_5),
    ("二〇〇九年元月廿五日", DAY, date(2009, 1, 25)),
    ("2009-11-05 00:00:00", DAY, NOVEMBER_5),
    ("2009年11月5日（星期四）", DAY, NOVEMBER_5),
    ("09-11-5", DAY, "!IN-not-a-date"),
    ("09年11月5日", DAY, "!IN-not-a-date"),
    ("2009年11月", DAY, "!IN-not-a-date"),
    ("2009-02-30", DAY, "!IN-not-a-date"),
    ("5/11/2009", DAY, "!IN-not-a-date"),
    ("40122", DAY, "!IN-not-a-date"),
    ("年初", DAY, "!IN-not-a-date"),
    ("20XX-11-05", DAY, "!G10"),
    ("2009年X月X日", DAY, "!G10"),
    ("无", DAY, "M"),
    (CellFault("error", "#REF!"), DAY, "!IN-error-cell"),
    # yes and no
    ("是", FLAG, True),
    (True, FLAG, True),
    ("√", FLAG, True),
    ("否", FLAG, False),
    ("0", FLAG, False),
    ("×", FLAG, False),
    ("有", SCHOOL, True),
    ("无", SCHOOL, False),
    ("无", FLAG, "!IN-not-a-bool"),
    ("有", FLAG, "!IN-not-a-bool"),
    ("在建", FLAG, "!IN-not-a-bool"),
    ("—", FLAG, "M"),
    # codes
    ("12", SOURCE, "12"),
    (12.0, SOURCE, "12"),
    ("12.0", SOURCE, "12"),
    ("１２", SOURCE, "12"),
    ("12 省级财政", SOURCE, "12"),
    ("12-省级财政", SOURCE, "12"),
    ("12、省级财政", SOURCE, "12"),
    ("省级财政", SOURCE, "12"),
    ("省 级 财 政", SOURCE, "12"),
    ("12(估)", SOURCE, "12"),
    ("〇二", PROGRAMME, "02"),
    ("01整村推进", PROGRAMME, "01"),
    (1.0, PROGRAMME, "1"),  # 01 that lost its zero: G4 names it
    ("13 省级财政", SOURCE, "13 省级财政"),  # code and label disagree: G4 names it
    ("—", SOURCE, "M"),
    # texts and long codes
    ("丽财农〔2009〕12号", DOCUMENT, "丽财农〔2009〕12号"),
    ("-", DOCUMENT, "-"),
    ("无", DOCUMENT, "M"),
    (530722208000.0, PLACE, "530722208000"),
    ("５３０７２２２０８０００", PLACE, "530722208000"),
    ("530722", PLACE, "!IN-code-length"),
    (30722208000.0, PLACE, "!IN-code-length"),
    ("5307222080XX", PLACE, "!G10"),
    ("53072220****", PLACE, "!G10"),
    ("5.30722E+11", PLACE, "!IN-damaged-code"),
    (530722208201000.0, VILLAGE, "530722208201000"),
    ("530722208201000 松坪村委会", VILLAGE, "530722208201000"),
    ("53072220820100", VILLAGE, "!IN-code-length"),
    ("松坪村委会", VILLAGE, "松坪村委会"),
    ("20095307220200000001", PROJECT, "20095307220200000001"),
    (2.00953072202e19, PROJECT, "!IN-damaged-code"),
    ("2.00953E+19", PROJECT, "!IN-damaged-code"),
    (20095307220200000001, PROJECT, "!IN-damaged-code"),
    ("不适用", TEXT, "M"),
    (12.0, TEXT, "12"),
    (CellFault("error", "#N/A"), TEXT, "!IN-error-cell"),
]


def names_of(col: Column) -> CodeNames | None:
    if col.codes is None:
        return None
    return CodeNames({code: entry.zh for code, entry in code_list(col.codes).items()})


def test_the_tables_are_long_enough() -> None:
    assert len(NUMBERS) + len(OTHERS) >= 150


@pytest.mark.parametrize(("cell", "col", "unit", "meaning"), NUMBERS)
def test_numbers(cell: Any, col: Column, unit: str | None, meaning: str) -> None:
    factor = unit_factor(col.unit, unit)
    assert factor is not None
    parsed = parse_cell(cell, col, factor, unit=unit)
    if meaning.startswith("!"):
        assert (parsed.value, parsed.problem) == (None, meaning[1:])
        assert parsed.text
        return
    assert parsed.problem is None
    value, _, status = meaning.partition(" ")
    if value in ("", "L", "M"):
        assert (parsed.value, parsed.status) == (None, value or None)
    else:
        assert (parsed.value, parsed.status) == (Decimal(value), status or None)


@pytest.mark.parametrize(("cell", "col", "meaning"), OTHERS)
def test_dates_codes_and_texts(cell: Any, col: Column, meaning: Any) -> None:
    parsed = parse_cell(cell, col, codes=names_of(col))
    if isinstance(meaning, str) and meaning.startswith("!"):
        assert (parsed.value, parsed.problem) == (None, meaning[1:])
    elif meaning == "M":
        assert (parsed.value, parsed.status, parsed.problem) == (None, "M", None)
    else:
        assert (parsed.value, parsed.problem) == (meaning, None)
        assert type(parsed.value) is type(meaning)


def test_serial_numbers_count_from_1904_in_a_workbook_that_says_so() -> None:
    assert parse_cell(38660, DAY, date_1904=True).value == NOVEMBER_5
    assert parse_cell(38660, DAY).value == date(2005, 11, 4)
    for cell in (0, 5, 60, 80_000, 40122.5, float("1e300")):
        assert parse_cell(cell, DAY).problem == "IN-not-a-date"


def test_two_readings_are_both_told() -> None:
    assert parse_cell("三万五", MONEY).expected == "35000 / 30005"
    assert parse_cell("320万", MONEY, Decimal(10_000), unit="万元").expected == (
        "32000000000 / 3200000"
    )
