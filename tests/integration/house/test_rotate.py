"""New passwords open the doors, old ones do not; killed in the middle it is run again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.airflow_accounts import password
from warehouse import rotate as rotation
from warehouse.database import Role, connect, log_in_with, secret_name
from warehouse.errors import ServerError, UsageError
from warehouse.roles import create_database
from warehouse.rotate import rotate, rotated_names
from warehouse.secrets import secret
from warehouse.server import start_server, stop_server
from warehouse.settings import Settings

READER, ADMIN = secret_name(Role.reader), secret_name(Role.admin)


@pytest.fixture(scope="module")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Return a home whose server knows our logins and an empty database."""
    settings = Settings(home=tmp_path_factory.mktemp("rotate") / "home")
    start_server(settings)
    try:
        create_database(settings)
        with connect(settings, Role.admin) as admin:
            for role in Role:
                if role is not Role.admin:
                    admin.execute(f'create role "{role.value}" login'.encode())
        yield settings
    finally:
        stop_server(settings)


def old_is_void(settings: Settings, role: Role, old: str) -> None:
    with pytest.raises(ServerError, match="password authentication failed"):
        log_in_with(settings, role, old)
    log_in_with(settings, role, secret(settings, secret_name(role))).close()


def test_all_are_rotated(small_home: Settings) -> None:
    wang = password(small_home, "wang")
    before = {name: secret(small_home, name) for name in rotated_names(small_home)}
    page = password(small_home)
    assert rotate(small_home) == list(before)
    assert all(secret(small_home, name) != value for name, value in before.items())
    assert password(small_home) != page
    assert password(small_home, "wang") != wang, "a signer's login"
    for role in (Role.admin, Role.reader, Role.publisher):
        old_is_void(small_home, role, before[secret_name(role)])


def test_one_alone(small_home: Settings) -> None:
    before = {name: secret(small_home, name) for name in rotated_names(small_home)}
    assert rotate(small_home, READER) == [READER]
    assert {n for n, value in before.items() if secret(small_home, n) != value} == {READER}
    with pytest.raises(UsageError, match="is no secret that can be rotated"):
        rotate(small_home, "airflow_fernet")


@pytest.mark.parametrize("killed_before", ["replace_secret", "set_password"])
def test_killed_in_the_middle_the_administrator_is_not_locked_out(
    small_home: Settings, killed_before: str
) -> None:
    old = secret(small_home, ADMIN)

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rotation, killed_before, killed)
        with pytest.raises(KeyboardInterrupt):
            rotate(small_home, ADMIN)
    rotate(small_home, ADMIN)
    old_is_void(small_home, Role.admin, old)


def test_an_external_administrator_is_not_ours(warehouse_home: Settings) -> None:
    assert ADMIN not in rotated_names(warehouse_home)
