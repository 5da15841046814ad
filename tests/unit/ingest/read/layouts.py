"""What clerks make of one form: the same logical rows laid out in many ways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from warehouse.month import Month

from .pages import (
    COLUMNS,
    HEAD,
    Page,
    is_money,
    page,
    unlabel_total,
    write_csv,
    write_ods,
    write_xlsx,
)

MONTH = Month(2009, 11)
Write = Callable[[Page, Path], None]
LAYOUTS: dict[str, tuple[Callable[[], Page], str, Write]] = {}


def layout(*formats: tuple[str, Write]) -> Callable[[Callable[[], Page]], Callable[[], Page]]:
    """Register a layout, to be read from each of these formats."""

    def register(make: Callable[[], Page]) -> Callable[[], Page]:
        for suffix, write in formats or [("xlsx", write_xlsx)]:
            name = make.__name__.replace("_", " ")
            name = name if suffix == "xlsx" else f"{name} ({suffix})"
            LAYOUTS[name] = make, suffix.split()[-1], write
        return make

    return register


XLSX, CSV = ("xlsx", write_xlsx), ("csv", write_csv)
ODS = ("ods", write_ods)


def _csv(name: str, encoding: str, delimiter: str = ",") -> tuple[str, Write]:
    return f"{name} csv", lambda of, path: write_csv(of, path, encoding, delimiter)


@layout(
    XLSX, CSV, ODS, _csv("GB18030", "gb18030"), _csv("UTF-8 with a mark", "utf-8-sig"),
    _csv("UTF-16", "utf-16"), _csv("semicolons", "utf-8", ";"), _csv("tabs", "utf-8", "\t"),
    _csv("UTF-16 and tabs", "utf-16", "\t"), _csv("GB18030 and semicolons", "gb18030", ";"),
)  # fmt: skip
def the_blank_form_filled_in() -> Page:
    return page()


@layout(XLSX, CSV)
def columns_in_another_order() -> Page:
    return page(order=sorted(COLUMNS, reverse=True))


@layout(XLSX, CSV)
def totals_row() -> Page:
    made = page()
    unlabel_total(made, "合计", 0)
    return made


@layout()
def totals_row_with_wide_letters_in_the_column_of_documents() -> Page:
    made = page()
    unlabel_total(made, "合　　计", made.at("fund_doc_no"))
    return made


@layout()
def totals_row_above_the_rows() -> Page:
    made = page()
    unlabel_total(made, "全乡合计", 0)
    last = made.rows.pop()
    made.rows.insert(made.heading_row + 1, last)
    return made


@layout(XLSX, CSV)
def numbered_rows_and_a_total_in_the_number_column() -> Page:
    made = page()
    unlabel_total(made, "", made.at("place_code"))
    made.data[-1][made.at("place_code")] = None
    made.insert_column(0, "序号", [1, 2, 3, "总计"])
    return made


@layout(XLSX, CSV)
def a_column_of_remarks() -> Page:
    made = page()
    made.insert_column(len(made.names), "备注", ["按上年结转", None, "注：已核实", None])
    return made


@layout()
def subtotals_are_passed_by() -> Page:
    made = page()
    subtotal: list[Any] = [None] * len(made.names)
    subtotal[0], subtotal[made.at("amount_paid_y")] = "小计", 1050000
    made.insert(made.heading_row + 3, [subtotal])
    return made


@layout(XLSX, CSV, ODS)
def more_title_rows() -> Page:
    made = page()
    made.insert(0, [["丽江市永胜县扶贫办"], ["（2009年11月）"], [], ["各类扶贫资金情况表"]])
    return made


@layout(XLSX, CSV)
def notes_and_signatures_below() -> Page:
    made = page()
    made.rows += [
        [],
        ["单位负责人：某甲", None, "统计负责人：某乙"],
        ["填表人：某丙", "联系电话：", "0888"],
        ["注：1. 本表由乡镇扶贫办填报。"], ["2. 金额按到账数填写，不含信贷资金。"],
    ]  # fmt: skip
    return made


@layout(XLSX, CSV)
def head_side_by_side() -> Page:
    made = page()
    title, pairs = made.rows[0], list(HEAD.items())
    lines = [
        [pairs[0][0], pairs[0][1], None, pairs[1][0], pairs[1][1], None, pairs[2][0], pairs[2][1]],
        [pairs[3][0], None, pairs[3][1], pairs[4][0], None, pairs[4][1]],
        [*pairs[5], *([None] * 6), *pairs[6], *pairs[7]],
    ]  # fmt: skip
    made.rows[: made.heading_row] = [title, *lines]
    made.heading_row = 1 + len(lines)
    return made


@layout(XLSX, CSV)
def head_fields_with_their_values_in_one_cell() -> Page:
    made = page()
    for row in made.rows[1 : 1 + len(HEAD)]:
        row[:] = [f"{row[0]}：{row[1]}"]
    return made


@layout()
def head_in_one_line_at_the_right() -> Page:
    made = page()
    labels = [f"{label}：{text}" for label, text in HEAD.items()]
    made.rows[1 : 1 + len(HEAD)] = [
        [None] * 12 + ["    ".join(labels[:5])],
        [None] * 12 + labels[5:],
    ]
    made.heading_row = 4
    made.rows.insert(3, [])
    return made


@layout()
def head_with_older_labels() -> Page:
    made = page()
    for old, new in {"报告月份": "报告期", "填报单位代码": "行政区划代码", "报送版本": "更正次数",
                     "金额单位": "单位"}.items():  # fmt: skip
        made.head(old)[0] = new
    return made


@layout()
def form_named_by_its_title_alone() -> Page:
    made = page()
    made.rows.remove(made.head("表号"))
    made.heading_row -= 1
    made.name = "Sheet1"
    return made


@layout(XLSX, CSV)
def wan_yuan_in_the_head() -> Page:
    made = page(money_unit="万元")
    for row in made.rows[made.heading_row : made.heading_row + 1]:
        row[:] = [str(text).replace("(万元)", "") for text in row]
    _in_wan(made)
    return made


@layout(XLSX, CSV, ODS)
def wan_yuan_in_the_headings() -> Page:
    made = page(money_unit="万元")
    made.head("金额单位")[1] = "元"
    _in_wan(made)
    return made


def _in_wan(made: Page) -> None:
    def change(name: str, cell: Any) -> Any:
        if not is_money(name):
            return cell
        if isinstance(cell, int):
            return cell / 10_000
        return {"250000(估)": "25(估)", "约5000": "约0.5"}.get(cell, cell)

    made.each(change)


@layout(XLSX, CSV)
def units_in_a_row_below_the_headings() -> Page:
    made = page()
    units = [COLUMNS[str(name)].unit for name in made.names]
    made.rows[made.heading_row] = [COLUMNS[str(name)].zh for name in made.names]
    made.rows.insert(made.heading_row + 1, list(units))
    return made


@layout(XLSX, CSV)
def columns_numbered_below_the_headings() -> Page:
    made = page()
    stems = list("甲乙丙")
    numbers = [str(number) for number in range(1, len(made.names) - len(stems) + 1)]
    made.rows.insert(made.heading_row + 1, [*stems, *numbers])
    return made


FLOWS = {"issued": "下达资金", "inplace": "到位资金", "paid": "拨付资金", "reimbursed": "报账支出"}
SPANS = {"m": "本月", "y": "本年累计", "c": "建设以来累计"}


def _grouped(*, by_span: bool = False, merge: bool = True, group_unit: bool = False) -> Page:
    """Lay the flows out below group headings; all other headings are merged over both rows."""
    parts = [(flow, span) for flow in FLOWS for span in SPANS]
    if by_span:
        parts = [(flow, span) for span in SPANS for flow in FLOWS]
    flows = [f"amount_{flow}_{span}" for flow, span in parts]
    others = [name for name in COLUMNS if name not in flows]
    made = page(order=[*others, *flows])
    upper: list[Any] = []
    lower: list[Any] = []
    for name in others:
        upper.append(made.rows[made.heading_row][made.at(name)])
        lower.append(None)
        if merge:
            made.merged.append((made.heading_row + 1, len(upper), made.heading_row + 2, len(upper)))
    for start in range(0, len(parts), 4 if by_span else 3):
        group = parts[start : start + (4 if by_span else 3)]
        heading = SPANS[group[0][1]] if by_span else FLOWS[group[0][0]]
        if group_unit:
            heading += "（元）"
        for number, (flow, span) in enumerate(group):
            upper.append(heading if number == 0 else None)
            lower.append(FLOWS[flow] if by_span else SPANS[span])
        if merge:
            first = len(upper) - len(group) + 1
            made.merged.append((made.heading_row + 1, first, made.heading_row + 1, len(upper)))
    made.rows[made.heading_row : made.heading_row + 1] = [upper, lower]
    made.heading_row += 1
    return made


@layout()
def groups_over_their_parts() -> Page:
    return _grouped()


@layout()
def groups_of_time_over_their_parts() -> Page:
    return _grouped(by_span=True)


@layout(XLSX, CSV, ODS)
def groups_over_their_parts_not_merged() -> Page:
    return _grouped(merge=False)


@layout()
def groups_that_name_the_unit() -> Page:
    return _grouped(group_unit=True)


@layout()
def groups_in_three_rows() -> Page:
    made = _grouped()
    width = len(made.names)
    top: list[Any] = [None] * width
    first = made.at("amount_issued_m")
    top[first] = "资金情况"
    made.rows.insert(made.heading_row - 1, top)
    made.heading_row += 1
    made.merged = [(t + 1, left, b + 1, right) for t, left, b, right in made.merged]
    made.merged.append((made.heading_row - 1, first + 1, made.heading_row - 1, width))
    return made


@layout()
def headings_of_several_lines() -> Page:
    made = page()
    made.rows[made.heading_row] = [_broken(COLUMNS[str(name)].zh) for name in made.names]
    return made


def _broken(text: str) -> str:
    return f"{text[:2]}\n{text[2:]}" if len(text) > 4 else f" {text} "


@layout(XLSX, CSV)
def headings_without_english_and_unit() -> Page:
    made = page()
    made.rows[made.heading_row] = [COLUMNS[str(name)].zh for name in made.names]
    return made


@layout()
def other_wordings() -> Page:
    made = page()
    made.rows[made.heading_row] = [
        COLUMNS[str(name)].wordings("2009-11")[-1] for name in made.names
    ]
    return made


@layout(XLSX, CSV)
def blank_rows_inside() -> Page:
    made = page()
    made.insert(made.heading_row + 3, [[], [None, "  ", None]])
    made.insert(made.heading_row + 2, [[]])
    return made


@layout(XLSX, CSV)
def headings_repeated_on_the_next_page() -> Page:
    made = page()
    again = [list(made.rows[0]), list(made.rows[made.heading_row])]
    made.insert(made.heading_row + 3, again)
    return made


@layout()
def headings_in_groups_repeated_on_the_next_page() -> Page:
    made = _grouped()
    again = [list(row) for row in made.rows[made.heading_row - 1 : made.heading_row + 1]]
    made.insert(made.heading_row + 3, again)
    return made


@layout()
def hidden_rows_and_columns() -> Page:
    made = page()
    made.hidden_rows = [made.heading_row + 3]
    made.hidden_columns = [made.at("amount_paid_y") + 1]
    return made


@layout()
def other_sheets_beside_it() -> Page:
    made = page()
    made.others = {"Sheet2": [["备忘", "下月补报"]], "Sheet3": []}
    return made


@layout()
def a_place_merged_over_its_rows() -> Page:
    made = page()
    place = made.at("place_code")
    first = made.heading_row + 1
    for row in made.rows[first + 1 : first + 3]:
        row[place] = None
    made.merged.append((first + 1, place + 1, first + 3, place + 1))
    return made
