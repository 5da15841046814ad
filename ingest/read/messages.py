"""What the township reads about a file that cannot be read or whose headings do not fit.

Chinese first; each sentence says what to do. Checks of values have theirs in `ingest.validate`
and in the form definitions.
"""

from __future__ import annotations

from typing import Final

from ingest.forms.model import Column
from ingest.read.preflight import UnreadableFileError
from warehouse.findings import Finding, Severity

_FILES: Final = {
    "IN-not-a-spreadsheet": (
        "文件不是 xlsx 工作簿，也不是用逗号分隔的 csv 文件。"
        "请用下发的模板填报，另存为 xlsx 或 csv 后重新报送。",
        "The file is neither an xlsx workbook nor a comma-separated csv file. Fill in the template,"
        " save it as xlsx or csv and send it again.",
    ),
    "IN-encrypted": (
        "工作簿有打开密码，无法读取。请在“文件-信息-保护工作簿”中取消密码后重新报送。",
        "The workbook is protected by a password and cannot be read. Remove the password and send"
        " it again.",
    ),
    "IN-too-large": (
        "文件过大，超过一张报表应有的大小。请只保留报表内容（删去图片、多余的工作表和空白格式）后重新报送。",
        "The file is larger than a return can be. Keep the form alone (no pictures, other sheets"
        " or formatted blank areas) and send it again.",
    ),
    "IN-unreadable": (
        "文件已损坏或内容异常，无法读取。请把数据粘贴到新的模板中，另存后重新报送。",
        "The file is damaged or unusual and cannot be read. Copy the figures into a fresh template"
        " and send it again.",
    ),
}

_RETURNS: Final[dict[str, tuple[str, Severity, str, str]]] = {
    "no-head": (
        "IN-head-missing",
        "error",
        "没有找到表头（表号、报告月份、填报单位代码等）。请用下发的模板填报后重新报送。",
        "The head (form code, report month, area code, ...) was not found. Fill in the template and"
        " send it again.",
    ),
    "IN-head-doubled": (
        "IN-head-doubled",
        "error",
        "表头同一项目出现了两次，内容不同（“{value}”）。请只保留一处。",
        'A field of the head stands twice with different contents ("{value}"). Keep one.',
    ),
    "IN-version": (
        "IN-version",
        "error",
        "报送版本“{value}”过大。首次报送填0，以后每更正一次加1。",
        'The version "{value}" is too high. Enter 0 for the first return, then 1, 2 and so on.',
    ),
    "IN-no-rows": (
        "IN-no-rows",
        "error",
        "报表没有数据行。本月确实没有情况的，请在“零报告”填“是”；否则请填写数据后重新报送。",
        "The return has no rows. If nothing happened this month, enter 是 for the nil return"
        " (零报告); otherwise fill in the figures and send it again.",
    ),
    "IN-nil-rows": (
        "IN-nil-rows",
        "error",
        "“零报告”填了“是”，但报表有{value}行数据。请把“零报告”改为“否”，或删除数据行。",
        "The return says it is nil (零报告: 是) but has {value} rows. Change it to 否 or remove the"
        " rows.",
    ),
    "IN-more": (
        "IN-more",
        "info",
        "另有{value}条问题没有列出。请先更正以上问题后重新报送。",
        "{value} more findings are not listed. Correct those above first and send it again.",
    ),
}

_HEADINGS: Final = {
    "no_heading_row": (
        "IN-heading-missing",
        "没有找到栏目标题行。请用下发的模板填报，不要删改标题行。",
        "No row of column headings was found. Fill in the template and leave its headings alone.",
    ),
    "missing": (
        "IN-heading-missing",
        "缺少栏目“{zh}”。请按模板补上这一栏（可以不填数），不要删除栏目。",
        'The column "{en}" is missing. Put it back as in the template (it may stay blank).',
    ),
    "unknown": (
        "IN-heading-unknown",
        "本表没有栏目“{value}”。请改为模板中的栏目标题，或删除这一栏。",
        'The form has no column "{value}". Use a heading of the template or remove the column.',
    ),
    "doubled": (
        "IN-heading-doubled",
        "栏目“{zh}”出现了两次。请只保留一栏。",
        'The column "{en}" stands twice. Keep one of them.',
    ),
    "unit": (
        "IN-heading-unit",
        "栏目“{zh}”的计量单位不能识别：“{value}”。请使用{unit}（如模板所示）。",
        'The unit in the heading "{value}" is not known. Use {unit}, as in the template.',
    ),
    "no_heading": (
        "IN-heading-unknown",
        "单元格有内容“{value}”，但这一列没有栏目标题。请补上标题，或删除这一列的内容。",
        'The cell holds "{value}", but its column has no heading. Add the heading or clear the'
        " column.",
    ),
}


def file_finding(error: UnreadableFileError, file: str) -> Finding:
    """Return the finding about a file that cannot be read at all."""
    message_zh, message_en = _FILES[error.check_id]
    return Finding(
        error.check_id, "error", 0, message_zh, message_en, file=file, value=error.detail
    )


def return_finding(
    kind: str,
    *,
    sheet: str | None = None,
    cell: str | None = None,
    value: str | None = None,
    expected: str | None = None,
) -> Finding:
    """Return a finding about a return as a whole: `kind` is one of the keys above."""
    check_id, severity, message_zh, message_en = _RETURNS[kind]
    return Finding(
        check_id,
        severity,
        0,
        message_zh.format(value=value),
        message_en.format(value=value),
        sheet=sheet or None,
        cell=cell,
        value=value,
        expected=expected,
    )


def heading_finding(
    kind: str,
    form_code: str,
    sheet: str,
    *,
    cell: str | None = None,
    value: str | None = None,
    expected: str | None = None,
    column: Column | None = None,
) -> Finding:
    """Return the finding about a heading: `kind` is one of the keys above."""
    check_id, message_zh, message_en = _HEADINGS[kind]
    names = {
        "zh": column.zh if column is not None else "",
        "en": column.en if column is not None else "",
        "unit": (column.unit if column is not None else None) or "-",
        "value": " ".join((value or "").split()),
    }
    return Finding(
        check_id,
        "error",
        0,
        message_zh.format(**names),
        message_en.format(**names),
        sheet=sheet,
        cell=cell,
        form_code=form_code,
        value=value,
        expected=expected,
        column_name=column.name if column is not None else None,
    )
