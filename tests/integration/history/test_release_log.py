"""`tmw releases`: what there was, and whether it still is what was published."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warehouse.content_hash import NOTHING
from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.release_log import releases, verify_releases
from warehouse.settings import Settings

from .conftest import SIGNER, TMW, History

pytestmark = pytest.mark.timeout(1800)  # ten releases are made for the first test

if TYPE_CHECKING:
    from tests.conftest import Clone


def test_every_release_with_what_it_replaced(history: History) -> None:
    found = releases(history.settings)
    assert [release.release_id for release in found] == [s.release_id for s in history.releases]
    assert [release.released_at for release in found] == [seen.since for seen in history.releases]
    switched = [
        [(month["publication_id"], month["replaced"]) for month in release.months]
        for release in found
    ]
    assert switched == [
        [("2010-01.r1", None)],
        [("2010-02.r1", None)],
        [("2010-03.r1", None)],
        [("2010-01.r2", "2010-01.r1")],
        [("2010-02.r2", "2010-02.r1"), ("2010-03.r2", "2010-03.r1")],
        [("2010-02.r1", "2010-02.r2")],
        [("2010-01.r1", "2010-01.r2")],
        [("2010-01.r3", "2010-01.r1")],
        [("2010-02.r3", "2010-02.r1")],
        [("2010-03.r1", "2010-03.r2")],
    ]
    assert [release.kind for release in found] == [
        "rollback" if release.release_id in (6, 7, 10) else "publish" for release in found
    ]
    assert {release.signed_by for release in found[5:]} == {SIGNER}
    for signed_again in found[7:9]:
        assert "G-release-01" in {each["check_id"] for each in signed_again.reservations}
    january = releases(history.settings, Month(2010, 1))
    assert [release.release_id for release in january] == [1, 4, 7, 8]


def test_every_mart_of_every_publication_has_a_hash(history: History) -> None:
    subjects = {mart.subject for mart in mart_contracts(history.settings)}
    for release in releases(history.settings):
        for month in release.months:
            assert set(month["mart_hashes"]) == subjects
            empty = {name for name, digest in month["mart_hashes"].items() if digest == NOTHING}
            assert empty == {name for name, rows in month["row_counts"].items() if rows == 0}
    by_name = {
        month["publication_id"]: month["mart_hashes"]
        for release in releases(history.settings)
        for month in release.months
    }
    assert by_name["2010-01.r2"] == by_name["2010-01.r3"]


@pytest.fixture
def copy(history: History, clone_warehouse: Clone, tmp_path: Path) -> Iterator[Settings]:
    with clone_warehouse(history.settings, tmp_path / "home") as settings:
        yield settings


def test_a_changed_a_lost_and_an_added_row_are_found(
    copy: Settings, environment_of: Callable[[Settings], dict[str, str]]
) -> None:
    intact = verify_releases(copy)
    assert (intact.publications, intact.differences) == (8, [])
    assert intact.marts == 8 * len(mart_contracts(copy))
    with connect(copy, Role.admin) as connection:
        connection.execute(
            "update released.village_poverty set poor_persons = poor_persons + 1"
            " where (publication_id, village_id) = (select publication_id, min(village_id)"
            " from released.village_poverty where publication_id = '2010-01.r1'"
            " group by publication_id);"
            " delete from released.reporting where publication_id = '2010-02.r3'"
            " and area_code = (select min(area_code) from released.reporting)"
        )
    found = {(d.publication_id, d.table): d for d in verify_releases(copy).differences}
    assert set(found) == {("2010-01.r1", "village_poverty"), ("2010-02.r3", "reporting")}
    lost = found["2010-02.r3", "reporting"]
    assert lost.found_rows < lost.recorded_rows
    assert verify_releases(copy, Month(2010, 3)).differences == []
    done = subprocess.run(
        [sys.executable, "-c", TMW, "releases", "--verify", "--json"],
        env=environment_of(copy), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert {d["table"] for d in json.loads(done.stdout)["differences"]} == {
        "village_poverty", "reporting",
    }  # fmt: skip
