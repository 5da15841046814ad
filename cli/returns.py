"""Commands about returns: forms, areas, assignments, checking, submitting, receiving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli.output import (
    AsJson,
    has_errors,
    print_findings,
    print_json,
    print_records,
    print_table,
    progress,
    result,
    say,
)
from warehouse.errors import AssessmentError, UsageError
from warehouse.month import Month
from warehouse.settings import Settings, load_settings

forms_app = typer.Typer(no_args_is_help=True)
areas_app = typer.Typer(no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)]
CsvFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


@forms_app.command("list")
def list_forms(as_json: AsJson = False) -> None:
    """List the installed forms with their editions."""
    from ingest.forms.catalogue import load_forms

    records = [
        {
            "form_code": form.form_code,
            "title_zh": form.title.zh,
            "title_en": form.title.en,
            "editions": ", ".join(
                f"{edition.edition} ({edition.since} to {edition.until or 'now'})"
                for edition in form.editions
            ),
        }
        for form in load_forms().values()
    ]
    print_records("Forms", records, as_json)


@forms_app.command("template")
def write_form_template(
    form: Annotated[str, typer.Argument(help="Form code, e.g. FP-02.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The workbook to write.")],
    area: Annotated[str | None, typer.Option(help="The unit it is for, 12 digits.")] = None,
    month: Annotated[str | None, typer.Option(help="The report month, YYYY-MM.")] = None,
) -> None:
    """Write a blank return for one unit and month, with what is known of the unit.

    That is its villages and open projects, and last month's accepted return. Without the
    database it knows the villages of the area list alone, and says so.
    """
    from ingest.beforehand import Beforehand, known_of_unit
    from ingest.forms.catalogue import load_form
    from ingest.generate.template import write_template

    definition, settings = load_form(form), load_settings()
    report_month = Month.parse(month) if month else None
    name = _area_name(settings, area, report_month) if area else None
    known, trouble = Beforehand(), None
    if area and report_month:
        known, trouble = known_of_unit(settings, definition, area, report_month)
    write_template(
        output,
        definition,
        area_code=area,
        area_name=name,
        month=report_month,
        villages=known.villages,
        projects=known.projects,
        last_rows=known.last_rows,
    )
    if trouble is not None:
        progress.print(
            f"tmw: The database was not reached, so the blank return has neither open projects"
            f" nor last month's figures. {trouble}",
            markup=False,
            soft_wrap=True,
        )
    result.print(f"{output} written.", markup=False, soft_wrap=True)


@areas_app.command("import")
def import_areas(csv: CsvFile, as_json: AsJson = False) -> None:
    """Add or change areas: area_code, level, name_zh, parent_code, valid_from, valid_until."""
    from warehouse.areas import import_areas as run_import

    count = run_import(load_settings(), csv)
    _say_count(count, "areas", as_json)


def assign(csv: CsvFile, as_json: AsJson = False) -> None:
    """Say who owes what: area_code, form_code, valid_from, valid_until."""
    from ingest.forms.catalogue import load_forms
    from warehouse.assignments import assign as run_assign

    count = run_assign(load_settings(), csv, form_codes=frozenset(load_forms()))
    _say_count(count, "assignments", as_json)


def check(files: Files, as_json: AsJson = False) -> None:
    """Check files without keeping anything; needs no database."""
    from ingest.check import assess_files
    from ingest.read.outcome import outcome_words

    with progress.status(f"Checking {len(files)} files"):
        assessed = assess_files(load_settings(), files)
    findings = [finding for one in assessed for finding in one.findings]
    print_findings(findings, as_json)
    for one in assessed:
        words = outcome_words(one.reached, one.sheets_read, one.cells_read)
        if words is not None:
            say(f"{one.file_name}: {words[0]} / {words[1]}")
    if has_errors(findings):
        raise typer.Exit(1)


def submit(
    files: Files,
    received_at: Annotated[
        str | None, typer.Option(help="For operators: when it was received (ISO), recorded.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put files into the inbox; print their receipt numbers."""
    from ingest.landing import submit_file

    settings = load_settings()
    moment = _moment(received_at, settings.timezone)
    receipts = [(file.name, submit_file(settings, file, moment).receipt_no) for file in files]
    records = [{"file": name, "receipt_no": receipt} for name, receipt in receipts]
    print_records("Receipts", records, as_json)


def receive(as_json: AsJson = False) -> None:
    """Take the inbox in: check, load, decide. Exit 1 tells of findings of severity error."""
    from ingest.receive import receive_inbox

    with progress.status("Taking the inbox in"):
        batch = receive_inbox(load_settings())
    if as_json:
        print_json(
            {
                "months": [str(month) for month in batch.months],
                "submissions": [submission.as_json() for submission in batch.submissions],
                "findings": [finding.as_json() for finding in batch.findings],
                "not_taken": batch.not_taken,
            }
        )
    else:
        columns = ["receipt", "file", "form", "unit", "month", "version", "state"]
        rows = [
            (
                s.receipt_no,
                s.file_name,
                s.form_code,
                s.area_code,
                Month.of(s.stat_month) if s.stat_month else None,
                s.version,
                s.state,
            )
            for s in batch.submissions
        ]
        print_table("Received", columns, rows)
        print_findings([f for f in batch.findings if not f.reason], as_json=False)
    if batch.not_taken:
        for sentence in batch.not_taken:
            progress.print(f"tmw: {sentence}", markup=False)
        raise typer.Exit(AssessmentError.exit_code)
    if has_errors(batch.findings):
        raise typer.Exit(1)


def _area_name(settings: Settings, area: str, month: Month | None) -> str:
    """Return the name a unit has in the month, without a month its latest."""
    from warehouse.areas import known_areas

    known = known_areas(settings).get(area, ())
    if month is not None:
        known = tuple(a for a in known if a.valid_in(month.first_day, month.last_day))
    if not known:
        in_month = f" in {month}" if month else ""
        raise UsageError(
            f"There is no area {area!r}{in_month}.",
            remedy="Write its 12 digits, e.g. 530723000000.",
        )
    return known[-1].name_zh


def _moment(text: str | None, timezone: str) -> datetime | None:
    """Read an ISO time; one without an offset is in the installation's time zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"--received-at {text!r} is no ISO time.", remedy="Write e.g. 2009-12-08T09:00."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))


def _say_count(count: int, noun: str, as_json: bool) -> None:
    if as_json:
        print_json({noun: count})
    else:
        result.print(f"{count} {noun} recorded.")


COMMANDS: dict[str, Callable[..., Any]] = {
    "assign": assign,
    "check": check,
    "submit": submit,
    "receive": receive,
}
