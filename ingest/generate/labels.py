"""Words for people: bases, units and types, in Chinese and English."""

from __future__ import annotations

from ingest.forms.model import Code, Column

BASIS = {
    "M": "本月发生 in the month",
    "Y": "本年累计 since 1 January",
    "C": "建设以来累计 since the start",
    "S": "月末 at the end of the month",
    "P": "计划或预计 plan or expectation",
    "A": "属性 attribute",
}
TYPE = {
    "code": "代码 code",
    "char": "字符 text",
    "text": "文字 text",
    "int": "整数 whole number",
    "money": "金额 money",
    "dec": "小数 decimal",
    "date": "日期 date",
    "bool": "是/否 yes or no",
}


def column_comment(column: Column) -> str:
    """Return one paragraph on a column: headings, unit, basis, description."""
    facts = [f"单位 unit: {column.unit}"] if column.unit else []
    facts.append(f"口径 basis: {column.basis} {BASIS[column.basis]}")
    if column.codes:
        facts.append(f"代码 codes: {column.codes}")
    if column.personal:
        facts.append("个人信息 personal")
    about = f"{column.description.zh} {column.description.en}"
    return f"{column.zh} {column.en}: {about} [{'; '.join(facts)}]"


def row_kinds(column: Column) -> str:
    """Return the row kinds in which the cell must be filled, empty where it never must."""
    return ", ".join(str(kind) for kind in column.required_kinds)


def severity(name: str) -> str:
    """Return a severity in both languages."""
    return {
        "error": "强制性审核 error",
        "warning": "核实性审核 warning",
        "info": "提示 info",
    }[name]


def option(code: Code) -> str:
    """Return what a drop-down shows, and the reader understands: `12 省级财政`."""
    return f"{code.code} {code.zh}"
