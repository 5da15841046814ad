"""What a small county sends over some months, with corrections: the steps a person would take.

Every round brings the first returns of one month and corrected returns of earlier ones, under a
higher version; then the touched months are built, gated and published. The same arguments give
the same bytes, so two homes that live through the same story must end in the same figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from examples.simulator.output import write_assignments
from examples.simulator.tables import SimulatedReturn, SimulatedRow
from examples.simulator.world import simulate_county
from ingest.forms.catalogue import load_form
from ingest.generate.workbook import write_return_csv, write_return_xlsx
from warehouse.month import Month

COUNTY = "530722"
FIRST = Month(2010, 1)
SEED = 11  # of the county; which kills it suffers is drawn from another one
TIMEZONE = ZoneInfo("Asia/Shanghai")
SIGNER = "张统计"


@dataclass(frozen=True)
class Sent:
    """A file of the story and the number of rows it holds in each table of its form."""

    path: Path
    rows: dict[str, int]


@dataclass(frozen=True)
class Step:
    """One `tmw` command of the story: its name, its month or its files with their receipt time."""

    command: str
    month: Month | None = None
    files: tuple[Sent, ...] = ()
    received_at: datetime | None = None

    @property
    def arguments(self) -> list[str]:
        """Return the arguments of `tmw`."""
        if self.command == "submit":
            assert self.received_at is not None
            moment = self.received_at.isoformat()
            paths = [str(sent.path) for sent in self.files]
            return ["submit", *paths, "--received-at", moment, "--json"]
        if self.command == "receive":
            return ["receive", "--json"]
        return [self.command, "--month", str(self.month), "--json"]

    def __str__(self) -> str:
        return " ".join([self.command, str(self.month or len(self.files) or "")]).strip()


class Story:
    """The rounds of a county, written as they are asked for; `folder` holds its files."""

    def __init__(self, folder: Path, months: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.months = months
        self._simulation = simulate_county(COUNTY, FIRST, months, SEED, townships=2)
        self._versions: Counter[tuple[str, str, Month]] = Counter()
        self._rounds: list[tuple[Step, ...]] = []
        forms = sorted({filed.form_code for filed in self._simulation.returns})
        write_assignments(folder, [self._simulation], forms)

    @property
    def assignments(self) -> Path:
        """Return who owes what, for `tmw assign`."""
        return self.folder / "assignments.csv"

    def round(self, number: int) -> tuple[Step, ...]:
        """Return the steps of a round; the first `months` rounds each bring a new month."""
        while len(self._rounds) <= number:
            self._rounds.append(tuple(self._write_round(len(self._rounds))))
        return self._rounds[number]

    def _write_round(self, number: int) -> Iterator[Step]:
        touched: set[Month] = set()
        if number < self.months:
            newest = FIRST.shift(number)
            touched.add(newest)
            for unit in self._simulation.units:
                filed = [
                    r for r in self._simulation.returns if r.unit == unit and r.month == newest
                ]
                yield self._submit([self._write(r, 0) for r in filed], newest, day=3)
        for months_back, form_code in ((1, "FP-03"), (2, "FP-02" if number % 2 else "FP-03")):
            month = FIRST.shift((number - months_back) % self.months)
            if number >= months_back and month not in touched:
                touched.add(month)
                yield self._submit([self._corrected(number, form_code, month)], month, day=28)
        yield Step("receive")
        for month in sorted(touched):
            for command in ("build", "gate", "publish"):
                yield Step(command, month)

    def _submit(self, files: list[Sent], month: Month, day: int) -> Step:
        moment = datetime.combine(month.shift(1).first_day.replace(day=day), time(10), TIMEZONE)
        return Step("submit", files=tuple(files), received_at=moment)

    def _corrected(self, number: int, form_code: str, month: Month) -> Sent:
        """Return the next version of a unit's return: FP-03 with other figures, FP-02 without."""
        unit = self._simulation.units[number % 2]
        filed = next(
            r
            for r in self._simulation.returns
            if (r.unit, r.form_code, r.month) == (unit, form_code, month)
        )
        key = (unit.area_code, form_code, month)
        self._versions[key] += 1
        version = self._versions[key]
        if form_code == "FP-03":
            rows = _moved(filed.rows["fp03"], persons=1 + number % 3, leap=number % 3 == 2)
            filed = replace(filed, rows={"fp03": rows})
        return self._write(filed, version)

    def _write(self, filed: SimulatedReturn, version: int) -> Sent:
        form = load_form(filed.form_code)
        head = self._head(filed, version)
        main, *subs = form.tables
        rows = {table.name: filed.rows.get(table.name, []) for table in form.tables}
        name = filed.file_name.replace("_v0", f"_v{version}")
        if any(rows[table.name] for table in subs):
            path = self.folder / f"{name}.xlsx"
            given = {table.name: rows[table.name] for table in subs}
            write_return_xlsx(path, form, head, rows[main.name], sub_tables=given)
        else:
            path = self.folder / f"{name}.csv"
            write_return_csv(path, form, head, rows[main.name])
        return Sent(path, {table: len(found) for table, found in rows.items()})

    def _head(self, filed: SimulatedReturn, version: int) -> dict[str, str]:
        return {
            "form_code": filed.form_code,
            "edition": load_form(filed.form_code).editions[-1].edition,
            "enacted_by": "模拟数据",
            "report_month": filed.month.compact,
            "area_code": filed.unit.area_code,
            "area_name": filed.unit.name_zh,
            "version": str(version),
            "filled_by": "和丽华",
            "statistics_head": "木志强",
            "unit_head": "杨春梅",
            "phone": "0888-6000000",
            "reported_at": filed.month.shift(1).first_day.replace(day=2).isoformat(),
            "money_unit": "元",
            "nil_return": "是" if filed.is_nil else "否",
        }


def _moved(rows: list[SimulatedRow], *, persons: int, leap: bool) -> list[SimulatedRow]:
    """Count some persons of the first village in the second: no total changes.

    With a leap the first one's arable land is seven times what it was, which needs a signature.
    """
    first, second, *others = ({**row} for row in rows)
    first["persons"] -= persons
    second["persons"] += persons
    if leap:
        first["arable_mu"] *= 7
    return [first, second, *others]
