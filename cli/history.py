"""Commands about what was published: releases, as-of, rollback, diff."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from cli.output import AsJson, print_json, print_table, result
from warehouse.errors import UsageError
from warehouse.month import Month
from warehouse.settings import load_settings

DIFFERS = 4
_SHOWN_CELLS = 40
_HASH_DIGITS = 12
OneMonth = Annotated[str | None, typer.Option("--month", help="Report month, YYYY-MM.")]


def releases(
    month: OneMonth = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash the published rows again; exit 4 if they differ.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List every release: when, why, who signed, what it switched and replaced, content hashes."""
    from warehouse.release_log import releases as all_releases

    settings = load_settings()
    chosen = Month.parse(month) if month else None
    if verify:
        _verify(chosen, as_json)
        return
    found = all_releases(settings, chosen)
    if as_json:
        print_json([release.as_json() for release in found])
        return
    columns = ["release", "when", "kind", "publication", "replaced", "signed by", "reason", "hash"]
    rows = [
        (
            release.release_id,
            f"{release.released_at:%Y-%m-%d %H:%M:%S}",
            release.kind,
            switched["publication_id"],
            switched["replaced"],
            release.signed_by,
            release.reason + _reservations(len(release.reservations)),
            switched["candidate_hash"][:_HASH_DIGITS],
        )
        for release in found
        for switched in release.months
    ]
    print_table("Releases", columns, rows)


def _reservations(count: int) -> str:
    return f" ({count} reservation{'s' if count > 1 else ''})" if count else ""


def _verify(month: Month | None, as_json: bool) -> None:
    from warehouse.release_log import verify_releases

    verification = verify_releases(load_settings(), month)
    if as_json:
        print_json(verification.as_json())
    else:
        result.print(
            f"{verification.publications} publications, {verification.marts} marts hashed again,"
            f" {len(verification.differences)} differ"
        )
        if verification.differences:
            columns = ["publication", "table", "recorded", "found", "rows recorded", "rows found"]
            rows = [
                (
                    each.publication_id,
                    each.table,
                    (each.recorded or "none")[:_HASH_DIGITS],
                    each.found[:_HASH_DIGITS],
                    each.recorded_rows,
                    each.found_rows,
                )
                for each in verification.differences
            ]
            print_table("Not what was published", columns, rows)
    if verification.differences:
        raise typer.Exit(DIFFERS)


def as_of(
    timestamp: Annotated[
        str | None, typer.Argument(help="ISO time; without an offset of TMW_TIMEZONE.")
    ] = None,
    schema: Annotated[str | None, typer.Option(help="The schema to make.")] = None,
    list_all: Annotated[bool, typer.Option("--list", help="List such schemas.")] = False,
    drop: Annotated[str | None, typer.Option(help="Drop this schema, if it is one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a schema of views that show everything published as it stood at an instant."""
    from warehouse.as_of import drop_as_of, list_as_of, parse_instant, show_as_of

    making = timestamp is not None and schema is not None
    if [making, list_all, drop is not None].count(True) != 1 or (
        not making and (timestamp is not None or schema is not None)
    ):
        raise UsageError(
            "as-of makes a schema, lists them, or drops one.",
            remedy="Give TIMESTAMP --schema NAME, or --list, or --drop NAME.",
        )
    settings = load_settings()
    if list_all:
        found = [each.as_json() for each in list_as_of(settings)]
        if as_json:
            print_json(found)
        else:
            rows = [(each["schema"], each["shows"], len(each["views"])) for each in found]
            print_table("As-of schemas", ["schema", "shows", "views"], rows)
        return
    if drop is not None:
        done, verb = drop_as_of(settings, drop), "no longer shows"
    elif timestamp is not None and schema is not None:
        done, verb = show_as_of(settings, parse_instant(settings, timestamp), schema), "shows"
    if as_json:
        print_json(done.as_json())
    else:
        result.print(
            f"Schema {done.schema} {verb} {len(done.views)} views as they stood at"
            f" {done.shows.isoformat()}"
        )


def rollback(
    months: Annotated[
        list[str], typer.Option("--month", help="Report month, YYYY-MM; several go together.")
    ],
    sign: Annotated[str, typer.Option(help="Who decides; recorded by `tmw signers add`.")],
    reason: Annotated[str, typer.Option(help="Why the present figures are taken back.")],
    to: Annotated[
        str | None, typer.Option(help="Publication to go back to; without it the one before.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put an earlier publication in force again; what it replaces waits for a new signature."""
    from warehouse.rollback import rollback as run_rollback

    done = run_rollback(
        load_settings(), [Month.parse(m) for m in months], signed_by=sign, reason=reason, to=to
    )
    if as_json:
        print_json(done.as_json())
        return
    for month, publication in done.publications.items():
        result.print(
            f"Release {done.release_id}: {month} shows {publication} again, in place of"
            f" {done.replaced[month]}"
        )
    for month, publication in done.unchanged.items():
        result.print(f"{month}: {publication} is in force already, nothing changed.")


def diff(
    earlier: Annotated[str, typer.Argument(help="A release (number) or publication (2009-11.r1).")],
    later: Annotated[str, typer.Argument(help="Another of the same kind.")],
    month: OneMonth = None,
    table: Annotated[str | None, typer.Option(help="One published table.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the rows and cells that differ between what readers saw under two releases."""
    from warehouse.release_comparison import Comparison, comparison

    chosen = Month.parse(month) if month else None
    with comparison(load_settings(), earlier, later, month=chosen, table=table) as compared:
        show: Callable[[Comparison], None] = _stream if as_json else _summary
        show(compared)


def _stream(compared: Any) -> None:
    """Print one JSON document, value by value, however many there are."""
    months = {month: list(pair) for month, pair in compared.months.items()}
    typer.echo(f'{{"months": {json.dumps(months)},\n"differences": [', nl=False)
    separator = "\n"
    for cell in compared.cells():
        typer.echo(separator + json.dumps(cell, ensure_ascii=False, default=str), nl=False)
        separator = ",\n"
    totals = json.dumps(compared.totals(), ensure_ascii=False)
    typer.echo(f'\n],\n"totals": {totals}}}')


def _summary(compared: Any) -> None:
    rows = [(month, before, after) for month, (before, after) in compared.months.items()]
    print_table("Months", ["month", "earlier", "later"], rows)
    totals = compared.totals()
    columns = ["table", "row_change", "kind", "rows", "cells"]
    lines = [(t["table_name"], *(t[name] for name in columns[1:])) for t in totals]
    print_table("Totals", columns, lines)
    cells = [
        (
            cell["table_name"],
            cell["stat_month"],
            ", ".join(f"{name}={value}" for name, value in cell["row_key"].items()),
            cell["measure"],
            cell["kind"],
            cell["earlier"],
            cell["later"],
        )
        for cell in compared.cells(limit=_SHOWN_CELLS)
    ]
    headings = ["table", "month", "row", "measure", "kind", "earlier", "later"]
    print_table("Values", headings, cells)
    left = sum(t["cells"] for t in totals) - len(cells)
    if left:
        result.print(f"... and {left} more: --json prints all, --month and --table choose.")


COMMANDS: dict[str, Callable[..., Any]] = {
    "releases": releases,
    "as-of": as_of,
    "rollback": rollback,
    "diff": diff,
}
