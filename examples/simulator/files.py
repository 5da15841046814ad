"""The files of a simulation: each return as a filled-in blank return, in a folder by month."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from examples.simulator.chance import stream
from examples.simulator.tables import SimulatedReturn, SimulatedRow, Simulation
from ingest.forms.catalogue import load_form
from ingest.generate.choices import Choice
from ingest.generate.fill import FilledReturn, write_filled_template
from ingest.generate.workbook import write_return_csv

Format = Literal["xlsx", "csv"]
FORMATS: tuple[Format, ...] = ("xlsx", "csv")
PROCESSES = 2
_WORKBOOKS: tuple[Format, ...] = ("xlsx",)
_CHUNK = 8
_CLERKS = ("和丽华", "木志强", "杨春梅", "李文军", "张学芬", "王永生")


@dataclass(frozen=True)
class WrittenReturn:
    """A written file; `filled` says where its rows stand (None for csv and nil returns)."""

    filed: SimulatedReturn
    path: Path
    filled: FilledReturn | None


@dataclass(frozen=True)
class _Job:
    """What one process needs to write one file."""

    path: Path
    form_code: str
    rows: Mapping[str, Sequence[SimulatedRow]]
    head: Mapping[str, str]
    area_code: str
    area_name: str
    month_index: int
    villages: tuple[Choice, ...]
    projects: tuple[Choice, ...]
    last_rows: Mapping[str, Sequence[SimulatedRow]] | None
    format: Format


def write_returns(
    simulation: Simulation,
    out: Path,
    formats: Collection[Format] = _WORKBOOKS,
    progress: Callable[[int, int], None] | None = None,
) -> list[WrittenReturn]:
    """Write every return of a simulation below `out` (`2010-01/FP-02_..._v0.xlsx`).

    With both formats, about half of the returns whose rows all stand in the main table are csv.
    `progress` is told how many files of how many are written. The bytes depend on the
    simulation and the formats alone.
    """
    jobs = [_job(simulation, filed, out, formats) for filed in simulation.returns]
    for folder in sorted({job.path.parent for job in jobs}):
        folder.mkdir(parents=True, exist_ok=True)
    written: list[WrittenReturn] = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        filled = pool.map(_write, jobs, chunksize=_CHUNK)
        for filed, job, places in zip(simulation.returns, jobs, filled, strict=True):
            written.append(WrittenReturn(filed, job.path, places))
            if progress is not None:
                progress(len(written), len(jobs))
    return written


def _write(job: _Job) -> FilledReturn | None:
    from examples.simulator.chance import month_at  # noqa: PLC0415 (a fresh process imports it)

    form, month = load_form(job.form_code), month_at(job.month_index)
    if job.format == "csv":
        write_return_csv(job.path, form, job.head, job.rows[form.tables[0].name])
        return None
    return write_filled_template(
        job.path,
        form,
        job.rows,
        head={name: job.head[name] for name in _FILLED_BY_HAND if name in job.head},
        area_code=job.area_code,
        area_name=job.area_name,
        month=month,
        villages=job.villages,
        projects=job.projects,
        last_rows=job.last_rows,
        compress=True,
    )


_FILLED_BY_HAND = (
    "enacted_by", "version", "filled_by", "statistics_head", "unit_head", "phone", "reported_at",
    "nil_return",
)  # fmt: skip


def _job(
    simulation: Simulation, filed: SimulatedReturn, out: Path, formats: Collection[Format]
) -> _Job:
    own = _format(simulation, filed, formats)
    before = simulation.by_key.get((filed.unit.area_code, filed.form_code, filed.index - 1))
    villages = next(
        (t.villages for t in simulation.county.townships if t.area_code == filed.unit.area_code), ()
    )
    return _Job(
        path=out / str(filed.month) / f"{filed.file_name}.{own}",
        form_code=filed.form_code,
        rows=filed.rows,
        head=_head(simulation, filed),
        area_code=filed.unit.area_code,
        area_name=filed.unit.name_zh,
        month_index=filed.index,
        villages=tuple(Choice(village.village_id, village.name_zh) for village in villages),
        projects=_open_projects(simulation, filed),
        last_rows=before.rows if before is not None else None,
        format=own,
    )


def _format(simulation: Simulation, filed: SimulatedReturn, formats: Collection[Format]) -> Format:
    if "csv" not in formats:
        return "xlsx"
    main_only = not any(rows for name, rows in filed.rows.items() if name != filed.main_table)
    if not main_only:
        return "xlsx"
    if "xlsx" not in formats:
        return "csv"
    chance = stream(simulation.seed, "format", filed.file_name)
    return "csv" if chance.random() < 0.5 else "xlsx"


def _open_projects(simulation: Simulation, filed: SimulatedReturn) -> tuple[Choice, ...]:
    projects = simulation.by_key.get((filed.unit.area_code, "FP-01", filed.index))
    rows = projects.rows["fp01"] if projects is not None else []
    return tuple(
        Choice(row["project_code"], row["project_name"]) for row in rows if row["row_kind"] != "3"
    )


def _head(simulation: Simulation, filed: SimulatedReturn) -> dict[str, str]:
    chance = stream(simulation.seed, "head", filed.unit.area_code)
    clerk, statistics, head = chance.sample(_CLERKS, 3)
    form = load_form(filed.form_code)
    reported = filed.month.shift(1).first_day.replace(day=2)
    return {
        "form_code": form.form_code,
        "edition": form.editions[-1].edition,
        "enacted_by": "模拟数据",
        "report_month": filed.month.compact,
        "area_code": filed.unit.area_code,
        "area_name": filed.unit.name_zh,
        "version": "0",
        "filled_by": clerk,
        "statistics_head": statistics,
        "unit_head": head,
        "phone": f"0888-{chance.randint(6_000_000, 6_999_999)}",
        "reported_at": reported.isoformat(),
        "money_unit": "元",
        "nil_return": "是" if filed.is_nil else "否",
    }
