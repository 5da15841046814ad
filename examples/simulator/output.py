"""What stands beside the returns: who owes what, when they came, invented areas, the tables."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path

from examples.simulator.chance import stream
from examples.simulator.files import WrittenReturn
from examples.simulator.geography import County
from examples.simulator.tables import Simulation
from ingest.forms.catalogue import reference_rows
from warehouse.errors import UsageError


def require_empty(out: Path) -> None:
    """Raise `UsageError` where the folder holds files: old and new returns must not mix."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not an empty folder.", remedy="Name a new folder for --out.")


def write_assignments(out: Path, simulations: Sequence[Simulation], forms: Sequence[str]) -> None:
    """Write `assignments.csv` for `tmw assign`: every unit owes every simulated form."""
    rows = [
        (unit.area_code, form, simulation.first_month.first_day.isoformat(), "")
        for simulation in simulations
        for unit in simulation.units
        for form in sorted(forms)
    ]
    header = ("area_code", "form_code", "valid_from", "valid_until")
    _write(out / "assignments.csv", header, rows)


def write_areas(out: Path, counties: Iterable[County]) -> None:
    """Write `areas.csv` for `tmw areas import`, where committees were invented."""
    rows = [
        (committee.area_code, "village", committee.name_zh, committee.township_code)
        for county in counties
        for committee in county.invented
    ]
    if rows:
        _write(out / "areas.csv", ("area_code", "level", "name_zh", "parent_code"), rows)


def receipt_times(
    simulation: Simulation, written: Sequence[WrittenReturn], late_share: float = 0.0
) -> list[datetime]:
    """Return when each file is received (local time): before the deadline of its unit's level.

    `late_share` of the returns come two days after it.
    """
    times = []
    for item in written:
        filed = item.filed
        chance = stream(simulation.seed, "receipt", filed.file_name)
        last = _deadline_day(filed.unit.level, filed.month.year)
        day = last + 4 if chance.random() < late_share else chance.randint(2, last - 1)
        moment = time(chance.randint(8, 17), chance.randint(0, 59))
        first = filed.month.shift(1).first_day
        times.append(datetime.combine(first + timedelta(days=day - 1), moment))
    return times


def write_received(out: Path, items: Iterable[tuple[Path, datetime]]) -> None:
    """Write `received.csv`: each file (relative to the folder) and when it is received."""
    rows = [(path.relative_to(out).as_posix(), moment.isoformat()) for path, moment in items]
    _write(out / "received.csv", ("file", "received_at"), rows)


def write_tables(folder: Path, simulation: Simulation) -> None:
    """Write the simulator's own tables as csv, one file for each form table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in simulation.tables().items():
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def _deadline_day(level: str, year: int) -> int:
    for row in reference_rows("deadline"):
        until = int(row["year_until"] or 9999)
        if row["level"] == level and int(row["year_from"]) <= year <= until:
            return int(row["day"])
    raise UsageError(
        f"There is no deadline for a {level} in {year}.",
        remedy="Add the dated row to ingest/forms/reference/deadline.csv.",
    )


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream_:
        writer = csv.writer(stream_, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
