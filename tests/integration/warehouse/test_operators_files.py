"""What an operator hands in as csv: areas and assignments; a wrong line changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from warehouse.areas import import_areas, known_areas, load_packaged
from warehouse.assignments import assign
from warehouse.database import Role, connect
from warehouse.errors import UsageError

AREAS = "area_code,level,name_zh,parent_code,valid_from,valid_until\n"
ASSIGNMENTS = "area_code,form_code,valid_from,valid_until\n"
FORMS = frozenset({"FP-02", "FP-08"})
OLD_TOWNSHIP = "530702999000,township,旧乡,530702000000,2005-01-01,2012-12-31\n"


def _file(folder: Path, text: str) -> Path:
    path = folder / "given.csv"
    path.write_text(text, encoding="utf-8")
    return path


def _areas(lab: Any) -> list[Any]:
    rows: list[Any] = lab.rows(
        "select area_code, name_zh, valid_from::text, valid_until::text from ops.area"
        " where source = 'imported' order by 1, 3"
    )
    return rows


def test_imported_areas_reach_the_database_and_the_dry_run(lab: Any, tmp_path: Path) -> None:
    assert import_areas(lab.settings, _file(tmp_path, AREAS + OLD_TOWNSHIP)) == 1
    assert _areas(lab) == [("530702999000", "旧乡", "2005-01-01", "2012-12-31")]
    assert [area.name_zh for area in known_areas(lab.settings)["530702999000"]] == ["旧乡"]
    renamed = OLD_TOWNSHIP.replace("旧乡", "改名乡")
    import_areas(lab.settings, _file(tmp_path, AREAS + renamed))
    assert [row[1] for row in _areas(lab)] == ["改名乡"]


def test_a_packaged_area_can_be_given_an_end_and_a_successor(lab: Any, tmp_path: Path) -> None:
    split = (
        "530702000000,county,古城区,530700000000,,2015-12-31\n"
        "530702000000,county,新古城区,530700000000,2016-01-01,\n"
    )
    import_areas(lab.settings, _file(tmp_path, AREAS + split))
    with connect(lab.settings, Role.admin) as connection:
        load_packaged(connection)  # a later version of the list does not undo it
    assert lab.rows(
        "select name_zh, valid_until::text from ops.area where area_code = '530702000000'"
        " order by valid_from"
    ) == [("古城区", "2015-12-31"), ("新古城区", None)]


def test_packaged_rows_of_a_later_version_give_way_to_imported_ones(lab: Any) -> None:
    """The operator had dated Jinshan before the packaged list did."""
    with connect(lab.settings, Role.admin) as connection:
        connection.execute("delete from ops.area where area_code = '530702204000'")
        connection.execute(
            "insert into ops.area values ('530702204000', 'township', '金山乡', '530702000000',"
            " '2003-04-01', '2014-06-30', 'imported')"
        )
        load_packaged(connection)
    assert lab.rows(
        "select name_zh, valid_from::text, valid_until::text from ops.area"
        " where area_code = '530702204000'"
    ) == [("金山乡", "2003-04-01", "2014-06-30")]
    assert lab.rows(
        "select count(*) from ops.area as one inner join ops.area as other"
        " on one.area_code = other.area_code and one.valid_from < other.valid_from"
        " where coalesce(one.valid_until, 'infinity') >= other.valid_from"
    ) == [(0,)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("5307,township,乡,530702000000,,\n", "12 digits"),
        ("530702999000,town,乡,530702000000,,\n", "level"),
        ("530702999000,township,,530702000000,,\n", "name_zh"),
        ("530702998000,township,乡,,,\n", "parent_code"),
        ("530702998000,township,乡,539999000000,,\n", "parent 539999000000"),
        ("530702998000,township,乡,530702001000,,\n", "higher level"),
        ("530702999000,township,乡,530702000000,2012-01-01,2011-01-01\n", "before valid_from"),
        ("530702999000,township,乡,530702000000,2012-13-01,\n", "no date"),
        ("530702000000,county,古城区,530700000000,2016-01-01,\n", "two rows"),
        (OLD_TOWNSHIP, "stands twice"),
    ],
)
def test_a_wrong_area_changes_nothing(lab: Any, tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        import_areas(lab.settings, _file(tmp_path, AREAS + OLD_TOWNSHIP + line))
    assert _areas(lab) == []
    assert not lab.settings.areas_file.exists()


def test_assignments_are_recorded_once_and_can_be_ended(lab: Any, tmp_path: Path) -> None:
    line = "530702000000,FP-02,2009-01-01,"
    for ending in ("", "", "2010-12-31"):
        path = _file(tmp_path, ASSIGNMENTS + line + ending + "\n")
        assert assign(lab.settings, path, form_codes=FORMS) == 1
    assert lab.rows(
        "select area_code, form_code, valid_from::text, valid_until::text from ops.assignment"
    ) == [("530702000000", "FP-02", "2009-01-01", "2010-12-31")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("539999000000,FP-02,,\n", "unknown"),
        ("530702000000,FP-99,,\n", "FP-99"),
        ("530702000000,FP-02,2010-01-01,2009-01-01\n", "before valid_from"),
        ("530702000000,FP-02,2010-01-01,\n", "assigned twice on 2010-01-01"),
    ],
)
def test_a_wrong_assignment_changes_nothing(lab: Any, tmp_path: Path, line: str, said: str) -> None:
    path = _file(tmp_path, ASSIGNMENTS + "530702000000,FP-02,2009-01-01,\n" + line)
    with pytest.raises(UsageError, match=said):
        assign(lab.settings, path, form_codes=FORMS)
    assert lab.rows("select * from ops.assignment") == []
