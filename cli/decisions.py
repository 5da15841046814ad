"""Decisions about returns that somebody answers for: waive, excuse, withdraw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from cli.output import AsJson, print_json, result
from warehouse.errors import UsageError
from warehouse.month import Month
from warehouse.settings import load_settings


def waive(
    check: Annotated[str, typer.Argument(help="Check id, e.g. G5.")],
    area: Annotated[str, typer.Option(help="Filing unit, 12 digits.")],
    form: Annotated[str, typer.Option(help="Form code, e.g. FP-02.")],
    month: Annotated[str, typer.Option(help="First report month covered, YYYY-MM.")],
    row: Annotated[str, typer.Option(help="Row key: key=value,...; what is left out is '-'.")],
    reason: Annotated[str, typer.Option(help="Why the finding is accepted.")],
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    column: Annotated[str | None, typer.Option(help="Only findings at this column.")] = None,
    until: Annotated[str | None, typer.Option(help="Last report month covered.")] = None,
    as_json: AsJson = False,
) -> None:
    """Record a reasoned, expiring exception for one row; it lapses when the value changes."""
    from ingest.forms.catalogue import key_columns, load_form, require_waivable, row_key_from
    from warehouse.waivers import Waiver, add_waiver

    definition = load_form(form)
    require_waivable(definition, check)
    keys = key_columns(definition, definition.tables[0])
    waiver_id = add_waiver(
        load_settings(),
        Waiver(
            check_id=check,
            area_code=area,
            form_code=form,
            month=Month.parse(month),
            row_key=row_key_from(definition, _pairs(row)),
            reason=reason,
            owner=owner,
            column_name=column,
            until=Month.parse(until) if until else None,
        ),
        key_columns=[key.name for key in keys],
        defaults={key.name: key.key_default for key in keys if key.key_default},
    )
    if as_json:
        print_json({"waiver_id": waiver_id})
    else:
        result.print(f"Waiver {waiver_id} recorded. {_next_step(month)}")


def excuse(
    area: Annotated[str, typer.Option(help="Filing unit, 12 digits.")],
    form: Annotated[str, typer.Option(help="Form code, e.g. FP-02.")],
    month: Annotated[str, typer.Option(help="Report month, YYYY-MM.")],
    reason: Annotated[str, typer.Option(help="Why nothing is owed, or is owed again.")],
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Take the excuse back: the return is owed again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Record why a unit owes nothing for a month (a disaster), or take that back."""
    from warehouse.excuses import Excuse, add_excuse, take_back_excuse

    asked = Excuse(area, form, Month.parse(month), reason, owner)
    changed = (take_back_excuse if take_back else add_excuse)(load_settings(), asked)
    if as_json:
        print_json({"stat_month": str(asked.month), "changed": changed})
    elif changed:
        done = "is owed again" if take_back else "is excused"
        result.print(f"{form} of {area} {done}. {_next_step(month)}")
    else:
        result.print("Nothing has changed.")


def withdraw(
    receipt: Annotated[str, typer.Argument(help="The receipt number of the return.")],
    reason: Annotated[str, typer.Option(help="Why it does not count; the unit is told.")],
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    as_json: AsJson = False,
) -> None:
    """Withdraw a return that counts: the unit has not reported then, and is told to report anew."""
    from ingest.withdraw import withdraw as run_withdraw

    done = run_withdraw(load_settings(), receipt, reason=reason, owner=owner)
    if as_json:
        print_json(done.as_json())
        return
    submission = done.submission
    result.print(
        f"{submission.receipt_no} ({submission.form_code} of {submission.area_code},"
        f" {done.month}, version {submission.version}) is withdrawn since"
        f" {done.withdrawn_at:%Y-%m-%d %H:%M}: {done.reason} ({done.owner}).\n"
        f"The unit is told in its folder of the outbox. {_next_step(str(done.month))}"
    )


def _next_step(month: str) -> str:
    return f"{month} has to be built again: `tmw revise --month {month}`."


def _pairs(text: str) -> dict[str, str]:
    """Read `key=value,key=value`."""
    pairs = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, separator, value = part.partition("=")
        if not separator:
            raise UsageError(f"{part!r} is not key=value.", remedy="Write --row key=value,...")
        pairs[name.strip()] = value.strip()
    return pairs


COMMANDS: dict[str, Callable[..., Any]] = {
    "waive": waive,
    "excuse": excuse,
    "withdraw": withdraw,
}
