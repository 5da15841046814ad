"""Lead a published figure to its cells: `tmw trace`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from cli.output import AsJson, print_json, print_table, result
from warehouse.errors import UsageError
from warehouse.settings import load_settings


def trace(
    table: Annotated[str, typer.Argument(help="A published table, e.g. fund_by_source.")],
    keys_and_measure: Annotated[
        list[str], typer.Argument(metavar="key=value... MEASURE", help="The row, then the measure.")
    ],
    as_json: AsJson = False,
) -> None:
    """Lead a published figure back to the cells of the files it came from."""
    from ingest.cell_text import read_cell_texts
    from warehouse.trace import trace as run_trace

    *pairs, measure = keys_and_measure
    if "=" in measure or not all("=" in pair for pair in pairs):
        raise UsageError(
            "A trace needs key=value pairs, then one measure.",
            remedy="E.g. tmw trace fund_by_source stat_month=2009-11 ... issued_yuan_ytd",
        )
    keys = dict(pair.split("=", 1) for pair in pairs)
    settings = load_settings()
    found = run_trace(
        settings,
        table.removeprefix("published."),
        keys,
        measure,
        read_text=read_cell_texts(settings),
    )
    record = found.as_json()
    if as_json:
        print_json(record)
        return
    result.print(f"{measure} = {record['value']} {record['unit'] or ''}")
    columns = ["file", "sheet", "cell", "text", "value", "conversion", "status"]
    rows = [[cell[name] for name in columns] for cell in record["cells"]]
    print_table("Cells", columns, rows)
    result.print(record["derivation"])


COMMANDS: dict[str, Callable[..., Any]] = {"trace": trace}
