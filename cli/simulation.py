"""The command that simulates a county's returns: `tmw simulate`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output import AsJson, print_json, progress, result
from warehouse.errors import UsageError
from warehouse.month import Month

if TYPE_CHECKING:
    from examples.simulator.run import Simulated


def simulate(
    first: Annotated[str, typer.Option("--from", help="The first report month, YYYY-MM.")],
    months: Annotated[int, typer.Option(help="How many months.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")],
    out: Annotated[Path, typer.Option(help="An empty or new folder.")],
    county: Annotated[str | None, typer.Option(help="A county, 6 or 12 digits.")] = None,
    national: Annotated[bool, typer.Option("--national", help="Every county.")] = False,
    forms: Annotated[
        str | None, typer.Option(help="Forms with commas between, e.g. FP-02,FP-03 (default all).")
    ] = None,
    errors: Annotated[int, typer.Option(help="How many errors to plant (in each county).")] = 0,
    error_kinds: Annotated[
        str | None, typer.Option(help="Ids of kinds with commas between (default all).")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Where the expected findings go (OUT/truth.csv).")
    ] = None,
    formats: Annotated[str, typer.Option("--format", help="xlsx, csv or both.")] = "xlsx",
    as_json: AsJson = False,
) -> None:
    """Write the returns a county's townships and office would send, with errors if asked."""
    from examples.simulator.run import Order
    from examples.simulator.run import simulate as run_simulation
    from examples.simulator.tables import FORMS

    if (county is None) is not national:
        raise UsageError(
            "Name one county, or all of them.", remedy="Give either --county CODE or --national."
        )
    kinds = _listed(error_kinds) if error_kinds is not None else None
    order = Order(
        counties=(county,) if county is not None else (),
        first_month=Month.parse(first),
        months=months,
        seed=seed,
        forms=_listed(forms) if forms is not None else FORMS,
        formats=_listed(formats),  # type: ignore[arg-type]  # judged by the simulator
        errors=errors,
        error_kinds=kinds,
    )
    with progress.status("Simulating") as status:
        done = run_simulation(order, out, truth, status.update)
    _say(done, truth, as_json)


def _say(done: Simulated, truth: Path | None, as_json: bool) -> None:
    """Print what was written and where."""
    record = {
        "out": str(done.out),
        "returns": len(done.received),
        "errors": done.errors,
        "expected_findings": sum(len(planted.truths) for planted in done.planted),
        "truth": str(truth or done.out / "truth.csv") if done.planted else None,
    }
    if as_json:
        print_json(record)
        return
    result.print(f"{record['returns']} returns written to {record['out']}.")
    if done.planted:
        result.print(
            f"{record['errors']} errors planted; {record['expected_findings']} findings must"
            f" follow: {record['truth']}"
        )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


COMMANDS: dict[str, Callable[..., Any]] = {"simulate": simulate}
