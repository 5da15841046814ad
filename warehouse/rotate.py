"""New passwords in the place of old ones: `tmw secrets rotate`.

Killed anywhere and run again it ends well. A login whose file is newer than the database gets the
file's password from `tmw db migrate`, too; the administrator's file changes only after the
database has accepted the new password.
"""

from __future__ import annotations

import secrets as randomness

from warehouse.database import Role, connect, log_in_with, secret_name
from warehouse.errors import ServerError, UsageError
from warehouse.roles import set_password
from warehouse.secrets import given_secret, replace_secret, secret
from warehouse.settings import Settings

_PENDING = "next_password_of_administrator"
# Not among them: airflow_fernet guards arguments of waiting triggers, in Airflow's own database;
# with another key those could not be read any more.
AIRFLOW_SECRETS = ("airflow_admin", "airflow_api", "airflow_jwt")
SIGNER_LOGIN = "airflow_login_"  # and the name of the login


def rotated_names(settings: Settings) -> tuple[str, ...]:
    """Return the secrets that can be rotated; an external administrator's password is not ours."""
    roles = [role for role in Role if role is not Role.admin or settings.database_url is None]
    signers = sorted(path.name for path in settings.secret_dir.glob(f"{SIGNER_LOGIN}*"))
    return (*(secret_name(role) for role in roles), *AIRFLOW_SECRETS, *signers)


def rotate(settings: Settings, name: str | None = None) -> list[str]:
    """Replace one secret, or all; return the names. The old ones no longer open anything.

    The database must run. A running stack goes on with what it knew until it is started anew.
    """
    names = rotated_names(settings)
    if name is not None and name not in names:
        raise UsageError(
            f"{name!r} is no secret that can be rotated.", remedy=f"Use one of {', '.join(names)}."
        )
    by_role = {secret_name(role): role for role in Role}
    chosen = [name] if name is not None else list(names)
    for each in chosen:
        role = by_role.get(each)
        if role is Role.admin:
            _rotate_administrator(settings)
            continue
        replace_secret(settings, each, randomness.token_urlsafe(32))
        if role is not None:
            with connect(settings, Role.admin) as connection:
                set_password(connection, role, secret(settings, each))
    return chosen


def _rotate_administrator(settings: Settings) -> None:
    new = secret(settings, _PENDING)  # that of an attempt that was killed, or a new one
    name = secret_name(Role.admin)
    if not _opens(settings, new):
        with connect(settings, Role.admin) as connection:
            set_password(connection, Role.admin, new)
        if not _opens(settings, new):
            raise ServerError(
                "The administrator's new password is not accepted.",
                remedy="The old one stays in its file; run the command again.",
            )
    replace_secret(settings, name, given_secret(settings, _PENDING))
    (settings.secret_dir / _PENDING).unlink()


def _opens(settings: Settings, password: str) -> bool:
    try:
        log_in_with(settings, Role.admin, password).close()
    except ServerError:
        return False
    return True
