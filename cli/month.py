"""Commands that run a month: build, gate, publish, status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.output import AsJson, print_json, print_message, print_table, progress, result, say
from warehouse.errors import UsageError
from warehouse.month import Month
from warehouse.settings import load_settings

MonthOption = Annotated[str, typer.Option("--month", help="Report month, YYYY-MM.")]
HELD = 3


def build(month: MonthOption, as_json: AsJson = False) -> None:
    """Build facts, findings and candidate marts of a month from the accepted returns.

    What the rules over months and forms found is added to the units' answers in the outbox.
    """
    from ingest.feedback.answers import refresh_answers
    from warehouse.builds import build_month

    settings, stat_month = load_settings(), Month.parse(month)
    with progress.status(f"Building {month}"):
        built = build_month(settings, stat_month, say)
        refresh_answers(settings, [stat_month])
    if as_json:
        print_json(asdict(built))
    else:
        result.print(f"Build {built.build_id} of {month}: {built.state}")


def gate(month: MonthOption, as_json: AsJson = False) -> None:
    """Ask whether the month may be published; exit 3 when it is held or waits for a signature."""
    from expectations.gate import gate_month

    with progress.status(f"Gate of {month}"):
        verdict = gate_month(load_settings(), Month.parse(month))
    if as_json:
        print_json(verdict.as_json())
    else:
        failed = [r for r in verdict.results if not r.success]
        for outcome in failed:
            print_message(
                outcome.check_id, outcome.severity, outcome.message_zh, outcome.message_en
            )
        result.print(f"{month}: {verdict.state} ({len(verdict.results)} checks)")
    if verdict.state in ("held", "waiting_signature"):
        raise typer.Exit(HELD)


def publish(
    month: MonthOption,
    sign: Annotated[str | None, typer.Option(help="Who signs, where one is due.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why it may be published.")] = None,
    as_json: AsJson = False,
) -> None:
    """Publish all marts of the month at once; exit 3 when it is held or needs a signature."""
    from warehouse.releases import publish as run_publish

    if (sign is None) != (reason is None):
        raise UsageError(
            "A signature needs a name and a reason.", remedy="Give --sign and --reason."
        )
    settings, stat_month = load_settings(), Month.parse(month)
    released = run_publish(settings, [stat_month], signed_by=sign, reason=reason)
    if as_json:
        print_json(asdict(released))
    elif released.release_id is None:
        result.print(f"{month}: nothing changed, no new release.")
    else:
        publications = ", ".join(released.publications.values())
        result.print(f"Release {released.release_id}: {publications}")


def status(
    month: Annotated[str | None, typer.Option(help="Report month, YYYY-MM.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the state of the months, or who owes and who filed in one month."""
    from cli.signature_status import signature_status
    from warehouse.status import month_status, month_statuses

    settings = load_settings()
    if month is None:
        statuses = month_statuses(settings)
        if as_json:
            print_json([each.as_json() for each in statuses])
        else:
            columns = ["month", "state", "build", "publication", "since", "reasons to build again"]
            rows = [
                (
                    s.stat_month,
                    s.state,
                    s.build_id,
                    s.publication_id,
                    s.published_since,
                    len(s.reopened_by) or "",
                )
                for s in statuses
            ]
            print_table("Months", columns, rows)
        return
    found = month_status(settings, Month.parse(month))
    signature = signature_status(settings, Month.parse(month))
    if as_json:
        print_json({**found.as_json(), "signature": signature and signature.as_json()})
        return
    result.print(f"{found.stat_month}: {found.state}, publication {found.publication_id or 'none'}")
    for sentence in signature.sentences if signature else ():
        result.print(sentence, markup=False, soft_wrap=True)
    for reason in found.reopened_by:
        result.print(f"  {reason.message_zh}\n  {reason.message_en}", soft_wrap=True)
    headings = ["unit", "name", "form", "owed", "state", "version", "received", "receipt"]
    lines = [
        (
            r.area_code,
            r.area_name_zh,
            r.form_code,
            r.owed,
            r.state,
            r.version,
            r.received_at,
            r.receipt_no,
        )
        for r in found.returns
    ]
    print_table("Returns", headings, lines)


COMMANDS: dict[str, Callable[..., Any]] = {
    "build": build,
    "gate": gate,
    "publish": publish,
    "status": status,
}
