"""Figures of projects lead to the rows that count, and their money to the rows that name them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.rows import dict_row

from expectations.gate import gate_month
from warehouse.builds import build_month
from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.errors import TraceError
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.settings import Settings
from warehouse.signers import add_signer
from warehouse.trace import Trace, trace
from warehouse.trace_plan import mart_plan

if TYPE_CHECKING:
    from tests.conftest import Clone

MONTH = Month(2009, 11)
PREFECTURE, COUNTY = "530700000000", "530723000000"
PROJECT = "20095307231100000001"
CONTRACTS = {c.subject: c for c in mart_contracts(Settings())}

# The example tells no money of its projects, so it is given some: one project is filed a second
# time by the unit that filed last, and two rows of money of two units, placed elsewhere, name it.
MONEY = """
update raw.fp01 set plan_amount = 1000 + row_no, investment_done_c = 40, investment_done_y = 30,
    progress_pct = 25
where row_kind in ('1', '2');
insert into raw.fp01 (submission_id, sheet, row_no, place_code, row_kind, project_code, programme,
    state, plan_amount, investment_done_c, progress_pct)
select last.submission_id, last.sheet, 900, '530722000000', '1', first.project_code,
    first.programme, '5', 7777, 7777, 100
from raw.fp01 as first
cross join (select submission_id, sheet from raw.fp01 order by submission_id desc limit 1) as last
where first.project_code = '{project}';
update raw.fp02 set project_code = '{project}', amount_paid_c = 60 + row_no,
    amount_issued_c = 200
where (submission_id, sheet, row_no) in (
    select distinct on (submission_id) submission_id, sheet, row_no from raw.fp02
    where row_kind in ('1', '2') and submission_id in (
        select submission_id from ops.submission where area_code in ('530722000000', '530724000000')
    )
    order by submission_id, row_no
)
"""


@pytest.fixture(scope="module")
def published(
    built_example: Settings, clone_warehouse: Clone, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Return the example with money of projects, built again and published."""
    home = tmp_path_factory.mktemp("projects") / "home"
    with clone_warehouse(built_example, home) as settings:
        with connect(settings, Role.admin) as connection:
            for statement in MONEY.format(project=PROJECT).split(";"):
                assert connection.execute(statement.encode()).rowcount > 0
        build_month(settings, MONTH)
        with connect(settings, Role.admin) as connection:
            connection.execute("update ops.finding set state = 'explained' where state = 'open'")
        assert gate_month(settings, MONTH).state in ("ready", "waiting_signature")
        add_signer(settings, "Tester")
        publish(settings, [MONTH], signed_by="Tester", reason="a test of traces")
        yield settings


def traced(settings: Settings, subject: str, measure: str, **keys: str) -> Trace:
    return trace(settings, subject, {"stat_month": "2009-11", **keys}, measure)


@pytest.mark.parametrize("subject", ["project_status", "project_progress"])
def test_every_figure_of_projects_is_the_sum_of_its_cells(
    published: Settings, subject: str
) -> None:
    contract = CONTRACTS[subject]
    measures = [
        name
        for name, column in mart_plan(contract).columns.items()
        if column.kind in ("sum", "side", "count")
    ]
    with connect(published, Role.admin) as connection:
        rows: list[dict[str, Any]] = (
            connection.cursor(row_factory=dict_row)
            .execute(f"select * from published.{subject}".encode())
            .fetchall()
        )
        areas = sorted({row["area_code"] for row in rows})
        found = connection.execute(
            "select figure_keys ->> 'area_code', coalesce(figure_keys ->> 'project_code',"
            " figure_keys ->> 'programme_code'), measure, round(sum(amount), 2)"
            " from trace.cells(%s, '2009-11.r1', %s, null, %s) group by 1, 2, 3",
            [subject, areas, measures],
        ).fetchall()
    sums = {(area, key, measure): total for area, key, measure, total in found}
    second = next(name for name in ("project_code", "programme_code") if name in contract.key)
    checked = 0
    for row in rows:
        for measure in measures:
            if row[measure] is not None:
                key = (row["area_code"], row[second], measure)
                assert (sums.get(key) or 0) == row[measure], key
                checked += 1
    assert checked > 20


@pytest.mark.parametrize(
    ("subject", "measure", "keys"),
    [
        ("project_status", "money_progress_pct", {"project_code": PROJECT}),
        ("project_status", "payment_rate_pct", {"project_code": PROJECT}),
        ("project_status", "progress_gap_points", {"project_code": PROJECT}),
        ("project_progress", "money_progress_pct", {"programme_code": "00"}),
        ("project_progress", "physical_progress_pct", {"programme_code": "00"}),
    ],
)
def test_a_rate_of_projects_leads_to_both_sides(
    published: Settings, subject: str, measure: str, keys: dict[str, str]
) -> None:
    found = traced(published, subject, measure, area_code=COUNTY, **keys)
    assert found.value is not None
    assert {"numerator", "denominator"} <= {cell.role for cell in found.cells}


def test_a_project_filed_again_leads_to_its_first_row(published: Settings) -> None:
    here = {"area_code": COUNTY, "project_code": PROJECT}
    (cell,) = traced(published, "project_status", "planned_yuan", **here).cells
    assert cell.value is not None
    assert cell.value != 7777
    (progress,) = traced(published, "project_status", "progress_pct", **here).cells
    assert progress.value == 25
    everywhere = traced(published, "project_progress", "planned_yuan", area_code=PREFECTURE)
    assert Decimal(7777) not in {found.value for found in everywhere.cells}
    # Where the second row has its place, nothing counts: the project is another county's.
    with pytest.raises(TraceError, match="has no row"):
        traced(
            published,
            "project_status",
            "planned_yuan",
            area_code="530722000000",
            project_code=PROJECT,
        )


def test_money_of_a_project_is_found_wherever_it_is_placed(published: Settings) -> None:
    of_project = traced(
        published, "project_status", "paid_yuan_total", area_code=COUNTY, project_code=PROJECT
    )
    assert len({cell.submission_id for cell in of_project.cells}) == 2
    of_area = traced(
        published, "project_progress", "paid_yuan_total", area_code=COUNTY, programme_code="11"
    )
    assert of_area.value == of_project.value
    assert of_area.cells == of_project.cells


def test_a_lost_row_of_money_is_never_glossed_over(published: Settings) -> None:
    with connect(published, Role.admin) as connection:
        connection.execute(
            "update raw.fp02 set amount_paid_c = amount_paid_c + 1 where project_code = %s",
            [PROJECT],
        )
    with pytest.raises(TraceError, match="add up to"):
        traced(published, "project_progress", "paid_yuan_total", area_code=PREFECTURE)
