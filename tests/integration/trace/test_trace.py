"""Every figure of the published example leads back to its cells, and to no other."""

from __future__ import annotations

import json
from typing import Any

import openpyxl
import pytest
from psycopg.rows import dict_row

from ingest.cell_text import read_cell_texts
from warehouse.contracts import MartContract, mart_contracts
from warehouse.database import Role, connect
from warehouse.errors import TraceError, UsageError
from warehouse.settings import Settings
from warehouse.trace import Trace, trace
from warehouse.trace_plan import mart_plan

CONTRACTS = {c.subject: c for c in mart_contracts(Settings())}
TOTAL_KEY = (
    "fund_doc_no=-,fund_source=00,project_code=-,programme={programme},"
    "place_code={place},row_kind=3"
)
LIJIANG = {"stat_month": "2009-11", "area_code": "530700000000"}


PLANS = {subject: mart_plan(contract) for subject, contract in CONTRACTS.items()}


def rows_of(settings: Settings, subject: str) -> list[dict[str, Any]]:
    with connect(settings, Role.reader) as connection:
        query = f"select * from published.{subject} order by area_code, area_level"
        return connection.cursor(row_factory=dict_row).execute(query).fetchall()


def keys_of(contract: MartContract, row: dict[str, Any]) -> dict[str, str]:
    texts = {
        name: json.dumps(row[name]) if isinstance(row[name], dict) else str(row[name])
        for name in contract.key
    }
    return {**texts, "stat_month": row["stat_month"].strftime("%Y-%m")}


def columns() -> list[tuple[str, str]]:
    return [(subject, name) for subject in CONTRACTS for name in CONTRACTS[subject].column_names]


@pytest.fixture(scope="module")
def rows(published: Settings) -> dict[str, list[dict[str, Any]]]:
    return {subject: rows_of(published, subject) for subject in CONTRACTS}


@pytest.mark.parametrize(("subject", "name"), columns())
def test_every_column_is_traced_or_is_no_figure(
    published: Settings, rows: dict[str, list[dict[str, Any]]], subject: str, name: str
) -> None:
    column = PLANS[subject].columns[name]
    filled = [row for row in rows[subject] if row[name] is not None]
    row = (filled or rows[subject])[0]
    keys = keys_of(CONTRACTS[subject], row)
    if column.kind in ("key", "label"):
        with pytest.raises(UsageError, match="describes the row"):
            trace(published, subject, keys, name)
        return
    found = trace(published, subject, keys, name)
    assert str(found.value) == str(row[name]).replace("True", "true").replace("False", "false")
    assert "2009-11.r1" in found.derivation
    if not filled:
        # Why it is blank is said by marked cells, or by cells of the other side.
        assert all(cell.value is None or cell.status for cell in found.cells)
    elif column.kind in ("returns", "unit") or name.startswith(("coverage", *LEDGER_RATES)):
        assert found.returns
        assert not found.cells
    elif not name.startswith("time_progress") and row[name] != 0:
        assert found.cells


LEDGER_RATES = ("reporting_rate", "on_time_rate", "cell_completeness")
ADDED_UP = ("sum", "last_year", "side", "count", "returns")


def added_up(subject: str) -> list[str]:
    plan = PLANS[subject]
    if plan.is_of_totals:
        return ["printed", "computed"]
    return [name for name, column in plan.columns.items() if column.kind in ADDED_UP]


@pytest.mark.parametrize("subject", CONTRACTS)
def test_every_figure_of_every_row_is_the_sum_of_its_cells(
    published: Settings, rows: dict[str, list[dict[str, Any]]], subject: str
) -> None:
    """All at once: the very function that a trace asks for one figure."""
    measures = added_up(subject)
    areas = sorted({row["area_code"] for row in rows[subject]})
    with connect(published, Role.admin) as connection:
        found = connection.execute(
            "select figure_keys, measure, sum(amount) from trace.cells(%s, '2009-11.r1', %s, null,"
            " %s) where role in ('part', 'counted', 'return') group by figure_keys, measure",
            [subject, areas, measures],
        ).fetchall()
    sums = {(json.dumps(keys, sort_keys=True), name): total for keys, name, total in found}
    checked = 0
    for row in rows[subject]:
        keys = {name: row[name] for name in CONTRACTS[subject].key}
        text = json.dumps({**keys, "stat_month": str(row["stat_month"])}, sort_keys=True)
        for name in measures:
            if row[name] is None or row.get("measure") == "growth_printed":
                continue
            # Counted are units, and of lines of projects their number.
            assert (sums.get((text, name)) or 0) == row[name], (text, name)
            checked += 1
    assert checked > 5


def test_blank_cells_say_why_where_a_figure_is_blank(published: Settings) -> None:
    keys = {**LIJIANG, "programme_code": "00", "source_group": "all"}
    found = trace(published, "fund_progress", keys, "paid_yuan_ytd")
    assert found.value is None
    assert {cell.status for cell in found.cells} == {"L"}
    assert "blank, not 0" in found.derivation


def read_cell(settings: Settings, found: Trace, number: int = 0) -> Any:
    """Read the cell as Excel would, not as our reader does."""
    cell = found.cells[number]
    path = settings.landing_dir / cell.landing_path
    return openpyxl.load_workbook(path)[cell.sheet][cell.cell].value


def test_the_corrected_cell_of_huaping_is_named(published: Settings) -> None:
    keys = {
        "stat_month": "2009-11",
        "area_code": "530723",
        "programme_code": "03",
        "fund_source_code": "12",
    }
    found = trace(
        published, "fund_by_source", keys, "issued_yuan_ytd", read_text=read_cell_texts(published)
    )
    record = found.as_json()
    assert record["value"] == 2_225_000
    assert record["unit"] == "yuan"
    (cell,) = record["cells"]
    assert cell["text"] == "2225000(估)"
    assert cell["value"] == 2_225_000
    assert cell["status"] == "E"
    assert cell["sheet"] == "FP-02"
    assert len(cell["sha256"]) == 64
    assert read_cell(published, found) == "2225000(估)"
    assert set(cell) >= {
        "submission_id", "file", "sha256", "sheet", "cell", "text", "value", "conversion",
        "status", "role", "part", "column", "amount",
    }  # fmt: skip
    assert cell["role"] == "part"
    assert cell["column"] == "amount_issued_y"
    assert json.loads(json.dumps(record)) == record


def test_the_total_of_a_prefecture_counts_what_counties_filed(published: Settings) -> None:
    found = trace(
        published,
        "published.fund_progress",
        {**LIJIANG, "programme_code": "03", "source_group": "all"},
        "issued_yuan_ytd",
    )
    assert found.value == 10_000_000
    assert len({cell.submission_id for cell in found.cells}) == 5


def test_left_out_totals_mean_the_total(published: Settings) -> None:
    explicit = {**LIJIANG, "programme_code": "00", "source_group": "all"}
    assert (
        trace(published, "fund_progress", LIJIANG, "issued_yuan_ytd").value
        == trace(published, "fund_progress", explicit, "issued_yuan_ytd").value
    )


def test_both_sides_of_a_broken_total(published: Settings) -> None:
    keys = {
        "stat_month": "2009-11",
        "form_code": "FP-02",
        "filing_unit_code": "530722208000",
        "row_key": TOTAL_KEY.format(programme="02", place="530722208000"),
        "measure": "amount_planned_c",
    }
    printed = trace(published, "control_total", keys, "printed")
    computed = trace(published, "control_total", keys, "computed")
    assert [cell.value for cell in printed.cells] == [74_228_000]
    assert sorted(c.value for c in computed.cells if c.value) == [6_000_000, 68_280_000]


def test_totals_made_of_totals_name_each_once(published: Settings) -> None:
    keys = {
        "stat_month": "2009-11",
        "form_code": "FP-02",
        "filing_unit_code": "530700000000",
        "row_key": TOTAL_KEY.format(programme="00", place="530700000000"),
        "measure": "expected_y",
    }
    computed = trace(published, "control_total", keys, "computed")
    assert computed.value == 320_790_000
    assert len(computed.cells) == 6


def test_a_rate_leads_to_both_sides_and_says_its_formula(published: Settings) -> None:
    keys = {**LIJIANG, "programme_code": "00", "source_group": "all"}
    found = trace(
        published, "fund_progress", keys, "lump_share_pct", read_text=read_cell_texts(published)
    )
    sides = {
        role: sum(cell.amount or 0 for cell in found.cells if cell.role == role)
        for role in ("numerator", "denominator")
    }
    assert round(100 * sides["numerator"] / sides["denominator"], 2) == found.value
    assert f"{sides['numerator']} / {sides['denominator']} x 100 = {found.value}" in (
        found.derivation
    )
    assert all(cell.text for cell in found.cells)


def test_a_count_of_the_ledger_names_the_returns(published: Settings) -> None:
    found = trace(published, "reporting", {**LIJIANG, "form_code": "FP-02"}, "accepted")
    record = found.as_json()
    assert record["value"] == len(record["returns"])
    assert record["cells"] == []
    assert all(one["receipt_no"] and one["filing_unit_code"] for one in record["returns"])
    assert "no cell" in found.derivation


def test_the_state_of_a_line_is_told_by_its_cells(
    published: Settings, rows: dict[str, list[dict[str, Any]]]
) -> None:
    row = next(r for r in rows["project_status"] if r["state_code"])
    keys = keys_of(CONTRACTS["project_status"], row)
    found = trace(published, "project_status", keys, "state_code")
    assert {cell.value for cell in found.cells} == {row["state_code"]}
    assert found.value == row["state_code"]


@pytest.mark.parametrize(
    ("table", "keys", "measure", "error"),
    [
        ("nothing", LIJIANG, "issued_yuan_ytd", UsageError),
        ("fund_progress", LIJIANG, "nothing", UsageError),
        ("fund_progress", {**LIJIANG, "colour": "red"}, "issued_yuan_ytd", UsageError),
        ("fund_by_source", LIJIANG, "issued_yuan_ytd", UsageError),
        ("fund_progress", {**LIJIANG, "stat_month": "November"}, "issued_yuan_ytd", UsageError),
        ("fund_progress", {**LIJIANG, "stat_month": "2009-10"}, "issued_yuan_ytd", TraceError),
        ("fund_progress", {**LIJIANG, "area_code": "1101"}, "issued_yuan_ytd", TraceError),
    ],
)
def test_what_is_not_published_is_refused(
    published: Settings, table: str, keys: dict[str, str], measure: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        trace(published, table, keys, measure)


def test_a_lost_cell_is_never_glossed_over(published: Settings) -> None:
    keys = {**LIJIANG, "programme_code": "01", "fund_source_code": "14"}
    with connect(published, Role.admin) as connection:
        connection.execute(
            "update raw.fp02 set amount_issued_y = amount_issued_y + 1 where fund_source = '14'"
        )
    try:
        with pytest.raises(TraceError, match="add up to 2900001"):
            trace(published, "fund_by_source", keys, "issued_yuan_ytd")
    finally:
        with connect(published, Role.admin) as connection:
            connection.execute(
                "update raw.fp02 set amount_issued_y = amount_issued_y - 1 where fund_source = '14'"
            )
