"""The entry point of `tmw`: sub-commands, and errors as one line with an exit code."""

from __future__ import annotations

import itertools
import sys
import traceback
from datetime import datetime

import typer
from rich.console import Console

from cli import (
    answers,
    calendar,
    database,
    decisions,
    history,
    house,
    month,
    returns,
    revision,
    signers,
    simulation,
    stack_commands,
    trace,
)
from warehouse.errors import WarehouseError
from warehouse.faults import fault_in
from warehouse.settings import load_settings

app = typer.Typer(
    name="tmw",
    help="Township Monitoring Warehouse: from a township's file to a published figure.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(database.app, name="db", help="The database server and its schema.")
app.add_typer(stack_commands.app, name="stack", help="Database, Airflow and their supervisor.")
app.add_typer(returns.forms_app, name="forms", help="The forms that townships fill in.")
app.add_typer(calendar.app, name="calendar", help="The release calendar.")
app.add_typer(returns.areas_app, name="areas", help="The list of areas.")
app.add_typer(signers.app, name="signers", help="Who may sign a month with warnings.")
app.add_typer(house.contacts_app, name="contacts", help="Who is reminded of overdue returns.")
app.add_typer(house.secrets_app, name="secrets", help="Passwords of this installation.")
for module in (
    returns,
    answers,
    house,
    decisions,
    month,
    revision,
    history,
    trace,
    simulation,
    stack_commands,
):
    for name, function in module.COMMANDS.items():
        app.command(name)(function)


def run() -> None:
    """Run `tmw`; a traceback never reaches the user, it goes to the log folder."""
    # click would print its own errors only in standalone mode, which swallows exit codes
    # of typer.Exit raised inside; it stays on and our errors are handled around it.
    try:
        app()
    except WarehouseError as error:
        fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        fail("Stopped. Run the same command again to go on.", 130)
    except Exception as error:  # noqa: BLE001 (the outermost boundary: logged whole, said in a line)
        fault = fault_in(load_settings(), error, f"`{command_line()}` did not end")
        if fault is not None:
            fail(str(fault), fault.exit_code)
        fail(f"{type(error).__name__}: {first_line(error)} {keep_traceback()}", 4)


def command_line() -> str:
    """Return the command as it was given, without its options and files."""
    words = itertools.takewhile(lambda word: not word.startswith("-"), sys.argv[1:])
    return " ".join(["tmw", *itertools.islice(words, 2)])


def first_line(error: Exception) -> str:
    """Return the first line of an error's text."""
    return (str(error).strip().splitlines() or [""])[0]


def keep_traceback() -> str:
    """Write the traceback to the log folder; return the sentence that says where."""
    try:
        folder = load_settings().log_dir
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"error-{datetime.now().astimezone():%Y%m%dT%H%M%S%f}.log"
        path.write_text(traceback.format_exc(), encoding="utf-8")
    except OSError as error:
        return f"(Its details could not be kept: {error})"
    return f"Its details are in {path}; send it with your report."


def fail(text: str, exit_code: int) -> None:
    """Say what went wrong in one line on standard error and leave."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"tmw: {text}", markup=False)
    sys.exit(exit_code)
