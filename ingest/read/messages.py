"""What the township reads about a file that cannot be read or whose headings do not fit.

Chinese first; each sentence says what to do. Checks of values have theirs in `ingest.validate`
and in the form definitions.
"""

from __future__ import annotations

from typing import Final

from ingest.forms.model import Column
from ingest.read.unreadable import UnreadableFileError
from warehouse.findings import Finding, Severity

_FILES: Final = {
    "IN-not-a-spreadsheet": (
        "文件不是报表：{why}。能读取的文件：xlsx、xls、ods 工作簿，"
        "以及用逗号、分号或制表符分隔的 csv 文本（UTF-8、UTF-16 或 GB18030）。"
        "请用下发的模板填报，另存为其中一种后重新报送。",
        "The file is no return: {why}. What is read: workbooks (xlsx, xls, ods) and csv text"
        " divided by commas, semicolons or tabs (UTF-8, UTF-16 or GB18030). Fill in the template,"
        " save it as one of these and send it again.",
    ),
    "IN-encrypted": (
        "工作簿有打开密码，无法读取。请在“文件-信息-保护工作簿”中取消密码后重新报送。",
        "The workbook is protected by a password and cannot be read. Remove the password and send"
        " it again.",
    ),
    "IN-too-large": (
        "文件过大，超过一张报表应有的大小{why}。"
        "请只保留报表内容（删去图片、多余的工作表和空白格式）后重新报送。",
        "The file is larger than a return can be{why}. Keep the form alone (no pictures, other"
        " sheets or formatted blank areas) and send it again.",
    ),
    "IN-unreadable": (
        "文件无法读取：{why}。请把数据粘贴到新的模板中，另存后重新报送。",
        "The file cannot be read: {why}. Copy the figures into a fresh template and send it again.",
    ),
    "IN-macros": (
        "工作簿含有宏（程序），为安全起见不予读取。请另存为不含宏的 xlsx 工作簿后重新报送。",
        "The workbook holds macros (programs) and is not read, for safety. Save it as an xlsx"
        " workbook without macros and send it again.",
    ),
    "IN-external-links": (
        "工作簿链接到其他文件或外部数据（{value}），链接来的数无法核实。"
        "请在“数据-编辑链接”中断开链接（保留数值）后重新报送。",
        "The workbook is linked to other files or outside data ({value}), whose figures cannot be"
        " verified. Break the links (Data, Edit Links; the values stay) and send it again.",
    ),
    "IN-dtd": (
        "文件内含文档类型声明（DTD）或实体，正常的表格软件不会写入，为安全起见不予读取。"
        "请用下发的模板填报后重新报送。",
        "A part of the file declares a document type (DTD) or entities, which no spreadsheet"
        " program writes; it is not read, for safety. Fill in the template and send it again.",
    ),
}

# Why, in the words that stand for {why} above.
_REASONS: Final = {
    "": ("", ""),
    "empty": ("文件是空的", "it is empty"),
    "pdf": ("这是 PDF 文件", "it is a PDF document"),
    "picture": ("这是图片", "it is a picture"),
    "archive": (
        "这是压缩包（请解压后逐个报送）",
        "it is an archive (unpack it and send the files one by one)",
    ),
    "document": ("这是文档或演示文稿，不是工作簿", "it is a document, not a workbook"),
    "xlsb": ("这是二进制工作簿（xlsb）", "it is a binary workbook (xlsb)"),
    "markup": (
        "这是网页或其他标记文本（有的软件会把它存成 xls）",
        "it is a web page or other marked-up text (some programs call such a file xls)",
    ),
    "prose": (
        "文本中没有分隔符（逗号、分号或制表符）",
        "its text has no delimiters (commas, semicolons or tabs)",
    ),
    "binary": (
        "内容不是文本，也不是能识别的工作簿",
        "it is neither text nor a workbook that is known",
    ),
    "far": (
        "（数据一直延伸到单元格{cell}：请删去表格以外的内容）",
        " (its cells reach as far as {cell}: clear what lies outside the table)",
    ),
    "damaged": ("文件已损坏", "it is damaged"),
    "unsound": (
        "文件内部结构异常（大小不符、名称重复或不安全）",
        "its inner structure is unsound (sizes that do not hold, doubled or unsafe names)",
    ),
    "time": ("读取超过规定的时间", "reading it takes longer than allowed"),
    "memory": ("读取所需内存超过规定", "reading it needs more memory than allowed"),
    "panic": ("读取程序无法处理它的内容", "the reader cannot cope with its contents"),
    "crash": ("读取程序因它而中断", "the reader was ended by it"),
    "killed": ("读取程序两次被系统终止", "the system ended the reader twice"),
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

# Rows and sheets that are read otherwise than as data, or not at all.
_ROWS: Final[dict[str, tuple[str, Severity, str, str]]] = {
    "total": (
        "IN-total-row",
        "info",
        "“{value}”行按合计核对行读入：只与明细行核对，不相加。",
        'The row "{value}" is read as a control total: compared with the rows, never added.',
    ),
    "total_unplaced": (
        "IN-total-row",
        "info",
        "“{value}”行没有读入：看不出它是哪些行的合计。需要核对的，请按合计核对行填写（行类3，填齐关键栏）。",
        'The row "{value}" is not read: it does not say which rows it is the total of. To have it'
        " compared, fill it in as a control total (row kind 3 with its keys).",
    ),
    "note": (
        "IN-footnote",
        "info",
        "这一行是表外文字，没有作为数据读入：“{value}”。若是数据行，请填写关键栏。",
        'This row is text outside the table and is not read as data: "{value}". If it is data, fill'
        " in its key cells.",
    ),
    "remarks": (
        "IN-remarks",
        "info",
        "“{value}”栏是文字说明，表中没有这一栏，没有读入。不需要修改；对核实问题的说明请写在回执工作簿的“说明”栏。",
        'The column "{value}" is free text, which the form does not have; it is not read. Nothing'
        " is to be done; reasons for warnings go into the answer's workbook.",
    ),
    "hidden_rows": (
        "IN-hidden",
        "warning",
        "第{value}行被隐藏，但有数据，已照常读入。请取消隐藏并核对；确应报送的，请说明原因。",
        "Rows {value} are hidden but hold data, which was read. Show and check them; if they are to"
        " be reported, give the reason.",
    ),
    "hidden_columns": (
        "IN-hidden",
        "warning",
        "第{value}列被隐藏，但有数据，已照常读入。请取消隐藏并核对；确应报送的，请说明原因。",
        "Columns {value} are hidden but hold data, which was read. Show and check them; if they are"
        " to be reported, give the reason.",
    ),
    "hidden_sheet": (
        "IN-hidden",
        "warning",
        "工作表“{value}”被隐藏，但其中有报表，已照常读入。请取消隐藏并核对；确应报送的，请说明原因。",
        'The sheet "{value}" is hidden but holds the form, which was read. Show and check it; if it'
        " is to be reported, give the reason.",
    ),
    "hidden_other_sheet": (
        "IN-hidden",
        "warning",
        "工作表“{value}”被隐藏且有内容，没有读入。请取消隐藏并核对，不需要的请删除；保留的请说明原因。",
        'The sheet "{value}" is hidden, has contents and was not read. Show and check it and delete'
        " what is not needed; where it stays, give the reason.",
    ),
    "sheet_not_read": (
        "IN-sheet-not-read",
        "info",
        "工作表“{value}”不是报表，没有读入。若其中有应报数据，请填入报表的工作表。",
        'The sheet "{value}" is no form and was not read. Enter what is to be reported in the sheet'
        " of the form.",
    ),
    "several_forms": (
        "IN-several-forms",
        "error",
        "一个文件只能报一张表，本文件有：{value}。请每张表另存为一个文件，分别报送。",
        "A file holds one return; this one has {value}. Save each form as a file of its own and"
        " send them one by one.",
    ),
    "form_by_title": (
        "IN-form-by-title",
        "info",
        "表头没有填表号，按“{value}”作为该表读入。请在下次报送时填写表号。",
        'The head names no form; it was taken to be that of "{value}". Enter the form code next'
        " time.",
    ),
}


def file_finding(error: UnreadableFileError, file: str) -> Finding:
    """Return the finding about a file that cannot be read at all."""
    message_zh, message_en = _FILES[error.check_id]
    why_zh, why_en = (text.format(cell=error.cell) for text in _REASONS[error.reason])
    return Finding(
        error.check_id,
        "error",
        0,
        message_zh.format(why=why_zh, value=error.detail),
        message_en.format(why=why_en, value=error.detail),
        file=file,
        sheet=error.sheet,
        cell=error.cell,
        value=error.detail,
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


def row_finding(
    kind: str, form_code: str | None, sheet: str | None, cell: str | None, value: str
) -> Finding:
    """Return the finding about a row, a sheet or the forms of a file: `kind` is a key above."""
    check_id, severity, message_zh, message_en = _ROWS[kind]
    shown = " ".join(value.split())
    return Finding(
        check_id,
        severity,
        0,
        message_zh.format(value=shown),
        message_en.format(value=shown),
        sheet=sheet or None,
        cell=cell,
        form_code=form_code,
        value=shown,
    )
