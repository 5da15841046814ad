"""Drop-downs, input hints and entry checks of a blank return."""

from __future__ import annotations

from collections.abc import Mapping

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ingest.forms.catalogue import code_list
from ingest.forms.model import Column
from ingest.generate.labels import BASIS, option
from ingest.generate.layout import FIRST_HEAD_ROW, YUAN, Sheet
from ingest.generate.style import number_format

LAST_ROW = 2000
_LARGEST = 99_999_999_999_999.0  # numeric(16,2)
_TITLE_LENGTH = 32  # Excel's limits
_TEXT_LENGTH = 255
_YES_NO = '"是,否"'
_HEAD_LISTS = {"nil_return": _YES_NO, "money_unit": f'"{YUAN}"'}
_HEAD_LENGTHS = {"report_month": 6, "area_code": 12}
_NUMBER_ERROR = (
    "应填数字。估计数写作 150000(估)；未收集写作 未收集(原因)。确为这种情况请选“是”继续。"
    "A number is expected; choose Yes only for a marked value."
)
_CODE_ERROR = "请从下拉列表中选择代码，见“代码”表。Choose a code of the list (sheet 代码)."


def add_dropdowns(worksheet: Worksheet, sheet: Sheet, ranges: Mapping[str, str]) -> None:
    """Add the entry checks of head and columns; `ranges` are the cells of each code list."""
    for row, field in enumerate(sheet.head, start=FIRST_HEAD_ROW):
        check = _head_check(field.name)
        _hint(check, field.zh, f"{field.description.zh} {field.description.en}")
        check.add(f"B{row}")
        worksheet.add_data_validation(check)
    for position, column in enumerate(sheet.columns, start=1):
        letter = get_column_letter(position)
        worksheet.column_dimensions[letter].number_format = number_format(column)
        check = _column_check(column, ranges)
        _hint(check, column.zh, _hint_text(column))
        check.add(f"{letter}{sheet.first_data_row}:{letter}{LAST_ROW}")
        worksheet.add_data_validation(check)


def _head_check(name: str) -> DataValidation:
    if name in _HEAD_LISTS:
        return DataValidation(type="list", formula1=_HEAD_LISTS[name], allow_blank=True)
    if name in _HEAD_LENGTHS:
        return DataValidation(
            type="textLength", operator="equal", formula1=str(_HEAD_LENGTHS[name])
        )
    return DataValidation(allow_blank=True)


def _column_check(column: Column, ranges: Mapping[str, str]) -> DataValidation:
    if column.codes:
        codes = code_list(column.codes)
        only = ",".join(option(codes[code]) for code in column.only_codes)
        return DataValidation(
            type="list",
            formula1=f'"{only}"' if only else ranges[column.codes],
            allow_blank=True,
            error=_CODE_ERROR,
        )
    if column.type == "bool":
        return DataValidation(type="list", formula1=_YES_NO, allow_blank=True)
    if column.is_number:
        return DataValidation(
            type="whole" if column.type == "int" else "decimal",
            operator="between",
            formula1=_bound(_lowest(column)),
            formula2=_bound(column.maximum if column.maximum is not None else _LARGEST),
            allow_blank=True,
            errorStyle="warning",
            error=_NUMBER_ERROR,
        )
    return DataValidation(allow_blank=True)


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
    check.showInputMessage = True
    check.showErrorMessage = True
