"""`tmw db`: start, stop, migrate, url."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.output import AsJson, print_json, progress, result
from warehouse.errors import ServerError, UsageError
from warehouse.settings import load_settings

app = typer.Typer(no_args_is_help=True)

ROLES = ("reader", "loader", "builder", "publisher", "admin")


@app.command()
def start(as_json: AsJson = False) -> None:
    """Start the embedded PostgreSQL; starting a running one is fine."""
    from warehouse.server import start_server

    address = start_server(load_settings())
    if as_json:
        print_json({"host": address.host, "port": address.port})
    else:
        result.print(f"PostgreSQL listens on {address.host}:{address.port}")


@app.command()
def stop() -> None:
    """Stop the embedded PostgreSQL; stopping a stopped one is fine."""
    from warehouse.server import stop_server

    stop_server(load_settings())


@app.command()
def migrate(as_json: AsJson = False) -> None:
    """Bring the schema to the state of this version."""
    from warehouse.migrate import migrate as run_migrations

    with progress.status("Migrating the warehouse") as shown:
        steps = run_migrations(load_settings(), shown.update)
    if as_json:
        print_json({"applied": steps})
    else:
        result.print("\n".join(steps) or "Nothing to do: the schema is up to date.")


@app.command()
def url(
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "reader",
    as_json: AsJson = False,
) -> None:
    """Print the database address; the reader's with its password, others without."""
    from sqlalchemy import URL

    from warehouse.database import Role, database_url
    from warehouse.server import server_status

    if role not in ROLES:
        raise UsageError(f"There is no role {role!r}.", remedy=f"Use one of {', '.join(ROLES)}.")
    settings = load_settings()
    if settings.database_url is None and server_status(settings) is None:
        raise ServerError("The database is not running.", remedy="Start it: tmw db start")
    address = database_url(settings, Role[role])
    text = URL.create(
        "postgresql",
        username=address.username,
        password=address.password if role == "reader" else None,
        host=address.host,
        port=address.port,
        database=address.database,
        query=address.query,
    ).render_as_string(hide_password=False)
    if as_json:
        print_json({"role": role, "url": text})
    else:
        typer.echo(text)
