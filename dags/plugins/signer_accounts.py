"""Accounts of Airflow: `admin`, and signers, who look at everything and answer forms, no more.

The simple auth manager lets only those answer a form who may also start, clear and delete runs,
and reads who there is from its environment, which a running server keeps as it was.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.configuration import conf

_USERS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"


class SignerAuthManager(SimpleAuthManager):
    """The simple auth manager with signers as viewers who may answer."""

    def is_authorized_dag(
        self,
        *,
        method: Any,
        user: Any,
        access_entity: Any = None,
        details: Any = None,
    ) -> bool:
        """Let every account answer a form; who may sign is decided by the warehouse."""
        if access_entity is DagAccessEntity.HITL_DETAIL and user.role:
            return True
        return super().is_authorized_dag(
            method=method, user=user, access_entity=access_entity, details=details
        )

    def get_fastapi_app(self) -> Any:
        """Read who there is before each login."""
        app = super().get_fastapi_app()

        async def read_accounts(request: Any, call_next: Any) -> Any:
            os.environ[_USERS] = accounts()
            return await call_next(request)

        if app is not None:
            app.middleware("http")(read_accounts)
        return app


def accounts() -> str:
    """Return the accounts that have a password, in the form of Airflow's setting."""
    path = Path(str(conf.get("core", "simple_auth_manager_passwords_file")))
    logins = json.loads(path.read_text(encoding="utf-8"))
    return ",".join(f"{login}:{'admin' if login == 'admin' else 'viewer'}" for login in logins)
