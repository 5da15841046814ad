"""Commands about who may sign: the list, a new name, the end of one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from cli.output import AsJson, print_json, print_records, result
from warehouse.errors import UsageError
from warehouse.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name as readers shall see it.")]
Day = "a day, YYYY-MM-DD"


@app.command("add")
def add(
    name: Name,
    airflow_user: Annotated[
        str | None, typer.Option(help="Login by which this person answers Airflow's form.")
    ] = None,
    valid_from: Annotated[str | None, typer.Option("--from", help=f"First day: {Day}.")] = None,
    until: Annotated[str | None, typer.Option(help=f"Last day: {Day}.")] = None,
    as_json: AsJson = False,
) -> None:
    """Let a person sign, from now on or between two days; change who is recorded already."""
    from cli.airflow_accounts import password_file, sync_accounts
    from warehouse.signers import add_signer

    settings = load_settings()
    signer = add_signer(
        settings,
        name,
        airflow_user=airflow_user,
        valid_from=_midnight(settings, valid_from),
        valid_until=_midnight(settings, until, days=1),
    )
    sync_accounts(settings)
    if as_json:
        print_json(signer.as_json())
    else:
        span = f"from {signer.valid_from:%Y-%m-%d %H:%M}"
        if signer.valid_until is not None:
            span += f" until {signer.valid_until:%Y-%m-%d %H:%M}"
        result.print(f"{signer.name} may sign {span}.", markup=False)
        if signer.airflow_user is not None:
            where = password_file(settings, signer.airflow_user)
            result.print(
                f"Airflow's login {signer.airflow_user}: password in {where}",
                markup=False,
                soft_wrap=True,
            )


@app.command("end")
def end(
    name: Name,
    on: Annotated[str | None, typer.Option(help=f"Last day: {Day}; without it now.")] = None,
    as_json: AsJson = False,
) -> None:
    """Let a person no longer sign; signatures already given stay good."""
    from cli.airflow_accounts import sync_accounts
    from warehouse.signers import end_signer

    settings = load_settings()
    signer = end_signer(settings, name, on=_midnight(settings, on, days=1))
    sync_accounts(settings)
    if as_json:
        print_json(signer.as_json())
    else:
        result.print(
            f"{signer.name} may sign until {signer.valid_until:%Y-%m-%d %H:%M}.", markup=False
        )


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List who may sign or might, with the span of time."""
    from warehouse.signers import list_signers

    print_records(
        "Signers", [signer.as_json() for signer in list_signers(load_settings())], as_json
    )


def _midnight(settings: Settings, text: str | None, days: int = 0) -> datetime | None:
    """Return the beginning of a day, or of one some days later, in the settings' time zone."""
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo(settings.timezone))
    except ValueError as error:
        raise UsageError(f"{text!r} is no day.", remedy="Write it as YYYY-MM-DD.") from error
    return day + timedelta(days=days)
