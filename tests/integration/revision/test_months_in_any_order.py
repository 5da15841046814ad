"""Fourteen simulated months: the order of receipt and of builds leaves no trace in what is shown.

Takes a quarter of an hour: `make test-long`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from examples.simulator.run import Order, Simulated, simulate
from expectations.gate import gate_month
from ingest.forms.catalogue import load_forms
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.areas import import_areas
from warehouse.assignments import assign
from warehouse.builds import build_month
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.reopened import stale_months
from warehouse.settings import Settings

from ..stack.backfills import published_rows, run_in_order

if TYPE_CHECKING:
    from tests.conftest import Clone

FIRST, COUNT = Month(2009, 1), 14
MONTHS = [FIRST.shift(number) for number in range(COUNT)]

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def _candidates(settings: Settings) -> dict[Month, str]:
    with connect(settings, Role.builder) as connection:
        rows = connection.execute(
            "select stat_month, candidate_hash from ops.build where in_force order by 1"
        ).fetchall()
    return {Month.of(month): digest for month, digest in rows}


def _repair(settings: Settings) -> list[Month]:
    """Build what is stale, the earliest first, until nothing is; return the months built."""
    built = []
    while stale := stale_months(settings):
        build_month(settings, stale[0])
        built.append(stale[0])
        assert len(built) <= 2 * COUNT, built
    return built


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    order = Order(("530722",), FIRST, COUNT, seed=20_261_125, townships=1, formats=("csv", "xlsx"))
    return simulate(order, tmp_path_factory.mktemp("simulated") / "county")


def _assign(settings: Settings, simulated: Simulated) -> None:
    if (simulated.out / "areas.csv").exists():
        import_areas(settings, simulated.out / "areas.csv")
    assign(settings, simulated.out / "assignments.csv", form_codes=frozenset(load_forms()))


def _receive(settings: Settings, simulated: Simulated, months: list[Month]) -> None:
    """Take the returns of months in as one batch."""
    names = set(map(str, months))
    for path, moment in simulated.received:
        if path.parent.name in names:
            submit_file(settings, path, moment)
    assert receive_inbox(settings).months == set(months)


@pytest.fixture(scope="module")
def one_by_one(
    simulated: Simulated,
    clone_warehouse: Clone,
    template_database: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """Return a warehouse whose months were received and published one after the other."""
    home = tmp_path_factory.mktemp("one-by-one") / "home"
    with clone_warehouse(template_database, home) as settings:
        _assign(settings, simulated)
        for month in MONTHS:
            _receive(settings, simulated, [month])
            run_in_order(settings, [month])
        assert stale_months(settings) == []
        yield settings


@pytest.fixture
def received(warehouse_home: Settings, simulated: Simulated) -> Settings:
    """Return a warehouse that received all months at once and has built none."""
    _assign(warehouse_home, simulated)
    _receive(warehouse_home, simulated, MONTHS)
    return warehouse_home


def test_months_built_backwards_and_repaired(received: Settings, one_by_one: Settings) -> None:
    expected = published_rows(one_by_one, MONTHS)
    shown = {row["stat_month"] for row in expected["fund_progress"]}
    assert len(shown) >= COUNT // 2, shown  # others wait for a signature
    for month in reversed(MONTHS):
        build_month(received, month)
    assert _candidates(received) != _candidates(one_by_one)
    built = _repair(received)
    print("built again:", [str(month) for month in built])
    assert len(built) == len(set(built))
    for month in MONTHS:
        if gate_month(received, month).state == "ready":
            publish(received, [month])
    assert published_rows(received, MONTHS) == expected


def test_months_received_at_once_and_built_in_order(
    received: Settings, one_by_one: Settings
) -> None:
    run_in_order(received, MONTHS)
    assert stale_months(received) == []
    assert published_rows(received, MONTHS) == published_rows(one_by_one, MONTHS)


def _correct(settings: Settings, month: Month) -> None:
    """Let the first unit send its FP-02 of a month again, with 10 yuan more in every cell."""
    with connect(settings, Role.admin) as connection:
        (old,) = connection.execute(
            "update ops.submission set state = 'superseded' where submission_id = ("
            "select min(submission_id) from ops.submission where stat_month = %s"
            " and form_code = 'FP-02' and state in ('accepted', 'accepted_with_warnings'))"
            " returning submission_id",
            [month.first_day],
        ).fetchone() or (None,)
        (new,) = connection.execute(
            "insert into ops.submission (receipt_no, sha256, file_name, file_bytes, landing_path,"
            " form_code, area_code, stat_month, version, received_at, passed_level_0, state,"
            " required_cells, filled_required_cells)"
            " select 'corrected', 'corrected', file_name, 1, 'x', form_code, area_code, stat_month,"
            " version + 1, received_at, true, 'accepted', required_cells, filled_required_cells"
            " from ops.submission where submission_id = %s returning submission_id",
            [old],
        ).fetchone() or (None,)
        assert None not in (old, new)
        columns = connection.execute(
            "select attname from pg_attribute where attrelid = 'raw.fp02'::regclass and attnum > 0"
            " and not attisdropped and attname <> 'submission_id'"
        ).fetchall()
        names = [sql.Identifier(name) for (name,) in columns]
        values = [
            sql.SQL("{} + 10").format(column) if name.startswith("amount_") else column
            for (name,), column in zip(columns, names, strict=True)
        ]
        connection.execute(
            sql.SQL(
                "insert into raw.fp02 (submission_id, {}) select %s, {} from raw.fp02"
                " where submission_id = %s"
            ).format(sql.SQL(", ").join(names), sql.SQL(", ").join(values)),
            [new, old],
        )


def test_a_change_reopens_every_month_that_comes_out_differently(
    one_by_one: Settings, clone_warehouse: Clone, tmp_path: Path
) -> None:
    with clone_warehouse(one_by_one, tmp_path / "corrected") as settings:
        before = _candidates(settings)
        _correct(settings, FIRST)
        reopened = set(_repair(settings))
        after = _candidates(settings)
        for month in MONTHS:
            build_month(settings, month)
        assert _candidates(settings) == after  # a month that was not reopened is as it was
        changed = {month for month in MONTHS if after[month] != before[month]}
        print("reopened:", sorted(map(str, reopened)), "changed:", sorted(map(str, changed)))
        assert changed == {FIRST, FIRST.shift(12)}
        assert changed <= reopened < set(MONTHS)
