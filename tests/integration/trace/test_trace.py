"""Every filed figure of the published example leads back to its cells, and to no other."""

from __future__ import annotations

import json
from decimal import Decimal
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

CONTRACTS = {c.subject: c for c in mart_contracts(Settings())}
TOTAL_KEY = (
    "fund_doc_no=-,fund_source=00,project_code=-,programme={programme},"
    "place_code={place},row_kind=3"
)
LIJIANG = {"stat_month": "2009-11", "area_code": "530700000000"}


def filed_measures(contract: MartContract) -> list[str]:
    names = [column.name for column in contract.columns if "trace" in column.meta]
    return [*names, "computed"] if contract.subject == "control_total" else names


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


def same(left: Any, right: Any) -> bool:
    return left is right if right is None else left == Decimal(right)


# No project of the example tells its money: see test_trace_projects.py.
FILED = [s for s in CONTRACTS if filed_measures(CONTRACTS[s]) and s != "project_progress"]


@pytest.mark.parametrize("subject", FILED)
def test_every_filed_figure_is_the_sum_of_its_cells(published: Settings, subject: str) -> None:
    contract, read_text = CONTRACTS[subject], read_cell_texts(published)
    traced = 0
    for row in rows_of(published, subject):
        for measure in filed_measures(contract):
            if row[measure] is None or row.get("measure") == measure == "growth_printed":
                continue
            if measure == "computed" and row["measure"] == "growth_printed":
                continue
            found = trace(published, subject, keys_of(contract, row), measure, read_text=read_text)
            assert same(found.value, row[measure])
            assert (
                sum((c.value for c in found.cells if c.value is not None), Decimal(0))
                == (row[measure])
            )
            assert all(cell.text for cell in found.cells)
            traced += 1
    assert traced > 5


@pytest.mark.parametrize(
    "subject",
    [
        "fund_by_source",
        "fund_progress",
        "relocation_progress",
        "project_status",
        "project_progress",
        "village_poverty",
    ],
)
def test_a_blank_figure_has_no_filled_cell(published: Settings, subject: str) -> None:
    contract = CONTRACTS[subject]
    row = rows_of(published, subject)[0]
    blank = [measure for measure in filed_measures(contract) if row[measure] is None]
    assert blank
    for measure in blank:
        found = trace(published, subject, keys_of(contract, row), measure)
        assert found.value is None
        assert all(cell.value is None and cell.status != "A" for cell in found.cells)


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
    assert set(cell) == {
        "submission_id", "file", "sha256", "sheet", "cell", "text", "value", "conversion",
        "status",
    }  # fmt: skip
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


@pytest.mark.parametrize(
    ("table", "measure", "remedy"),
    [
        ("fund_progress", "in_place_rate_pct", "in_place_rate_pct_numerator"),
        ("fund_progress", "issued_yuan_ytd_last_year", "issued_yuan_ytd"),
        ("fund_progress", "units_due", "Filed measures"),
        ("control_total", "difference", "printed and computed"),
        ("project_status", "state_code", "leads to the row"),
        ("project_status", "payment_rate_pct", "payment_rate_pct_numerator"),
        ("project_progress", "started_projects", "Filed measures"),
    ],
)
def test_a_computed_figure_says_what_to_trace(
    published: Settings, table: str, measure: str, remedy: str
) -> None:
    with pytest.raises(TraceError) as raised:
        trace(published, table, LIJIANG, measure)
    assert remedy in raised.value.remedy


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
