"""Who may sign: names with the span of time in which their signature counts."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg

from warehouse.database import Role, connect
from warehouse.errors import SignerError, UsageError
from warehouse.settings import Settings

_AIRFLOW_USER = re.compile(r"[a-z][a-z0-9_]*")
_RECORD = "Record who may sign: tmw signers add NAME."


@dataclass(frozen=True)
class Signer:
    """A person and a span in which that person may sign; `valid_until` is no longer in it."""

    name: str
    airflow_user: str | None
    valid_from: datetime
    valid_until: datetime | None
    may_sign_now: bool
    is_over: bool

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw signers list --json` prints."""
        return asdict(self)


def add_signer(
    settings: Settings,
    name: str,
    *,
    airflow_user: str | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> Signer:
    """Let a person sign from now (or from then) on; return what was recorded.

    Who may sign already is changed in place: the Airflow user, or the end. Raises `UsageError`
    without a name, for an end before the beginning, for an Airflow user who is another signer
    or `admin`, and when the span would overlap another one of that name.
    """
    name = name.strip()
    if not name:
        raise UsageError("A signer needs a name.", remedy="Write: tmw signers add NAME")
    _check_airflow_user(airflow_user)
    with connect(settings, Role.admin) as connection:
        connection.execute("lock table ops.signer in share row exclusive mode")
        span = {
            "name": name,
            "airflow_user": airflow_user,
            "valid_from": valid_from,
            "valid_until": valid_until,
        }
        if valid_from is not None or connection.execute(_CHANGE, span).rowcount == 0:
            connection.execute(_ADD, span)
        _require_consistent(connection, name, airflow_user)
        row = connection.execute(
            f"select {_COLUMNS} from ops.signer where name = %s order by valid_from desc limit 1",
            [name],
        ).fetchone()
    if row is None:
        raise SignerError(f"{name} was not recorded.", remedy="Run the command again.")
    return Signer(*row)


def end_signer(settings: Settings, name: str, *, on: datetime | None = None) -> Signer:
    """Let a person no longer sign from now (or from then) on; signatures given stay good."""
    with connect(settings, Role.admin) as connection:
        row = connection.execute(
            "update ops.signer set valid_until = greatest(valid_from, coalesce(%(on)s, now()))"
            " where name = %(name)s and coalesce(valid_until, 'infinity') > now()"
            f" returning {_COLUMNS}",
            {"name": name.strip(), "on": on},
        ).fetchone()
    if row is None:
        raise UsageError(f"{name} may not sign as it is.", remedy="See `tmw signers list`.")
    return Signer(*row)


def list_signers(settings: Settings) -> list[Signer]:
    """Return every span recorded, by name and time."""
    with connect(settings, Role.publisher) as connection:
        rows = connection.execute(
            f"select {_COLUMNS} from ops.signer order by name, valid_from"
        ).fetchall()
    return [Signer(*row) for row in rows]


def require_signer(connection: psycopg.Connection, name: str) -> None:
    """Raise `SignerError` unless this person may sign now."""
    may = _scalar(connection, f"select count(*) from ops.signer where name = %s and {_NOW}", name)
    if may:
        return
    if not _scalar(connection, f"select count(*) from ops.signer where {_NOW}"):
        raise SignerError("Nobody is recorded who may sign.", remedy=_RECORD)
    raise SignerError(
        f"{name} may not sign: not recorded, not yet, or no longer.",
        remedy=f"See `tmw signers list`. {_RECORD}",
    )


def signer_name(settings: Settings, airflow_user: str) -> str | None:
    """Return who signs when this Airflow user answers; None when that user may not sign."""
    with connect(settings, Role.publisher) as connection:
        name: str | None = _scalar(
            connection, f"select min(name) from ops.signer where airflow_user = %s and {_NOW}",
            airflow_user,
        )  # fmt: skip
    return name


def _check_airflow_user(airflow_user: str | None) -> None:
    if airflow_user is None:
        return
    if not _AIRFLOW_USER.fullmatch(airflow_user):
        raise UsageError(
            f"{airflow_user!r} is no login of Airflow.",
            remedy="Write small letters, digits and '_', a letter first.",
        )
    if airflow_user == "admin":
        raise UsageError(
            "admin is the operator of Airflow; a signature needs a person.",
            remedy="Give the person a login of their own: --airflow-user LOGIN",
        )


def _require_consistent(
    connection: psycopg.Connection, name: str, airflow_user: str | None
) -> None:
    wrong = _scalar(
        connection, "select count(*) from ops.signer where name = %s and valid_until <= valid_from"
        " and recorded_at = now()", name,
    )  # fmt: skip
    if wrong:
        raise UsageError("The end is not after the beginning.", remedy="Give a later --until.")
    if _scalar(connection, _OVERLAP, name):
        raise UsageError(
            f"{name} would be recorded twice for the same time.",
            remedy="See `tmw signers list`; end the earlier span with `tmw signers end`.",
        )
    other = _scalar(
        connection, "select min(name) from ops.signer where airflow_user = %s and name <> %s",
        airflow_user, name,
    )  # fmt: skip
    if other:
        raise UsageError(
            f"The login {airflow_user} is that of {other}.", remedy="Give another --airflow-user."
        )


def _scalar(connection: psycopg.Connection, query: str, *values: object) -> Any:
    row = connection.execute(query.encode(), values).fetchone()
    return row[0] if row else None


_NOW = "now() >= valid_from and now() < coalesce(valid_until, 'infinity')"
_COLUMNS = (
    f"name, airflow_user, valid_from, valid_until, {_NOW}, coalesce(valid_until <= now(), false)"
)

_ADD = """
insert into ops.signer (name, airflow_user, valid_from, valid_until)
values (%(name)s, %(airflow_user)s, coalesce(%(valid_from)s, now()), %(valid_until)s)
on conflict (name, valid_from) do update set
    airflow_user = excluded.airflow_user,
    valid_until = excluded.valid_until,
    recorded_at = now()
"""

_CHANGE = f"""
update ops.signer set
    airflow_user = coalesce(%(airflow_user)s, airflow_user),
    valid_until = %(valid_until)s,
    recorded_at = now()
where name = %(name)s and {_NOW}
"""

_OVERLAP = """
select count(*)
from ops.signer as later
inner join ops.signer as earlier
    on
        later.name = earlier.name
        and later.valid_from > earlier.valid_from
        and later.valid_from < coalesce(earlier.valid_until, 'infinity')
where later.name = %s
"""
