"""A simulated county in a real warehouse: filed month by month, each month built."""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from examples.simulator.errors import Planted, chosen_kinds, plant_errors, write_truth
from examples.simulator.files import WrittenReturn, write_returns
from examples.simulator.output import receipt_times, write_areas, write_assignments
from examples.simulator.run import TIMEZONE
from examples.simulator.tables import Simulation
from ingest.feedback.answers import refresh_answers
from ingest.forms.catalogue import load_forms
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.areas import import_areas
from warehouse.assignments import assign
from warehouse.builds import build_month
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings


@dataclass(frozen=True)
class Filed:
    """A simulation with its finished files."""

    simulation: Simulation
    written: list[WrittenReturn]
    out: Path

    def copied_to(self, out: Path) -> Filed:
        """Return the same files in another folder, to plant errors into."""
        shutil.copytree(self.out, out)
        moved = [replace(item, path=out / item.path.relative_to(self.out)) for item in self.written]
        return Filed(self.simulation, moved, out)


def write_county(simulation: Simulation, out: Path) -> Filed:
    """Write the files of a simulation and what goes with them."""
    out.mkdir(parents=True)
    return Filed(simulation, write_returns(simulation, out), out)


def plant(filed: Filed, count: int) -> Planted:
    """Plant errors of every kind."""
    return plant_errors(filed.simulation, filed.written, count, chosen_kinds(None))


def truth_lines(path: Path, planted: Planted) -> list[dict[str, str]]:
    """Write the truth file of planted errors and read it as anybody would."""
    write_truth(path, planted.truths)
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def file_county(settings: Settings, filed: Filed) -> None:
    """Assign, then submit, receive and build one month after the other."""
    simulation = filed.simulation
    lists = filed.out.parent / f"{filed.out.name}-lists"
    lists.mkdir()
    forms = sorted({item.filed.form_code for item in filed.written})
    write_assignments(lists, [simulation], forms)
    write_areas(lists, [simulation.county])
    if (lists / "areas.csv").exists():
        import_areas(settings, lists / "areas.csv")
    assign(settings, lists / "assignments.csv", form_codes=frozenset(load_forms()))
    months: dict[Month, list[tuple[datetime, Path]]] = defaultdict(list)
    times = receipt_times(simulation, filed.written)
    for item, moment in zip(filed.written, times, strict=True):
        months[item.filed.month].append((moment.replace(tzinfo=TIMEZONE), item.path))
    for month in sorted(months):
        for moment, path in sorted(months[month]):
            submit_file(settings, path, moment)
        receive_inbox(settings)
        build_month(settings, month)


def findings_in_force(settings: Settings) -> list[dict[str, Any]]:
    """Return the findings of all files and of the builds in force."""
    with connect(settings, Role.admin) as connection:
        return (
            connection.cursor(row_factory=dict_row)
            .execute(
                "select f.* from ops.finding as f left join ops.build as b using (build_id)"
                " where f.build_id is null or b.in_force order by f.finding_id"
            )
            .fetchall()
        )


def answers_in_force(settings: Settings, filed: Filed) -> dict[str, Path]:
    """Write the answers again after the builds, and return the marked workbooks by file name."""
    refresh_answers(settings, {item.filed.month for item in filed.written})
    with connect(settings, Role.admin) as connection:
        rows = connection.execute("select file_name, answer_path from ops.submission").fetchall()
    paths = {name: settings.outbox_dir / path for name, path in rows if path}
    return {name: path for name, path in paths.items() if path.suffix == ".xlsx"}


def write_report(path: Path, lines: list[dict[str, Any]]) -> None:
    """Write lines as csv, for a person to look at after a failure."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        names = sorted({name for line in lines for name in line})
        writer = csv.DictWriter(handle, names)
        writer.writeheader()
        writer.writerows(lines)
