"""`tmw stack` and `tmw run-examples`: the whole installation under its supervisor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import typer

from cli.output import AsJson, print_json, print_table, progress, result
from warehouse.settings import load_settings

app = typer.Typer(no_args_is_help=True)


@app.command()
def start(as_json: AsJson = False) -> None:
    """Start PostgreSQL and Airflow and wait until they answer."""
    from cli.stack import stack_start

    with progress.status("Starting PostgreSQL and Airflow"):
        stack_start(load_settings())
    status(as_json)


@app.command()
def stop() -> None:
    """Stop everything that `tmw stack start` started; no process is left."""
    from cli.stack import stack_stop

    with progress.status("Stopping"):
        stack_stop(load_settings())
    result.print("Stopped.")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show which components run and where they listen."""
    from cli.stack import stack_status

    state = stack_status(load_settings())
    if as_json:
        print_json(asdict(state))
        return
    rows = [(component.name, component.state, component.pid) for component in state.components]
    print_table("Stack", ["component", "state", "pid"], rows)
    if state.airflow_url:
        result.print(f"Airflow: {state.airflow_url} (admin, password in {state.password_file})")


def run_examples() -> None:
    """Take the example month through the scheduler and show what was published and held."""
    from cli.run_examples import run_examples as run

    run(load_settings())


COMMANDS: dict[str, Callable[..., Any]] = {"run-examples": run_examples}
