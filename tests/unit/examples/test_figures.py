"""Every cell of the examples is a figure of a document, or a stated derivation from figures."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from examples.returns import (
    EXAMPLES,
    LIJIANG,
    MALIPO,
    ExampleCell,
    ExampleRow,
    example_cells,
    example_returns,
    example_rows,
    read_csv,
    rows_of,
)

HUAPING = "530723000000"
DOCUMENTS = {LIJIANG: "002_99a3e67ad6531326", MALIPO: "000_5d7e232cd4e628c9"}
CELLS = {folder: example_cells(folder) for folder in EXAMPLES}
ROWS: dict[str, ExampleRow] = {
    row.row_id: row for folder in EXAMPLES for row in example_rows(folder)
}
FIGURES = {
    line["figure_id"]: line for folder in EXAMPLES for line in read_csv(folder / "figures.csv")
}
REFERENCE = re.compile(r"\[(\d{3}-\d{3})\]")
OF_MARK = {
    "A": re.compile(r"(\d+)"),
    "E": re.compile(r"(\d+)\(估\)"),
    "U": re.compile(r"约(\d+)|(\d+)以上"),
}
REQUIRED = ("amount_issued_y", "amount_inplace_y", "amount_paid_y", "amount_reimbursed_y")
# What the status of a figure says of the project it stands for; a state of mark E says why else.
STATE_OF_STATUS = {"arranged": 3, "planned": 3, "in_place": 4, "reported": 4, "completed": 5}
PROGRESS_OF_STATUS = {"arranged": 0, "completed": 100}
OF_READING = {"state": STATE_OF_STATUS, "progress": PROGRESS_OF_STATUS}
each_example = pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)


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


def issued(
    *row_ids: str, version: int = 1, column: str = "amount_issued_y", folder: Path = LIJIANG
) -> int:
    latest: dict[str, Decimal] = {}
    for cell in sorted(CELLS[folder], key=lambda cell: cell.version):
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


FILLED = [cell for folder in EXAMPLES for cell in CELLS[folder] if cell.mark != "L"]


@pytest.mark.parametrize(
    "cell",
    [cell for cell in FILLED if not cell.reading],
    ids=lambda cell: f"{cell.row_id}.{cell.column_name}.v{cell.version}",
)
def test_a_cell_shows_its_figure(cell: ExampleCell) -> None:
    assert written(cell) == evaluated(cell.figures, cell.mark)


@pytest.mark.parametrize(
    "cell",
    [cell for cell in FILLED if cell.reading],
    ids=lambda cell: f"{cell.row_id}.{cell.column_name}",
)
def test_a_state_follows_from_its_figure_or_is_marked_as_read(cell: ExampleCell) -> None:
    (one,) = REFERENCE.findall(cell.figures)
    assert cell.figures == f"[{one}]"
    said = OF_READING[cell.reading][FIGURES[one]["status"]]
    if cell.mark == "A":
        assert written(cell) == said
    else:
        assert cell.mark == "E"
        assert cell.reading == "state"
        assert cell.note


@each_example
def test_what_the_document_lacks_is_marked_and_has_no_figure(folder: Path) -> None:
    lacking = [cell for cell in CELLS[folder] if cell.mark == "L"]
    assert lacking
    assert all(re.fullmatch(r"未收集\(.+\)", cell.text) for cell in lacking)
    assert not any(cell.figures or cell.reading for cell in lacking)


@each_example
def test_the_figures_kept_are_those_used(folder: Path) -> None:
    kept = {line["figure_id"]: line["document"] for line in read_csv(folder / "figures.csv")}
    used = {one for cell in CELLS[folder] for one in REFERENCE.findall(cell.figures)}
    assert used == set(kept)
    assert set(kept.values()) == {DOCUMENTS[folder]}


def test_a_figure_stands_at_a_place_inside_its_own() -> None:
    for cell in FILLED:
        for one in REFERENCE.findall(cell.figures):
            place = ROWS[cell.row_id].codes["place_code"]
            assert place.startswith(FIGURES[one]["place_code"]), (cell.row_id, one)


def test_what_was_expected_or_planned_is_never_filed_as_done() -> None:
    done = [cell for cell in FILLED if cell.column_name == "amount_issued_y"]
    status = {FIGURES[one]["status"] for cell in done for one in REFERENCE.findall(cell.figures)}
    assert status <= {"arranged", "in_place", "reported"}
    expected = [
        (cell.row_id, cell.column_name, cell.mark)
        for cell in FILLED
        if ROWS[cell.row_id].form_code == "FP-03"
        and any(FIGURES[one]["status"] == "expected" for one in REFERENCE.findall(cell.figures))
    ]
    assert expected == [("L25", name, "E") for name in ("units", "households", "persons")]


def test_first_returns_leave_month_and_total_columns_blank() -> None:
    columns = {cell.column_name for cell in FILLED}
    assert not [name for name in columns if name.endswith("_m")]
    assert [name for name in columns if name.endswith("_c")] == ["amount_planned_c"]


def test_the_required_money_columns_are_filled_or_marked() -> None:
    filled = {(cell.row_id, cell.column_name) for folder in EXAMPLES for cell in CELLS[folder]}
    for row in ROWS.values():
        if row.form_code == "FP-02":
            wanted = {(row.row_id, name) for name in REQUIRED}
            expected = wanted if row.codes["row_kind"] != "3" else filled & wanted
            assert wanted & filled == expected, row.row_id


def test_the_rows_of_the_examples_have_names_of_their_own() -> None:
    assert len(ROWS) == sum(len(example_rows(folder)) for folder in EXAMPLES)


@each_example
def test_every_row_is_filed_once_and_has_cells(folder: Path) -> None:
    rows = example_rows(folder)
    keys = Counter((row.form_code, row.filed_by, *sorted(row.codes.items())) for row in rows)
    assert keys.most_common(1)[0][1] == 1
    assert {cell.row_id for cell in CELLS[folder]} == {row.row_id for row in rows}
    filers = {(filed.form_code, filed.area_code) for filed in example_returns(folder)}
    assert {(row.form_code, row.filed_by) for row in rows} == filers


@each_example
def test_a_project_code_tells_year_county_and_programme_and_stands_once(folder: Path) -> None:
    rows = [row for row in example_rows(folder) if "project_code" in row.codes]
    codes = [row.codes["project_code"] for row in rows]
    assert len(set(codes)) == len(codes)
    for row, code in zip(rows, codes, strict=True):
        year, county, programme, number = code[:4], code[4:10], code[10:13], code[13:]
        assert year == row.codes["plan_year"]
        assert county == row.codes["place_code"][:6]
        assert programme == row.codes["programme"].ljust(3, "0")
        assert re.fullmatch(r"\d{7}", number)


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
    assert issued(*named("L17-"), column="units") == issued("L18", column="units") == 243
    assert issued(*named("M5-"), folder=MALIPO) == issued("M6", folder=MALIPO) == 4_630_000
    assert issued(*named("M5-"), column="units", folder=MALIPO) == 8
    assert issued("M6", column="units", folder=MALIPO) == 8


def test_the_projects_of_malipo_are_eight() -> None:
    projects = [row for row in example_rows(MALIPO) if row.form_code == "FP-01"]
    assert {row.codes["row_kind"] for row in projects} == {"1"}
    programmes = Counter(row.codes["programme"] for row in projects)
    assert programmes == {"13": 1, "12": 3, "01": 4}
    assert not [row for row in projects if "village_id" in row.codes]


def test_a_village_is_filed_where_it_has_figures_and_nowhere_else() -> None:
    villages = {row.row_id: row for row in ROWS.values() if row.form_code == "FP-03"}
    assert {row_id: row.codes["row_kind"] for row_id, row in villages.items()} == {
        "L25": "2",
        "L26-530702": "1",
        "L26-530723": "1",
    }
    for row_id, row in villages.items():
        if row.codes["row_kind"] == "1":
            assert row.codes["village_id"].startswith(row.codes["place_code"])
            project = ROWS[row_id.replace("L26", "L19")]
            assert project.codes["village_id"] == row.codes["village_id"]


def test_the_fiscal_money_of_the_city() -> None:
    fiscal = [
        cell.row_id
        for cell in CELLS[LIJIANG]
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
    changed = [cell for cell in FILLED if cell.version == 1]
    assert {cell.row_id for cell in changed} == {"L5-530723", "L21-530723"}
    for form, column in (("FP-02", "amount_issued_y"), ("FP-08", "subsidy_plan")):
        first, second = (
            rows_of(filed)
            for filed in example_returns(LIJIANG)
            if (filed.form_code, filed.area_code) == (form, HUAPING)
        )
        assert first[0][column] == "22250000"
        assert second[0][column] == "2225000(估)"
        assert [row | {column: ""} for row in first[:1]] == [
            row | {column: ""} for row in second[:1]
        ]
        assert first[1:] == second[1:]


@pytest.mark.parametrize(
    ("folder", "units"),
    [
        (LIJIANG, {"FP-01": 7, "FP-02": 7, "FP-03": 3, "FP-08": 6}),
        (MALIPO, {"FP-01": 1, "FP-02": 1}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_unit_owes_what_it_files_in_that_month_alone(folder: Path, units: dict[str, int]) -> None:
    lines = read_csv(folder / "assignments.csv")
    owed = {(line["area_code"], line["form_code"]) for line in lines}
    filed = example_returns(folder)
    assert owed == {(one.area_code, one.form_code) for one in filed}
    assert Counter(form for _, form in owed) == units
    (month,) = {one.month for one in filed}
    assert {(line["valid_from"], line["valid_until"]) for line in lines} == {
        (month.first_day.isoformat(), month.last_day.isoformat())
    }


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
    days = {
        filed.return_id: filed.received_at.date().isoformat() for filed in example_returns(LIJIANG)
    }
    assert {days.pop(f"{form}-530722208-v0") for form in ("FP-01", "FP-02")} == {"2009-12-04"}
    assert {days.pop(one) for one in list(days) if one.endswith("v1")} == {"2009-12-14"}
    assert {days.pop(one) for one in list(days) if "530700" in one} == {"2009-12-11"}
    assert set(days.values()) == {"2009-12-08"}
    county_deadline = "2012-07-09"  # 8 July is a Sunday
    for filed in example_returns(MALIPO):
        assert filed.received_at.date().isoformat() < county_deadline


def test_malipo_needs_no_waiver() -> None:
    assert read_csv(MALIPO / "waivers.csv") == []
