"""A warehouse with two publications and a file in the inbox; a home of its own to restore into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ingest.landing import submit_file
from warehouse.builds import finish_build, open_build
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.server import stop_server
from warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import Clone

MONTH = Month(2009, 11)


@pytest.fixture(scope="module")
def busy_home(
    published_example: Settings, clone_warehouse: Clone, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Return a warehouse whose month was published twice, with two files not yet taken in."""
    home = tmp_path_factory.mktemp("busy") / "home"
    with clone_warehouse(published_example, home) as settings:
        publish_another_figure(settings)
        late = home / "late.csv"
        late.write_text("not a return\n", encoding="utf-8")
        submit_file(settings, late)
        (settings.inbox_dir / "dropped.csv").write_text("nor is this\n", encoding="utf-8")
        yield settings


def publish_another_figure(settings: Settings) -> None:
    """Publish the month once more with one more return expected, without a run of dbt."""
    build = open_build(settings, MONTH)
    with connect(settings, Role.builder) as connection:
        connection.execute(
            "update marts.mart_reporting set expected = expected + 1 where stat_month = %s",
            [MONTH.first_day],
        )
    finish_build(settings, build)
    with connect(settings, Role.builder) as connection:
        connection.execute(
            "update ops.build set state = 'ready' where build_id = %s", [build.build_id]
        )
    assert publish(settings, [MONTH]).publication_ids == ("2009-11.r2",)


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Return the settings of a home that does not exist yet and gets a server of its own."""
    settings = Settings(home=tmp_path_factory.mktemp("empty") / "home")
    yield settings
    stop_server(settings)
