"""`tmw db url`: an address for each role, with a password for readers alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from cli.database import ROLES, app
from warehouse.database import Role


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_an_address(
    role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMW_HOME", str(tmp_path))
    monkeypatch.setenv(
        "TMW_DATABASE_URL", "postgresql://postgres:secret@db.example:5433/monitoring"
    )
    done = CliRunner().invoke(app, ["url", "--role", role])
    assert done.exit_code == 0, done.output
    address = make_url(done.output.strip())
    assert address.username == Role[role].value
    assert (address.host, address.port, address.database) == ("db.example", 5433, "monitoring")
    assert (address.password is None) == (role != "reader")
    assert "*" not in done.output
