"""Commands about the release calendar: when months were, are and will be due."""

from __future__ import annotations

import typer

from cli.output import AsJson, print_json, print_records, result
from cli.returns import CsvFile
from warehouse.settings import load_settings

app = typer.Typer(invoke_without_command=True)


@app.callback()
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show when each month was to be released and when it was, twelve months ahead."""
    if context.invoked_subcommand is not None:
        return
    from warehouse.release_calendar import release_calendar

    records = [
        {**record, "stat_month": f"{record['stat_month']:%Y-%m}"}
        for record in release_calendar(load_settings())
    ]
    print_records("发布日历 Release calendar", records, as_json)


@app.command("import")
def import_days(csv: CsvFile, as_json: AsJson = False) -> None:
    """Plan single months otherwise than by the rule: stat_month, planned_on, reason, owner."""
    from warehouse.release_plan import import_planned_releases

    count = import_planned_releases(load_settings(), csv)
    if as_json:
        print_json({"planned_releases": count})
    else:
        result.print(f"{count} planned releases recorded.")
