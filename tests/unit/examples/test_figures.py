"""Every cell of the example is a figure of the document, or a stated derivation from figures."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal

import pytest

from examples.lijiang.data import (
    LIJIANG,
    ExampleCell,
    example_cells,
    example_returns,
    example_rows,
    read_csv,
    rows_of,
)

CITY = "530700000000"
HUAPING = "530723000000"
SONGPING = "530722208000"
FIGURES = {line["figure_id"]: line for line in read_csv(LIJIANG / "figures.csv")}
ROWS = {row.row_id: row for row in example_rows()}
REFERENCE = re.compile(r"\[(\d{3}-\d{3})\]")
OF_MARK = {
    "A": re.compile(r"(\d+)"),
    "E": re.compile(r"(\d+)\(估\)"),
    "U": re.compile(r"约(\d+)|(\d+)以上"),
}
REQUIRED = ("amount_issued_y", "amount_inplace_y", "amount_paid_y", "amount_reimbursed_y")


def figure(figure_id: str, mark: str) -> Decimal:
    """As printed for mark A, as read (decoded) for the others."""
    return Decimal(FIGURES[figure_id]["value_as_printed" if mark == "A" else "value"])


def evaluated(expression: str, mark: str) -> Decimal:
    first, *rest = re.split(r"([-+*/])", re.sub(r"(\d)-(\d)", r"\1_\2", expression))
    total = figure(first.strip("[]").replace("_", "-"), mark)
    for sign, operand in zip(rest[::2], rest[1::2], strict=True):
        value = figure(operand.strip("[]").replace("_", "-"), mark)
        if sign == "-":
            total -= value
        elif sign == "/":
            total /= value
        else:
            raise AssertionError(f"{sign} is not used in the derivations")
    return total


def written(cell: ExampleCell) -> Decimal:
    match = OF_MARK[cell.mark].fullmatch(cell.text)
    assert match is not None, f"{cell.text} does not look like mark {cell.mark}"
    return Decimal(next(group for group in match.groups() if group))


def issued(*row_ids: str, version: int = 1, column: str = "amount_issued_y") -> int:
    latest: dict[str, Decimal] = {}
    for cell in sorted(example_cells(), key=lambda cell: cell.version):
        if (
            cell.column_name == column
            and cell.row_id in row_ids
            and cell.version <= version
            and cell.mark != "L"
        ):
            latest[cell.row_id] = written(cell)
    assert set(latest) == set(row_ids)
    return int(sum(latest.values()))


def named(prefix: str) -> list[str]:
    return [
        row_id
        for row_id in ROWS
        if row_id.startswith(prefix) and ROWS[row_id].codes["row_kind"] != "3"
    ]


@pytest.mark.parametrize(
    "cell",
    [cell for cell in example_cells() if cell.mark != "L"],
    ids=lambda cell: f"{cell.row_id}.{cell.column_name}.v{cell.version}",
)
def test_a_cell_shows_its_figure(cell: ExampleCell) -> None:
    assert written(cell) == evaluated(cell.figures, cell.mark)


def test_what_the_document_lacks_is_marked_and_has_no_figure() -> None:
    lacking = [cell for cell in example_cells() if cell.mark == "L"]
    assert lacking
    assert all(re.fullmatch(r"未收集\(.+\)", cell.text) for cell in lacking)
    assert not any(cell.figures for cell in lacking)


def test_the_figures_kept_are_those_used() -> None:
    used = {one for cell in example_cells() for one in REFERENCE.findall(cell.figures)}
    assert used == set(FIGURES)
    assert {line["document"] for line in FIGURES.values()} == {"002_99a3e67ad6531326"}


def test_a_figure_stands_at_a_place_inside_its_own() -> None:
    for cell in example_cells():
        for one in REFERENCE.findall(cell.figures):
            place = ROWS[cell.row_id].codes["place_code"]
            assert place.startswith(FIGURES[one]["place_code"]), (cell.row_id, one)


def test_what_was_expected_or_planned_is_never_filed_as_done() -> None:
    done = [
        cell for cell in example_cells() if cell.column_name == "amount_issued_y" and cell.figures
    ]
    status = {FIGURES[one]["status"] for cell in done for one in REFERENCE.findall(cell.figures)}
    assert status <= {"arranged", "in_place", "reported"}


def test_first_returns_leave_month_and_total_columns_blank() -> None:
    columns = {cell.column_name for cell in example_cells()}
    assert not [name for name in columns if name.endswith("_m")]
    assert [name for name in columns if name.endswith("_c")] == ["amount_planned_c"]


def test_the_required_money_columns_are_filled_or_marked() -> None:
    filled = {(cell.row_id, cell.column_name) for cell in example_cells()}
    for row in ROWS.values():
        if row.form_code == "FP-02":
            wanted = {(row.row_id, name) for name in REQUIRED}
            expected = wanted if row.codes["row_kind"] != "3" else filled & wanted
            assert wanted & filled == expected, row.row_id


def test_every_row_is_filed_once_and_has_cells() -> None:
    keys = Counter(
        (row.form_code, row.filed_by, *sorted(row.codes.items())) for row in ROWS.values()
    )
    assert keys.most_common(1)[0][1] == 1
    assert {cell.row_id for cell in example_cells()} == set(ROWS)
    filers = {(filed.form_code, filed.area_code) for filed in example_returns()}
    assert {(row.form_code, row.filed_by) for row in ROWS.values()} == filers


def test_the_sums_that_must_come_out() -> None:
    assert issued("L1", "L2", "L3") == 36_350_000
    assert issued(*named("L5-")) == issued("L6") == 10_000_000
    assert issued(*named("L5-"), version=0) == 30_025_000
    assert issued(*named("L8-")) == issued("L8-total") == 1_000_000
    assert issued(*named("L9-")) == issued("L9-total") == 2_000_000
    assert issued(*named("L11-")) == issued("L11-total") == 6_245_000
    assert issued(*named("L14-")) == issued("L14-total") == 1_200_000
    assert issued(*named("L14-"), column="units") == issued("L14-total", column="units") == 200
    assert issued("L1", "L2", "L3", column="units") == issued("L4", column="units") == 243
    assert issued(*named("L21-"), column="plan_p") == issued("L22", column="plan_p") == 2_000
    assert issued(*named("L21-"), column="subsidy_plan") == 10_000_000


def test_the_fiscal_money_of_the_city() -> None:
    fiscal = [
        cell.row_id
        for cell in example_cells()
        if cell.column_name == "amount_issued_y"
        and cell.mark != "L"
        and ROWS[cell.row_id].codes["row_kind"] != "3"
        and ROWS[cell.row_id].codes["fund_source"] in {"10", "11", "12", "13", "14", "15"}
    ]
    assert issued(*set(fiscal)) == 61_090_000


def test_the_inconsistencies_of_the_document_stay() -> None:
    parts = issued("L13-12", "L13-29", column="amount_planned_c")
    assert issued("L13-total", column="amount_planned_c") - parts == -52_000
    listed = [row_id for row_id in ROWS if row_id.startswith("L15-") and row_id != "L15-00"]
    assert (
        issued("L15-00", column="expected_y") - issued(*listed, column="expected_y") == 11_405_000
    )
    total = Decimal(issued("L15-00", column="expected_y"))
    last_year = issued("L15-00", column="last_year_y")
    growth = (Decimal(total) / last_year - 1) * 100
    assert round(growth, 2) == Decimal("25.20")
    assert issued("L3") / issued("L3", column="units") == 145_000


def test_huaping_is_corrected_in_version_1_alone() -> None:
    changed = [cell for cell in example_cells() if cell.version == 1]
    assert {cell.row_id for cell in changed} == {"L5-530723", "L21-530723"}
    for form, column in (("FP-02", "amount_issued_y"), ("FP-08", "subsidy_plan")):
        first, second = (
            rows_of(filed)
            for filed in example_returns()
            if (filed.form_code, filed.area_code) == (form, HUAPING)
        )
        assert first[0][column] == "22250000"
        assert second[0][column] == "2225000(估)"
        assert [row | {column: ""} for row in first[:1]] == [
            row | {column: ""} for row in second[:1]
        ]
        assert first[1:] == second[1:]


def test_a_unit_owes_what_it_files() -> None:
    owed = {
        (line["area_code"], line["form_code"]) for line in read_csv(LIJIANG / "assignments.csv")
    }
    assert owed == {(filed.area_code, filed.form_code) for filed in example_returns()}
    assert Counter(form for _, form in owed) == {"FP-02": 7, "FP-08": 6}


def test_a_waiver_covers_one_row_and_never_huaping_or_the_relocation_total() -> None:
    waivers = read_csv(LIJIANG / "waivers.csv")
    covered = []
    for waiver in waivers:
        key = dict(part.split("=") for part in waiver["row_key"].split(","))
        covered += [
            (waiver["check_id"], row.row_id)
            for row in ROWS.values()
            if (row.form_code, row.filed_by) == (waiver["form_code"], waiver["area_code"])
            and ({"fund_doc_no": "-", "project_code": "-"} | row.codes).items() >= key.items()
        ]
        assert waiver["reason"]
        assert waiver["owner"]
    assert covered == [("G5", "L13-total"), ("G5", "L15-00"), ("X11", "L15-00"), ("X7", "L3")]


def test_the_times_of_receipt() -> None:
    days = {filed.return_id: filed.received_at.date().isoformat() for filed in example_returns()}
    assert days.pop("FP-02-530722208-v0") == "2009-12-04"
    assert {days.pop(one) for one in list(days) if one.endswith("v1")} == {"2009-12-14"}
    assert {days.pop(one) for one in list(days) if "530700" in one} == {"2009-12-11"}
    assert set(days.values()) == {"2009-12-08"}
