"""Figures of an earlier publication and of last year lead to what was frozen for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from warehouse.database import Role, connect
from warehouse.errors import TraceError
from warehouse.settings import Settings
from warehouse.trace import Trace, trace
from warehouse.trace_feeds import feeds

if TYPE_CHECKING:
    from tests.conftest import Clone

KEYS = {
    "stat_month": "2009-11",
    "area_code": "530723000000",
    "programme_code": "03",
    "fund_source_code": "12",
}
WHOLE = {"stat_month": "2009-11", "area_code": "530700000000"}

# The ledger as two more builds leave it, without the minutes they take: the returns of a year
# before (half of each amount), and a second publication of the month in which one return was
# corrected (5 yuan more in one cell) and the columns of last year are filled.
HISTORY = """
create temporary table twin as
    select submission_id, submission_id + 100000 as last_year_id, submission_id + 200000 as later_id
    from ops.build_input;
insert into ops.submission overriding system value
    select (jsonb_populate_record(submission, jsonb_build_object('submission_id', last_year_id,
        'receipt_no', submission.receipt_no || '-Y', 'sha256', 'Y' || submission.sha256,
        'stat_month', '2008-11-01'))).*
    from ops.submission as submission inner join twin using (submission_id);
insert into ops.submission overriding system value
    select (jsonb_populate_record(submission, jsonb_build_object('submission_id', later_id,
        'receipt_no', submission.receipt_no || '-L', 'sha256', 'L' || submission.sha256))).*
    from ops.submission as submission inner join twin using (submission_id)
    where area_code = '530723000000' and form_code = 'FP-02';
insert into raw.fp02
    select (jsonb_populate_record(filed, jsonb_build_object('submission_id', last_year_id,
        'amount_issued_y', amount_issued_y / 2))).*
    from raw.fp02 as filed inner join twin using (submission_id);
insert into raw.fp02
    select (jsonb_populate_record(filed, jsonb_build_object('submission_id', later_id,
        'amount_issued_y', amount_issued_y + case when programme = '03' then 5 else 0 end))).*
    from raw.fp02 as filed inner join twin using (submission_id)
    inner join ops.submission as later on later.submission_id = later_id;
insert into raw.column_position
    select (jsonb_populate_record(place, jsonb_build_object('submission_id', new_id))).*
    from raw.column_position as place inner join twin using (submission_id)
    cross join lateral (values (last_year_id), (later_id)) as other (new_id)
    inner join ops.submission as known on known.submission_id = new_id;
insert into ops.build (stat_month, state) values ('2008-11-01', 'published');
insert into ops.build_input
    select max(build.build_id), last_year_id from ops.build as build cross join twin
    where build.stat_month = '2008-11-01' group by last_year_id;
update ops.build set in_force = false where stat_month = '2009-11-01';
insert into ops.build (stat_month, state) values ('2009-11-01', 'published');
insert into ops.build_input
    select build.build_id, coalesce(later.submission_id, twin.submission_id) from twin
    inner join ops.build as build on build.stat_month = '2009-11-01' and build.in_force
    left join ops.submission as later on later.submission_id = twin.later_id;
insert into ops.publication
    select (jsonb_populate_record(first, jsonb_build_object('publication_id', '2009-11.r2',
        'build_id', (select max(build_id) from ops.build), 'published_at', now()))).*
    from ops.publication as first;
insert into released.fund_by_source
    select (jsonb_populate_record(first, jsonb_build_object('publication_id', '2009-11.r2',
        'issued_yuan_ytd', issued_yuan_ytd + case when area_code = '530723000000'
            and programme_code = '03' and fund_source_code = '12' then 5 else 0 end,
        'issued_yuan_ytd_last_year', issued_yuan_ytd / 2))).*
    from released.fund_by_source as first;
insert into released.fund_progress
    select (jsonb_populate_record(first, jsonb_build_object('publication_id', '2009-11.r2',
        'issued_yuan_ytd_last_year', issued_yuan_ytd / 2,
        'growth_pct_numerator', issued_yuan_ytd - issued_yuan_ytd / 2 + 5,
        'growth_pct_denominator', issued_yuan_ytd / 2, 'growth_pct', 100.00))).*
    from released.fund_progress as first;
update ops.release_month set valid_to = now() where valid_to is null;
insert into ops.release_month
    select release_id, stat_month, '2009-11.r2', now(), null from ops.release_month;
"""


@pytest.fixture(scope="module")
def revised(
    published: Settings, clone_warehouse: Clone, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("revised") / "home"
    with clone_warehouse(published, home) as settings:
        with connect(settings, Role.admin) as connection:
            connection.execute(HISTORY.encode())
        yield settings


def corrected(settings: Settings, **options: object) -> Trace:
    return trace(settings, "fund_by_source", KEYS, "issued_yuan_ytd", **options)  # type: ignore[arg-type]


def test_a_revised_figure_leads_to_the_return_of_its_publication(revised: Settings) -> None:
    later, first = corrected(revised), corrected(revised, publication="2009-11.r1")
    assert (later.value, first.value) == (2_225_005, 2_225_000)
    (new,), (old,) = later.cells, first.cells
    assert new.submission_id == old.submission_id + 200_000
    assert new.cell == old.cell
    assert later.publication_id == "2009-11.r2"
    assert "2009-11.r1" in first.derivation


def test_as_of_an_instant_is_the_publication_then_in_force(revised: Settings) -> None:
    with connect(revised, Role.builder) as connection:
        row = connection.execute("select min(valid_from) from ops.release_month").fetchone()
    assert row is not None
    assert corrected(revised, as_of=row[0]).publication_id == "2009-11.r1"
    assert corrected(revised, as_of=datetime.now().astimezone()).publication_id == "2009-11.r2"
    with pytest.raises(TraceError, match="not published as of"):
        corrected(revised, as_of=datetime.fromisoformat("2009-12-01T00:00:00+08:00"))
    with pytest.raises(TraceError, match="no publication"):
        corrected(revised, publication="2009-11.r9")


def test_a_figure_of_last_year_leads_to_the_returns_of_last_year(revised: Settings) -> None:
    found = trace(revised, "fund_progress", WHOLE, "issued_yuan_ytd_last_year")
    assert found.cells
    assert {cell.submission_id // 100_000 for cell in found.cells} == {1}
    assert sum(cell.amount or 0 for cell in found.cells) == found.value
    assert "of 2008-11" in found.derivation


def test_growth_leads_to_the_cells_of_both_years(revised: Settings) -> None:
    found = trace(revised, "fund_progress", WHOLE, "growth_pct")
    amounts = {
        (cell.role, cell.submission_id // 100_000 == 1): (cell.amount or 0) > 0
        for cell in found.cells
        if cell.amount
    }
    assert amounts == {
        ("numerator", False): True,
        ("numerator", True): False,
        ("denominator", True): True,
    }


def test_a_cell_of_last_year_feeds_this_year(revised: Settings) -> None:
    with connect(revised, Role.builder) as connection:
        receipt = connection.execute(
            "select receipt_no from ops.submission where receipt_no like '%%-Y'"
            " and area_code = '530723000000' and form_code = 'FP-02'"
        ).fetchone()
    assert receipt is not None
    (cell,) = corrected(revised).cells
    found = feeds(revised, receipt[0], cell.sheet, str(cell.cell))
    measures = {one["measure"] for one in found.figures}
    assert measures == {
        "issued_yuan_ytd_last_year", "growth_pct", "growth_pct_numerator",
        "growth_pct_denominator",
    }  # fmt: skip
    assert {one["publication_id"] for one in found.figures} == {"2009-11.r2"}


def test_a_superseded_cell_feeds_the_earlier_publication(revised: Settings) -> None:
    (old,) = corrected(revised, publication="2009-11.r1").cells
    with connect(revised, Role.builder) as connection:
        receipt = connection.execute(
            "select receipt_no from ops.submission where submission_id = %s", [old.submission_id]
        ).fetchone()
    assert receipt is not None
    found = feeds(revised, receipt[0], old.sheet, str(old.cell))
    assert {(one["publication_id"], one["is_in_force"]) for one in found.figures} == {
        ("2009-11.r1", False)
    }
