"""Three months of a small county, revised until ten releases stand: made once for all tests.

Everything is real: files, builds, gates, signatures. After each release the fixture keeps what
`bi_reader` saw at that moment, every view as csv ordered by its key.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from psycopg import sql

from examples.simulator.files import write_returns
from examples.simulator.output import receipt_times, write_assignments
from examples.simulator.tables import FORMS, SimulatedReturn, SimulatedRow
from examples.simulator.world import simulate_county
from expectations.gate import gate_month
from ingest.forms.catalogue import load_form, load_forms
from ingest.generate.workbook import write_return_csv
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from warehouse.assignments import assign
from warehouse.builds import build_month
from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.rollback import rollback
from warehouse.settings import Settings
from warehouse.signers import add_signer
from warehouse.signing import sign

if TYPE_CHECKING:
    from tests.conftest import Clone

COUNTY, TOWNSHIPS, SEED = "530722", 2, 20_100_131
FIRST, MONTHS = Month(2010, 1), 3
SIGNER = "木志强"
TMW = "import sys; from cli.main import run; sys.argv[0] = 'tmw'; run()"

Change = Callable[[list[SimulatedRow]], None]


@dataclass(frozen=True)
class Seen:
    """What readers saw from a release on: every view as csv, ordered by its key."""

    release_id: int
    since: datetime
    months: tuple[str, ...]
    tables: dict[str, bytes]


@dataclass
class History:
    """A warehouse with its releases in their order; never written to by a test."""

    settings: Settings
    releases: list[Seen] = field(default_factory=list)


def export_view(settings: Settings, schema: str, view: str, key: Iterable[str]) -> bytes:
    """Return a view as `bi_reader` gets it, csv ordered by its key."""
    statement = sql.SQL("copy (select * from {} order by {}) to stdout (format csv, header)")
    with connect(settings, Role.reader) as connection, connection.cursor() as cursor:
        columns = sql.SQL(", ").join(map(sql.Identifier, key))
        with cursor.copy(statement.format(sql.Identifier(schema, view), columns)) as copied:
            return b"".join(bytes(part) for part in copied)


def export_schema(settings: Settings, schema: str) -> dict[str, bytes]:
    """Return every mart and the view of releases in a schema, each as csv."""
    keys: dict[str, Sequence[str]] = {mart.subject: mart.key for mart in mart_contracts(settings)}
    keys["release"] = ["stat_month"]
    return {view: export_view(settings, schema, view, key) for view, key in keys.items()}


class County:
    """The county's clerks and its statistician."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.history = History(settings)
        self.simulation = simulate_county(COUNTY, FIRST, MONTHS, SEED, townships=TOWNSHIPS)
        self._versions: dict[str, int] = {}
        write_assignments(folder, [self.simulation], FORMS)
        assign(settings, folder / "assignments.csv", form_codes=frozenset(load_forms()))
        add_signer(settings, SIGNER)

    def file_all(self) -> None:
        """Send every return of every month."""
        written = write_returns(self.simulation, self.folder)
        zone = ZoneInfo(self.settings.timezone)
        for item, moment in zip(written, receipt_times(self.simulation, written), strict=True):
            submit_file(self.settings, item.path, moment.replace(tzinfo=zone))
        self._receive()

    def correct(self, month: Month, form_code: str, area_code: str, change: Change) -> None:
        """Send a return again, one version higher, with changed rows."""
        filed = self._filed(month, form_code, area_code)
        rows = copy.deepcopy(filed.rows[filed.main_table])
        change(rows)
        changed = replace(filed, rows={**filed.rows, filed.main_table: rows})
        self.simulation.returns[self.simulation.returns.index(filed)] = changed
        version = self._versions[filed.file_name] = self._versions.get(filed.file_name, 0) + 1
        form = load_form(form_code)
        path = self.folder / f"{filed.file_name[:-1]}{version}.csv"
        head = {
            "form_code": form_code,
            "edition": form.editions[-1].edition,
            "report_month": month.compact,
            "area_code": area_code,
            "area_name": filed.unit.name_zh,
            "version": str(version),
            "filled_by": "和丽华",
            "statistics_head": "杨春梅",
            "unit_head": "李文军",
            "phone": "0888-6000000",
            "reported_at": month.shift(1).first_day.isoformat(),
            "money_unit": "元",
            "nil_return": "否",
        }
        write_return_csv(path, form, head, rows)
        submit_file(self.settings, path)
        self._receive()

    def release(self, *months: Month, reason: str = "按更正报表 corrected returns") -> None:
        """Build, gate and publish the months in one release; sign where a signature is due."""
        for month in months:
            build_month(self.settings, month)
            if gate_month(self.settings, month).state == "waiting_signature":
                sign(self.settings, month, SIGNER, reason)
        self.note(publish(self.settings, months, reason=reason).release_id)

    def roll_back(self, month: Month) -> None:
        """Put the publication before the present one in force again."""
        done = rollback(self.settings, [month], signed_by=SIGNER, reason="查明有误 found wrong")
        self.note(done.release_id)

    def sign_again(self, month: Month) -> None:
        """Publish what was taken back, by a new signature."""
        assert gate_month(self.settings, month).state == "waiting_signature"
        reason = "复核无误 checked again"
        self.note(publish(self.settings, [month], signed_by=SIGNER, reason=reason).release_id)

    def note(self, release_id: int | None) -> None:
        """Keep what readers see from this release on."""
        assert release_id is not None
        with connect(self.settings, Role.publisher) as connection:
            rows = connection.execute(
                "select valid_from, to_char(stat_month, 'YYYY-MM') from ops.release_month"
                " where release_id = %s order by 2",
                [release_id],
            ).fetchall()
        months = tuple(row[1] for row in rows)
        tables = export_schema(self.settings, "published")
        self.history.releases.append(Seen(release_id, rows[0][0], months, tables))

    def _filed(self, month: Month, form_code: str, area_code: str) -> SimulatedReturn:
        (found,) = (
            filed
            for filed in self.simulation.returns
            if (filed.month, filed.form_code, filed.unit.area_code) == (month, form_code, area_code)
        )
        return found

    def _receive(self) -> None:
        batch = receive_inbox(self.settings)
        states = {submission.state for submission in batch.submissions}
        assert states <= {"accepted", "accepted_with_warnings"}, batch.findings


def _set(row_no: int, **values: Any) -> Change:
    def change(rows: list[SimulatedRow]) -> None:
        rows[row_no].update(values)

    return change


def _one_more_poor_household(rows: list[SimulatedRow]) -> None:
    rows[0]["poor_households"] += 1
    rows[0]["poor_persons"] += 3


def _add_next_plan(rows: list[SimulatedRow]) -> None:
    rows.append({
        "place_code": COUNTY + "000000", "row_kind": "2", "units": 5, "programme": "102",
        "plan_year": 2010, "mode": "0", "plan_hh": 5, "plan_p": 20, "target5_p": 20,
        "moved_hh_m": 0, "moved_hh_y": 0, "moved_hh_c": 0, "moved_p_m": 0, "moved_p_y": 0,
        "moved_p_c": 0, "houses_plan": 5, "houses_started": 0, "houses_roofed": 0,
        "houses_finished": 0, "house_area_m2": 455, "standard": 4000, "standard_basis": "2",
        "subsidy_plan": 20000, "subsidy_y": 0, "subsidy_c": 0,
    })  # fmt: skip


def _tell(county: County) -> None:
    """Ten releases: first ones, one of two months together, rollbacks, a return to figures."""
    first, second, third = (FIRST.shift(number) for number in range(MONTHS))
    yongbei, renhe, office = (unit.area_code for unit in county.simulation.units)
    county.file_all()
    for month in (first, second, third):
        county.release(month, reason="按月发布 monthly")
    county.correct(first, "FP-03", yongbei, _one_more_poor_household)
    county.release(first)
    county.correct(second, "FP-08", office, _add_next_plan)
    county.correct(third, "FP-03", renhe, _set(1, poor_persons="56(估)"))
    county.release(second, third)
    county.roll_back(second)
    county.roll_back(first)
    county.sign_again(first)  # taken back, and published again by signature
    county.sign_again(second)
    county.roll_back(third)


@pytest.fixture(scope="session")
def history(
    template_database: Settings, clone_warehouse: Clone, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[History]:
    """Return a warehouse of ten releases over three months, a template for `clone_warehouse`."""
    folder = tmp_path_factory.mktemp("history")
    with clone_warehouse(template_database, folder / "home") as settings:
        county = County(settings, folder)
        _tell(county)
        yield county.history
