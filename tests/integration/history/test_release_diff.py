"""What differs between two publications of a month, as SQL finds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.release_diff import differences
from warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import Clone

_ALIKE = """
create temporary table alike on commit drop as
select * from released.reporting where publication_id = '2009-11.r1';
update alike set publication_id = 'later';
"""
_CHANGED = """
delete from alike where area_code = '530721000000' and form_code = 'FP-08';
update alike set area_code = '530799000000'
where area_code = '530722000000' and form_code = 'FP-08';
update alike set accepted = accepted + 1, obs_status = 'P', on_time_rate_pct = null
where area_code = '530700000000' and form_code = 'FP-02';
insert into released.reporting select * from alike;
"""


@pytest.fixture
def copy(published_example: Settings, clone_warehouse: Clone, tmp_path: Path) -> Iterator[Settings]:
    with clone_warehouse(published_example, tmp_path / "home") as settings:
        yield settings


def test_every_kind_of_difference_and_nothing_else(copy: Settings) -> None:
    pairs = sql.SQL(
        "(select date '2009-11-01' as stat_month, '2009-11.r1' as earlier_publication_id,"
        " 'later' as later_publication_id)"
    )
    reporting = [mart for mart in mart_contracts(copy) if mart.subject == "reporting"]
    with connect(copy, Role.admin) as connection:
        connection.execute(_ALIKE)
        connection.execute(_CHANGED)
        found = connection.execute(differences(reporting, pairs)).fetchall()
    cells = {(row[4], row[6]): row[7:12] for row in found}
    assert len(cells) == len(found)
    assert {row[:4] for row in found} == {("reporting", found[0][1], "2009-11.r1", "later")}
    whole = "530700000000"
    changed = {measure: cell for (area, measure), cell in cells.items() if area == whole}
    assert set(changed) == {"accepted", "obs_status", "on_time_rate_pct"}
    kind, row_change, earlier, later, difference = changed["accepted"]
    assert (kind, row_change, int(later) - int(earlier), difference) == ("revised", "changed", 1, 1)
    assert changed["obs_status"][0] == "reflagged"
    assert changed["on_time_rate_pct"][0] == "removed"
    assert changed["on_time_rate_pct"][3:] == (None, None)
    assert {a: c[:2] for (a, m), c in cells.items() if m == "expected" and a != whole} == {
        "530721000000": ("removed", "removed"),
        "530722000000": ("removed", "removed"),
        "530799000000": ("added", "added"),
    }
