"""Simulate counties into a folder: `tmw simulate`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from examples.simulator.errors import Planted, chosen_kinds, plant_errors, write_truth
from examples.simulator.files import FORMATS, Format, WrittenReturn, write_returns
from examples.simulator.geography import county_codes
from examples.simulator.output import (
    receipt_times,
    require_empty,
    write_areas,
    write_assignments,
    write_received,
    write_tables,
)
from examples.simulator.tables import FORMS, Simulation
from examples.simulator.world import simulate_county
from warehouse.errors import UsageError
from warehouse.month import Month

Progress = Callable[[str], None]
TIMEZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Order:
    """What is asked for; `counties` have 6 or 12 digits, none of them means every county.

    `errors` are planted in each county, of the kinds named (all for None). `late_share` of the
    returns are received after their deadline.
    """

    counties: tuple[str, ...]
    first_month: Month
    months: int
    seed: int
    forms: tuple[str, ...] = FORMS
    formats: tuple[Format, ...] = ("xlsx",)
    errors: int = 0
    error_kinds: tuple[str, ...] | None = None
    townships: int | None = None
    late_share: float = 0.0


@dataclass
class Simulated:
    """What was written: every return with its time of receipt (with its time zone).

    `simulations` name the counties and their units; their returns stand in the files alone.
    """

    out: Path
    simulations: list[Simulation] = field(default_factory=list)
    received: list[tuple[Path, datetime]] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)

    @property
    def errors(self) -> int:
        """Return how many errors were planted."""
        return sum(planted.count for planted in self.planted)


def simulate(
    order: Order, out: Path, truth: Path | None = None, progress: Progress | None = None
) -> Simulated:
    """Write the returns of an order into the empty folder `out`, with what goes with them.

    There are the returns (`2010-01/FP-02_..._v0.xlsx`), `assignments.csv`, `areas.csv` where
    committees were invented, `received.csv`, the tables (`tables/`, with a folder for each
    county where there are several), and `truth` (`out/truth.csv`) where errors are planted.
    The same order gives the same bytes. Raises `UsageError` for an order that makes no sense.
    """
    _require_sense(order)
    require_empty(out)
    kinds = chosen_kinds(order.error_kinds)
    report = progress or (lambda _message: None)
    done = Simulated(out)
    out.mkdir(parents=True, exist_ok=True)
    counties = order.counties or county_codes()
    for code in counties:
        simulation = simulate_county(
            code,
            order.first_month,
            order.months,
            order.seed,
            townships=order.townships,
            forms=order.forms,
        )
        name = simulation.county.name_zh
        written = write_returns(
            simulation,
            out,
            order.formats,
            lambda count, total, name=name: report(f"{name}: {count} of {total} returns"),  # type: ignore[misc]
        )
        if order.errors:
            report(f"{name}: planting {order.errors} errors")
            done.planted.append(plant_errors(simulation, written, order.errors, kinds))
        done.received += _receipts(simulation, written, order.late_share)
        tables = out / "tables"
        write_tables(tables / code.ljust(12, "0") if len(counties) > 1 else tables, simulation)
        done.simulations.append(replace(simulation, returns=[]))  # a nation's would not fit
    write_assignments(out, done.simulations, order.forms)
    write_areas(out, (simulation.county for simulation in done.simulations))
    done.received.sort(key=lambda item: (item[1], item[0]))
    write_received(out, done.received)
    if order.errors:
        truths = [truth for planted in done.planted for truth in planted.truths]
        write_truth(truth or out / "truth.csv", truths)
    return done


def _receipts(
    simulation: Simulation, written: list[WrittenReturn], late_share: float
) -> list[tuple[Path, datetime]]:
    times = receipt_times(simulation, written, late_share)
    return [
        (item.path, moment.replace(tzinfo=TIMEZONE))
        for item, moment in zip(written, times, strict=True)
    ]


def _require_sense(order: Order) -> None:
    unknown: Collection[str] = set(order.formats) - set(FORMATS)
    if unknown or not order.formats:
        raise UsageError(
            f"There is no file format {', '.join(sorted(unknown)) or '(none named)'}.",
            remedy=f"Use {' or '.join(FORMATS)}, or both with a comma between.",
        )
    if order.errors < 0:
        raise UsageError("A number of errors is not negative.", remedy="Give --errors 0 or more.")
    if order.errors and "xlsx" not in order.formats:
        raise UsageError(
            "Errors are planted into workbooks only.", remedy="Let --format include xlsx."
        )
