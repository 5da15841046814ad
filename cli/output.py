"""How a command speaks: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from warehouse.findings import Finding

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

# A file or a pipe has no width; 160 columns hold our tables without cutting a number.
result = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
progress = Console(stderr=True, highlight=False)


def say(message: str) -> None:
    """Report progress as a line on standard error."""
    progress.print(message, markup=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Print a result as one JSON document; dates and decimals become text."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str, indent=2))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows as a table; an empty one says so."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else escape(str(value)) for value in row))
    if table.row_count:
        result.print(table)
    else:
        result.print(f"{title}: none")


def print_records(title: str, records: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print records of one shape, as JSON or as a table."""
    if as_json:
        print_json([dict(record) for record in records])
    else:
        columns = list(records[0]) if records else []
        print_table(title, columns, [list(record.values()) for record in records])


def print_findings(findings: Sequence[Finding], as_json: bool) -> None:
    """Print findings: Chinese first, English second, each at its cell."""
    if as_json:
        print_json([finding.as_json() for finding in findings])
        return
    for finding in findings:
        place = " ".join(part for part in (finding.file, finding.sheet, finding.cell) if part)
        explained = "（已说明 explained）" if finding.reason else ""
        print_message(
            finding.check_id,
            f"{finding.severity}{explained} {place}",
            finding.message_zh,
            finding.message_en,
        )
    errors = sum(finding.severity == "error" for finding in findings)
    noun = "finding" if len(findings) == 1 else "findings"
    result.print(f"{len(findings)} {noun}, {errors} of severity error")


def print_message(check_id: str, place: str, message_zh: str, message_en: str) -> None:
    """Print what a check says, Chinese first; each message is one line, however long.

    What stands in a township's file is shown as it is, square brackets too.
    """
    result.print(
        f"[bold]{escape(check_id)}[/bold] {escape(place)}",
        f"  {escape(message_zh)}",
        f"  {escape(message_en)}",
        sep="\n",
        soft_wrap=True,
    )


def has_errors(findings: Iterable[Finding]) -> bool:
    """Return whether any finding asks for a correction (exit code 1)."""
    return any(finding.severity == "error" and not finding.reason for finding in findings)
