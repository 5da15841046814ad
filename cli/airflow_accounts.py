"""Who may log in to Airflow: its `admin`, and each signer by a login of their own.

Airflow reads the passwords at each login, so that a new signer needs no restart.
"""

from __future__ import annotations

import json
from pathlib import Path

from cli.private_file import write_private
from warehouse.rotate import SIGNER_LOGIN
from warehouse.secrets import secret
from warehouse.settings import Settings
from warehouse.signers import list_signers

ADMIN = "admin"
_ADMIN_SECRET = "airflow_admin"  # noqa: S105 (the name of a secret)


def password_file(settings: Settings, login: str = ADMIN) -> Path:
    """Return the file that holds the password of a login of Airflow, as one line."""
    return settings.secret_dir / (_ADMIN_SECRET if login == ADMIN else f"{SIGNER_LOGIN}{login}")


def password(settings: Settings, login: str = ADMIN) -> str:
    """Return the password of a login of Airflow."""
    return secret(settings, password_file(settings, login).name)


def sync_accounts(settings: Settings) -> None:
    """Give each signer a login and take it from those who may sign no more."""
    signers = list_signers(settings)
    logins = {each.airflow_user for each in signers if each.airflow_user and not each.is_over}
    for login in logins:
        password(settings, login)
    for path in settings.secret_dir.glob(f"{SIGNER_LOGIN}*"):
        if path.name.removeprefix(SIGNER_LOGIN) not in logins:
            path.unlink(missing_ok=True)
    write_passwords(settings)


def write_passwords(settings: Settings) -> Path:
    """Write every login's password in the form that Airflow's simple auth manager reads."""
    logins = [
        path.name.removeprefix(SIGNER_LOGIN)
        for path in settings.secret_dir.glob(f"{SIGNER_LOGIN}*")
    ]
    passwords = {login: password(settings, login) for login in [ADMIN, *sorted(logins)]}
    path = settings.home / "airflow" / "passwords.json"
    write_private(path, json.dumps(passwords) + "\n")
    return path
