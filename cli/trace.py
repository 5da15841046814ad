"""Lead a published figure to its cells, and a cell to the figures it feeds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import typer

from cli.output import AsJson, print_json, print_table, result
from warehouse.errors import UsageError
from warehouse.settings import Settings, load_settings


def trace(
    table: Annotated[str, typer.Argument(help="A published table, e.g. fund_by_source.")],
    keys_and_measure: Annotated[
        list[str], typer.Argument(metavar="key=value... MEASURE", help="The row, then the measure.")
    ],
    publication: Annotated[
        str | None, typer.Option(help="An earlier publication, e.g. 2009-11.r1.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The publication in force at this time (ISO).")
    ] = None,
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
    if publication is not None and as_of is not None:
        raise UsageError(
            "A trace is of one publication.", remedy="Give --publication or --as-of, not both."
        )
    settings = load_settings()
    found = run_trace(
        settings,
        table.removeprefix("published."),
        dict(pair.split("=", 1) for pair in pairs),
        measure,
        publication=publication,
        as_of=_instant(settings, as_of),
        read_text=read_cell_texts(settings),
    )
    record = found.as_json()
    if as_json:
        print_json(record)
        return
    result.print(f"{measure} = {record['value']} {record['unit'] or ''}")
    columns = ["role", "file", "sheet", "cell", "text", "value", "conversion", "status"]
    if record["cells"] or not record["returns"]:
        rows = [[cell[name] for name in columns] for cell in record["cells"]]
        print_table("Cells", columns, rows)
    if record["returns"]:
        columns = ["role", "filing_unit_code", "receipt_no", "file", "amount"]
        rows = [[one[name] for name in columns] for one in record["returns"]]
        print_table("Returns", columns, rows)
    result.print(record["derivation"])


def feeds(
    file: Annotated[str, typer.Argument(metavar="FILE|RECEIPT", help="A received file.")],
    sheet: Annotated[str, typer.Option(help="The sheet, e.g. FP-02.")],
    cell: Annotated[str, typer.Option(help="The cell, e.g. K7.")],
    as_json: AsJson = False,
) -> None:
    """Lead a cell to every published figure it feeds."""
    from warehouse.trace_feeds import feeds as run_feeds

    record = run_feeds(load_settings(), file, sheet, cell).as_json()
    if as_json:
        print_json(record)
        return
    result.print(f"{record['file']} {sheet} {record['cell']} ({record['column'] or '-'})")
    columns = ["table", "row", "measure", "value", "role", "publication", "in force"]
    rows = [
        [
            one["table"],
            " ".join(f"{name}={value}" for name, value in one["keys"].items()),
            one["measure"],
            one["value"],
            one["role"],
            one["publication_id"],
            "是 yes" if one["is_in_force"] else "否 no",
        ]
        for one in record["figures"]
    ]
    print_table("Figures", columns, rows)
    if record["note"]:
        result.print(record["note"])


def _instant(settings: Settings, text: str | None) -> datetime | None:
    """Read a time; without an offset it is that of the warehouse."""
    if text is None:
        return None
    from zoneinfo import ZoneInfo

    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time.", remedy="E.g. 2009-12-10T08:00") from error
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(settings.timezone))


COMMANDS: dict[str, Callable[..., Any]] = {"trace": trace, "feeds": feeds}
