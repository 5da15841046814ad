"""Every column of every mart agrees with an independent computation from the simulator's tables.

`recomputed/` reads the tables the simulator drew, never the files or the warehouse; here its
result is set beside the candidate marts of a month that came through files, raw, core and marts.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from psycopg import sql

from examples.simulator.files import write_returns
from examples.simulator.output import receipt_times, write_assignments, write_tables
from examples.simulator.tables import FORMS, Simulation
from examples.simulator.world import simulate_county
from ingest.forms.catalogue import load_forms
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.areas import packaged_areas
from warehouse.assignments import assign
from warehouse.builds import build_month
from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings

RECOMPUTED = Path(__file__).with_name("recomputed")
FIRST, MONTH = Month(2009, 10), Month(2010, 10)  # so that last year's columns are filled
SEED = 20_101_031
NEVER_FILED = {"village_poverty.exit_year_planned"}  # collected from 2014 on
Row = dict[str, str | None]


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate_county("530722", FIRST, 13, SEED, townships=3)


@pytest.fixture(scope="module")
def built(
    module_warehouse_home: Settings,
    simulation: Simulation,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    """Return a warehouse in which the first and the last month were received and built."""
    settings, out = module_warehouse_home, tmp_path_factory.mktemp("returns")
    write_assignments(out, [simulation], FORMS)
    assign(settings, out / "assignments.csv", form_codes=frozenset(load_forms()))
    for month in (FIRST, MONTH):
        chosen = Simulation(simulation.county, FIRST, 13, SEED)
        chosen.returns = [filed for filed in simulation.returns if filed.month == month]
        written = write_returns(chosen, out / str(month))
        moments = receipt_times(chosen, written)
        for item, moment in zip(written, moments, strict=True):
            submit_file(settings, item.path, moment.replace(tzinfo=ZoneInfo(settings.timezone)))
        batch = receive_inbox(settings)
        assert {s.state for s in batch.submissions} <= {"accepted", "accepted_with_warnings"}
        assert len(batch.submissions) == len(chosen.returns)
        build_month(settings, month)
    return settings


@pytest.fixture(scope="module")
def recomputed(
    simulation: Simulation, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Row]]:
    """Return what the script makes of the simulator's tables, by mart."""
    tables, out = tmp_path_factory.mktemp("tables"), tmp_path_factory.mktemp("marts")
    write_tables(tables, simulation)
    areas = tables / "areas_in_use.csv"
    _write_areas(areas)
    command = [sys.executable, RECOMPUTED, tables, areas, str(MONTH), out]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.stem: list(_read(path)) for path in out.glob("*.csv")}


def test_every_mart_is_recomputed(built: Settings, recomputed: dict[str, list[Row]]) -> None:
    assert set(recomputed) == {contract.subject for contract in mart_contracts(built)}


@pytest.mark.parametrize(
    "subject", [contract.subject for contract in mart_contracts(Settings(home=Path()))]
)
def test_a_mart_agrees_to_the_cent(
    built: Settings, recomputed: dict[str, list[Row]], subject: str
) -> None:
    contract = next(c for c in mart_contracts(built) if c.subject == subject)
    found = {_key(row, contract.key): row for row in _candidate(built, contract.name)}
    wanted = {_key(row, contract.key): row for row in recomputed[subject]}
    assert found, "the simulation fills every mart"
    assert set(found) == set(wanted)
    assert set(contract.column_names) == set(recomputed[subject][0])
    differing = [
        (key, name, found[key][name], wanted[key][name])
        for key in found
        for name in contract.column_names
        if _plain(found[key][name]) != _plain(wanted[key][name])
    ]
    assert differing == []


def test_the_comparison_is_about_filled_columns(
    built: Settings, recomputed: dict[str, list[Row]]
) -> None:
    """A column that is null on both sides everywhere would agree without saying anything."""
    empty = {
        f"{subject}.{name}"
        for subject, rows in recomputed.items()
        for name in rows[0]
        if all(row[name] in (None, "") for row in rows)
    }
    assert empty == NEVER_FILED


def _candidate(settings: Settings, model: str) -> list[Row]:
    with connect(settings, Role.builder) as connection:
        cursor = connection.execute(
            sql.SQL("select to_jsonb(mart) from {} as mart where stat_month = %s").format(
                sql.Identifier("marts", model)
            ),
            [MONTH.first_day],
        )
        return [
            {name: _text(value) for name, value in record.items()}
            for (record,) in cursor.fetchall()
        ]


def _text(value: object) -> str | None:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return None if value is None else str(value)


def _key(row: Row, key: tuple[str, ...]) -> tuple[str | None, ...]:
    return tuple(_plain(row[name]) for name in key)


def _plain(text: str | None) -> str | None:
    """Return a value as both sides may be compared: numbers by value, row keys by their pairs."""
    if text in (None, ""):
        return None
    if text.startswith("{"):
        return ",".join(f"{name}={value}" for name, value in sorted(json.loads(text).items()))
    if text in ("True", "False"):
        return text.lower()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return f"{number.normalize():f}" if len(text) < 12 or "." in text else text


def _read(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _write_areas(path: Path) -> None:
    """Write the areas in use in the month, as any user could list them."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["area_code", "level", "name_zh", "parent_code"])
        for area in packaged_areas():
            if area.valid_in(MONTH.first_day, MONTH.last_day):
                writer.writerow([area.area_code, area.level, area.name_zh, area.parent_code or ""])
