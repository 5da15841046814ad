"""Bring a database to the state of this version of the software: `tmw db migrate`.

Numbered SQL files run once and never change; everything derived from a definition (raw tables,
areas, staging views, released tables, published views) is applied again when its source changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import psycopg

from warehouse import areas
from warehouse.as_of import refresh_as_of
from warehouse.contracts import MartContract, mart_contracts
from warehouse.database import Role, connect
from warehouse.dbt import run_dbt
from warehouse.errors import MigrationError
from warehouse.explanations import record_explanations
from warehouse.locks import Lock, Progress, exclusive, silent
from warehouse.released import require_kept, sync_subjects
from warehouse.revisions import record_revisions
from warehouse.roles import (
    create_airflow_database,
    create_database,
    require_supported,
    secure_database,
    set_passwords,
)
from warehouse.schema_state import (
    MIGRATIONS_DIR,
    RAW_TABLES,
    RELEASED,
    derived_sources,
    digest,
    numbered_files,
    require_known,
    require_whole,
)
from warehouse.settings import Settings
from warehouse.trace_functions import AREAS, DOORS, sync_trace

_NOT_SOURCE = {"target", "logs", "dbt_packages", ".user.yml", "__pycache__"}
_TRACED_BY = (
    "trace_functions.py",
    "trace_plan.py",
    "trace_sql.py",
    "trace_sql_parts.py",
    "trace_sql_totals.py",
)
_LEDGER = """
create schema if not exists ops;
create table if not exists ops.migration (
    name text primary key,
    sha256 text not null,
    applied_at timestamptz not null default now()
);
comment on table ops.migration is 'What has been applied to this database, and from which source.';
"""


def migrate(
    settings: Settings, progress: Progress = silent, *, restoring: bool = False
) -> list[str]:
    """Apply what is missing and return the names of the steps that did something.

    Idempotent; a second process waits. Raises `MigrationError` when an applied file has changed,
    a published column would be lost, or the database is newer than this software; `BuildError`
    when dbt fails. Only `tmw restore` may migrate a home that is not whole yet (`restoring`).
    """
    if not restoring:
        require_whole(settings)
    applied: list[str] = []
    if create_database(settings):
        applied.append("database")
    with exclusive(settings, Lock.migrate, Role.admin, progress):
        with connect(settings, Role.admin) as connection:
            require_supported(connection)
            connection.execute(_LEDGER)
            names = connection.execute("select name from ops.migration").fetchall()
            require_known(row[0] for row in names)
        steps = _Steps(settings, progress, applied)
        for path in numbered_files(MIGRATIONS_DIR):
            steps.once(path)
        with connect(settings, Role.admin) as connection:
            secure_database(connection)
        applied.extend(f"password of {role}" for role in set_passwords(settings))
        if create_airflow_database(settings):
            applied.append("Airflow's database")
        _derived(settings, steps)
    return applied


def _derived(settings: Settings, steps: _Steps) -> None:
    sources = derived_sources(settings)
    contracts = sources[RELEASED]
    if steps.due(RELEASED, contracts):  # a refusal comes before the first change
        with connect(settings, Role.admin) as connection:
            require_kept(connection, mart_contracts(settings))
    (raw,) = sources[RAW_TABLES]
    steps.again(RAW_TABLES, [raw], lambda connection: _execute_file(connection, raw))
    packaged = [areas.REFERENCE_DIR / name for name in areas.PACKAGED_FILES]
    steps.again("areas", [*packaged, Path(areas.__file__)], areas.load_packaged)
    project = _dbt_sources(settings.dbt_project_dir)
    steps.again("staging", project, lambda _: _set_up_dbt(settings))
    steps.again(
        RELEASED,
        contracts,
        lambda _: sync_subjects(settings, mart_contracts(settings), steps.progress),
    )
    steps.again("as-of schemas", contracts, lambda _: refresh_as_of(settings))
    steps.again(  # once: from then on every release records its own
        "revisions before",
        [MIGRATIONS_DIR / "0007_revisions.sql"],
        lambda connection: _record_the_past(connection, mart_contracts(settings)),
    )
    traces = [Path(__file__).with_name(name) for name in _TRACED_BY]
    steps.again(
        "traces",
        [*contracts, raw, *traces, AREAS, DOORS],
        lambda connection: sync_trace(connection, mart_contracts(settings)),
    )


def _set_up_dbt(settings: Settings) -> None:
    """Make the parents of all month partitions, load the seeds, make the staging views.

    The parents come first: they refuse a lost column, and then nothing has been changed. No
    build may run meanwhile. The project is parsed anew for all builds to come: a yaml file that
    is put back with its old time, as a package of an older version does, is taken by dbt for
    the one it replaces.
    """
    with exclusive(settings, Lock.build, Role.admin):
        run_dbt(
            settings,
            ["run-operation", "ensure_month_parents", "--no-partial-parse"],
            ["build", "--selector", "schema_setup"],
            ["run-operation", "plan_releases"],
        )


def _record_the_past(connection: psycopg.Connection, marts: Sequence[MartContract]) -> None:
    rows = connection.execute("select publication_id from ops.publication").fetchall()
    record_explanations(connection, [row[0] for row in rows])
    record_revisions(connection, marts)


class _Steps:
    """Remembers in the database what has been applied, each step in one transaction."""

    def __init__(self, settings: Settings, progress: Progress, applied: list[str]) -> None:
        self._settings = settings
        self.progress = progress
        self._applied = applied
        with connect(settings, Role.admin) as connection:
            rows = connection.execute("select name, sha256 from ops.migration").fetchall()
        self._known: dict[str, str] = dict(rows)

    def once(self, path: Path) -> None:
        """Apply a numbered file, or check that the applied one is still the same."""
        found = digest([path])
        known = self._known.get(path.name)
        if known == found:
            return
        if known is not None:
            raise MigrationError(
                f"{path.name} has been applied to this database and was changed afterwards.",
                remedy="Restore the file and put the change into a new numbered file.",
            )
        self._run(path.name, found, lambda connection: _execute_file(connection, path))

    def again(
        self, name: str, sources: Iterable[Path], action: Callable[[psycopg.Connection], object]
    ) -> None:
        """Apply a derived step when its sources differ from those applied last."""
        if self.due(name, sources := list(sources)):
            self._run(name, digest(sources), action)

    def due(self, name: str, sources: Iterable[Path]) -> bool:
        """Return whether the sources of a derived step differ from those applied last."""
        return self._known.get(name) != digest(sources)

    def _run(self, name: str, sha256: str, action: Callable[[psycopg.Connection], object]) -> None:
        self.progress(f"migrating: {name}")
        try:
            with connect(self._settings, Role.admin) as connection:
                action(connection)
                connection.execute(
                    "insert into ops.migration (name, sha256) values (%s, %s)"
                    " on conflict (name) do update set sha256 = excluded.sha256,"
                    " applied_at = now()",
                    [name, sha256],
                )
        except psycopg.Error as error:
            reason = error.diag.message_primary or " ".join(str(error).split())
            raise MigrationError(
                f"The step {name} failed: {reason}.",
                remedy=error.diag.message_hint
                or "Nothing of that step was kept; correct the cause and migrate again.",
            ) from error
        self._applied.append(name)


def _execute_file(connection: psycopg.Connection, path: Path) -> None:
    connection.execute(path.read_bytes())


def _dbt_sources(project: Path) -> list[Path]:
    return [
        path
        for path in sorted(project.rglob("*"))
        if path.is_file() and not _NOT_SOURCE.intersection(path.relative_to(project).parts)
    ]
