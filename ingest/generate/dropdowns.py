"""Drop-downs, input hints and entry checks of a blank return.

What may be written in place of a value (a mark such as `未收集(原因)` or `150000(估)`) is asked
about and not refused; a key, and what cannot carry a mark, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ingest.forms.catalogue import code_list
from ingest.forms.model import LONGEST_TEXT, Column, Form
from ingest.generate import style
from ingest.generate.labels import BASIS, option
from ingest.generate.layout import FIRST_HEAD_ROW, YUAN, Sheet

LAST_ROW = 2000
_LARGEST = 99_999_999_999_999.0  # numeric(16,2)
_EPOCH = date(1899, 12, 30)
_FIRST_DAY, _LAST_DAY = date(1949, 1, 1), date(2099, 12, 31)
_TITLE_LENGTH = 32  # Excel's limits
_TEXT_LENGTH = 255
_YES_NO = '"是,否"'
_LENGTHS = {"report_month": (6, 6), "area_code": (12, 12), "version": (1, 4)}
_ERROR_TITLE = "请核对 Please check"
_MARKED = "未收集写作 未收集(原因)，估计数写作 {estimate}，确为这种情况请选“是”继续。"
_MARKED_EN = "Choose Yes only for a marked value."
_NUMBER_ERROR = (
    f"应填{{bounds}}。{_MARKED.format(estimate='150000(估)')}A number is expected. {_MARKED_EN}"
)
_CODE_ERROR = "请从下拉列表中选择代码，见“代码”表。Choose a code of the list (sheet 代码)."
_MARKED_CODE_ERROR = (
    f"请从下拉列表中选择代码，见“代码”表。{_MARKED.format(estimate='4(估)')}"
    f"Choose a code of the list. {_MARKED_EN}"
)
_CHOICE_ERROR = (
    "不在本单位的列表中。确为新增的，请选“是”继续，并填写完整编码。"
    "Not in the unit's list; choose Yes for a new one and write its whole code."
)
_BOOL_ERROR = "应填“是”或“否”；未收集的写 未收集(原因)，请选“是”继续。Enter 是 or 否."
_DATE_ERROR = (
    "应填日期，如 2009-11-05；未收集的写 未收集(原因)，请选“是”继续。"
    f"A date is expected, e.g. 2009-11-05. {_MARKED_EN}"
)
_LENGTH_ERROR = "最多可填{high}个字符。At most {high} characters."
_EXACT_ERROR = "应填{low}至{high}位。{low} to {high} characters are expected."
_HEAD_ERROR = "请从下拉列表中选择。Choose from the list."


def add_dropdowns(worksheet: Worksheet, sheet: Sheet, ranges: Mapping[str, str]) -> None:
    """Add the entry checks of head and columns.

    `ranges` are the cells that hold the options of each code list and of the choices.
    """
    for row, field in enumerate(sheet.head, start=FIRST_HEAD_ROW):
        check = _head_check(field.name, sheet.form)
        _hint(check, field.zh, f"{field.description.zh} {field.description.en}")
        check.add(f"B{row}")
        worksheet.add_data_validation(check)
    for position, place in enumerate(sheet.places, start=1):
        letter = get_column_letter(position)
        worksheet.column_dimensions[letter].number_format = style.number_format(place.column)
        if place.of_last_month:
            continue
        worksheet.column_dimensions[letter].protection = style.OPEN
        check = _column_check(place.column, ranges)
        _hint(check, place.column.zh, _hint_text(place.column))
        check.add(f"{letter}{sheet.first_data_row}:{letter}{LAST_ROW}")
        worksheet.add_data_validation(check)


def _head_check(name: str, form: Form) -> DataValidation:
    lists = {
        "form_code": f'"{form.form_code}"',
        "edition": f'"{",".join(edition.edition for edition in form.editions)}"',
        "nil_return": _YES_NO,
        "money_unit": f'"{YUAN}"',
    }
    if name in lists:
        return DataValidation(
            type="list", formula1=lists[name], allow_blank=True, error=_HEAD_ERROR
        )
    if name in _LENGTHS:
        return _length_check(*_LENGTHS[name], _EXACT_ERROR)
    return DataValidation(allow_blank=True)


def _column_check(column: Column, ranges: Mapping[str, str]) -> DataValidation:
    if column.codes:
        codes = code_list(column.codes)
        only = ",".join(option(codes[code]) for code in column.only_codes)
        options = f'"{only}"' if only else ranges[column.codes]
        error = _CODE_ERROR if column.key else _MARKED_CODE_ERROR
        return _list_check(options, error, strict=column.key)
    if column.choices and column.choices in ranges:
        return _list_check(ranges[column.choices], _CHOICE_ERROR, strict=False)
    if column.type == "bool":
        return _list_check(_YES_NO, _BOOL_ERROR, strict=False)
    if column.type == "date":
        low, high = ((day - _EPOCH).days for day in (_FIRST_DAY, _LAST_DAY))
        return _between("date", str(low), str(high), _DATE_ERROR)
    if column.is_number:
        return _number_check(column)
    return _length_check(0, column.longest or LONGEST_TEXT, _LENGTH_ERROR)


def _number_check(column: Column) -> DataValidation:
    low = _bound(_lowest(column))
    high = _bound(column.maximum if column.maximum is not None else _LARGEST)
    bounds = "数字"
    if column.maximum is not None:
        bounds = f"{low}至{high}之间的数字"
    elif _lowest(column) > -_LARGEST:
        bounds = f"不小于{low}的数字"
    kind: Literal["whole", "decimal"] = "whole" if column.type == "int" else "decimal"
    return _between(kind, low, high, _NUMBER_ERROR.format(bounds=bounds))


def _list_check(options: str, error: str, *, strict: bool) -> DataValidation:
    return DataValidation(
        type="list",
        formula1=options,
        allow_blank=True,
        errorStyle="stop" if strict else "warning",
        error=error,
    )


def _between(
    kind: Literal["whole", "decimal", "date"], low: str, high: str, error: str
) -> DataValidation:
    return DataValidation(
        type=kind,
        operator="between",
        formula1=low,
        formula2=high,
        allow_blank=True,
        errorStyle="warning",
        error=error,
    )


def _length_check(low: int, high: int, error: str) -> DataValidation:
    return DataValidation(
        type="textLength",
        operator="between",
        formula1=str(low),
        formula2=str(high),
        allow_blank=True,
        error=error.format(low=low, high=high),
    )


def _lowest(column: Column) -> float:
    if column.minimum is not None:
        return column.minimum
    return -_LARGEST if column.reversible or column.basis in ("M", "Y") else 0.0


def _bound(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value}"


def _hint_text(column: Column) -> str:
    facts = [column.description.zh]
    if column.unit:
        facts.append(f"单位：{column.unit}。")
    if column.is_number and column.basis != "A":
        facts.append(f"口径：{BASIS[column.basis].split()[0]}。")
    return "".join(facts)


def _hint(check: DataValidation, title: str, text: str) -> None:
    check.promptTitle = title[:_TITLE_LENGTH]
    check.prompt = text if len(text) <= _TEXT_LENGTH else f"{text[: _TEXT_LENGTH - 1]}…"
    check.errorTitle = _ERROR_TITLE
    check.showInputMessage = True
    check.showErrorMessage = True
