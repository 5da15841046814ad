"""The sheets of a blank return that explain it: how to fill it in, its columns, rules and codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.worksheet import Worksheet

from ingest.forms.catalogue import (
    code_list,
    cross_form_rules,
    general_rules,
    table_columns,
)
from ingest.forms.model import LAST_MONTH, Choices, Column, Form, Rule
from ingest.generate import style
from ingest.generate.choices import Offer
from ingest.generate.labels import BASIS, TYPE, option, row_kinds, severity
from ingest.generate.layout import CODES_SHEET, NOTES_SHEET, Sheet, heading_unit

_LINE_HEIGHT = 14.0
_WIDTHS = (26, 34, 10, 20, 24, 30, 60, 70)
_COLUMN_HEADINGS = (
    "列", "Column", "单位 unit", "类型 type", "必填行类 required in", "口径 basis", "说明",
    "Description",
)  # fmt: skip
_RULE_HEADINGS = ("审核", "Severity", "", "", "", "所在列 column", "规则", "Rule")

HOW_TO_FILL = (
    (
        "一行一笔，从列标题下第一行填起；列标题不要改动，不要合并单元格，数字后不要加单位。",
        "One item per row from under the headings; change no heading, merge no cells.",
    ),
    (
        "没有发生填 0；没有数据留空。空格表示“未报”，不等于 0。",
        "Write 0 where nothing happened; leave a cell empty where nothing is reported. "
        "Blank is never 0.",
    ),
    (
        "估计数写作 150000(估)；“约”“以上”写作 约150000 或 150000以上。",
        "An estimate is written 150000(估); about or more than: 约150000 or 150000以上.",
    ),
    (
        "必填格确实没有收集到时写 未收集(原因)；不适用写 — 或 不适用。",
        "A required cell that could not be collected: 未收集(reason); not applicable: — or 不适用.",
    ),
    (
        "本月数为负（退款、更正、收回等）必须填红字冲销原因和依据文号。",
        "A negative in-month figure needs the reason of the reversal and its document.",
    ),
    (
        "行类：1 明细，2 打捆（同时填个数），3 合计核对（只核对，不相加）。",
        "Row kind: 1 detail, 2 lump (with its number of items), 3 control total (compared, "
        "never added).",
    ),
    (
        "本月全表没有业务时，表头“零报告”填 是，不要交空表。",
        "With nothing to report in the month, set 零报告 to 是; an empty return does not count.",
    ),
    (
        "更正时报送版本加 1 后整表重报。蓝色为关键字列，黄色为必填列。",
        "To correct, raise 报送版本 by 1 and send the whole return again. Blue columns are the "
        "row's key, yellow ones are required.",
    ),
    (
        "工作表已保护（无密码），可填的格可以改。列表中没有的新项目、新村，以及写标记的格，"
        "出现提示时选“是”。",
        "The sheets are protected without a password; the cells to fill in are open. For a new "
        "project or village that the list lacks, and for marks, answer the question with Yes.",
    ),
    (
        f"灰色“{LAST_MONTH}…”列是上月已接收报表的数，只供对照，不能改，也不读取；其余已填好的格"
        "沿用上月，请核对。不再填报的行，把该行可填的格清空即可。",
        f"The grey columns ({LAST_MONTH}…) show the accepted return of last month for comparison; "
        "they are locked and never read. Other cells filled in beforehand are last month's: check "
        "them. To drop a row, clear its open cells.",
    ),
)
_ANY_COLUMN = "各相关列"
_CHOICE_TITLES: tuple[tuple[Choices, str, str], ...] = (
    ("villages", "本单位的村", "Villages of the unit"),
    ("projects", "未结束的项目", "Open projects"),
)


def add_codes(
    workbook: Workbook, lists: Sequence[tuple[str, Column]], offer: Offer
) -> dict[str, str]:
    """Add the sheet of code lists and of the unit's villages and projects (where it has any).

    Return the range of each list's options for the drop-downs, by the name of the list.
    """
    worksheet = workbook.create_sheet(CODES_SHEET)
    style.style_page(worksheet)
    worksheet.column_dimensions["A"].width, worksheet.column_dimensions["B"].width = 50.0, 80.0
    blocks = {
        name: (column.zh, column.en, [(option(code), code.en) for code in code_list(name).values()])
        for name, column in lists
    }
    for choices, zh, en in _CHOICE_TITLES:
        if offer.of(choices):
            blocks[choices] = (zh, en, [(text, "") for text in offer.of(choices).values()])
    ranges: dict[str, str] = {}
    row = 1
    for name, (zh, en, options) in blocks.items():
        for position, text in enumerate((zh, en), start=1):
            _write(worksheet, row, position, text, style.BOLD_STYLE)
            worksheet.cell(row=row, column=position).fill = style.PLAIN_FILL
        for below, texts in enumerate(options, start=row + 1):
            for position, text in enumerate(texts, start=1):
                _write(worksheet, below, position, text)
        last = row + len(options)
        ranges[name] = f"{quote_sheetname(CODES_SHEET)}!$A${row + 1}:$A${last}"
        row = last + 2
    return ranges


def add_notes(workbook: Workbook, form: Form, sheets: Sequence[Sheet]) -> None:
    """Add the sheet that explains the form, its columns and its rules in both languages."""
    worksheet = workbook.create_sheet(NOTES_SHEET)
    style.style_page(worksheet)
    _write(worksheet, 1, 1, f"{form.form_code} {form.title.zh} {form.title.en}", style.BOLD_STYLE)
    _write(worksheet, 2, 1, f"粒度 Grain: {form.grain.zh} {form.grain.en}")
    row = 4
    for number, (zh, en) in enumerate(HOW_TO_FILL, start=1):
        _write(worksheet, row, 1, f"{number}. {zh} {en}")
        row += 1
    for sheet in sheets:
        headings = (f"{sheet.table.sheet} 列", *_COLUMN_HEADINGS[1:])
        row = _table(worksheet, row + 1, headings, _column_rows(sheet))
    _table(worksheet, row + 1, _RULE_HEADINGS, _rule_rows(form))
    for position, width in enumerate(_WIDTHS, start=1):
        worksheet.column_dimensions[get_column_letter(position)].width = float(width)


def _column_rows(sheet: Sheet) -> Iterable[Sequence[str]]:
    for column in sheet.columns:
        yield (
            column.zh,
            column.en,
            heading_unit(column, sheet.money_unit) or "",
            TYPE[column.type],
            row_kinds(column) if sheet.table.every_row else _required(column),
            BASIS[column.basis],
            column.description.zh,
            column.description.en,
        )


def _required(column: Column) -> str:
    """Say that a cell of a sub-table must be filled; its rows are of no kind."""
    return "必填 required" if column.required_kinds else ""


def _rule_rows(form: Form) -> Iterable[Sequence[str]]:
    headings = {c.name: c.zh for table in form.tables for c in table_columns(form, table)}
    for rule in (*form.rules, *_shared_rules(form)):
        yield (
            rule.id,
            severity(rule.severity),
            "",
            "",
            "",
            headings.get(rule.column, _ANY_COLUMN),
            rule.description.zh,
            rule.description.en,
        )


def _shared_rules(form: Form) -> Iterable[Rule]:
    """Return the rules of all forms and of several forms that concern this one."""
    applied = {application.rule for application in form.applies}
    yield from (rule for rule in general_rules() if not rule.open_names or rule.id in applied)
    for rule in cross_form_rules():
        if not rule.forms or form.form_code in rule.forms:
            yield rule


def _table(
    worksheet: Worksheet, row: int, headings: Sequence[str], rows: Iterable[Sequence[str]]
) -> int:
    for position, heading in enumerate(headings, start=1):
        _write(worksheet, row, position, heading, style.BOLD_STYLE)
        worksheet.cell(row=row, column=position).fill = style.PLAIN_FILL
    for texts in rows:
        row += 1
        for position, text in enumerate(texts, start=1):
            _write(worksheet, row, position, text, style.WRAPPED_STYLE)
        lines = max(-(-style.text_width(text) // (width - 2)) for text, width in _fitted(texts))
        worksheet.row_dimensions[row].height = _LINE_HEIGHT * max(lines, 1)
    return row + 1


def _fitted(texts: Sequence[str]) -> Iterable[tuple[str, int]]:
    return zip(texts, _WIDTHS, strict=True)


def _write(
    worksheet: Worksheet, row: int, column: int, text: str, named: str = style.TEXT_STYLE
) -> None:
    cell = worksheet.cell(row=row, column=column, value=text)
    cell.data_type = "s"
    cell.style = named
