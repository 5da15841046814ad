"""The packaged list of areas, and what an operator may add to it (files only)."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from warehouse.areas import ALWAYS, Area, known_areas, packaged_areas
from warehouse.csv_file import read_rows
from warehouse.errors import UsageError
from warehouse.settings import Settings

HEADING = "area_code,level,name_zh,parent_code,valid_from,valid_until\n"


def test_each_packaged_area_stands_once_at_its_higher_level() -> None:
    areas = packaged_areas()
    dated = {area.area_code for area in areas if area.source == "dated_areas"}
    of_today = [area for area in areas if area.area_code not in dated]
    assert Counter(area.area_code for area in of_today).most_common(1)[0][1] == 1
    assert len(areas) == 44703 + 577 - 4 + 2  # Jinshan, and Guifeng twice in place of once
    by_code = {area.area_code: area for area in areas}
    assert by_code["441900000000"].level == "prefecture"
    assert by_code["350527000000"].level == "county"
    assert by_code["530700000000"].name_zh == "丽江市"


def test_every_parent_is_known_and_higher() -> None:
    by_code = {area.area_code: area for area in packaged_areas()}
    orphans = [
        a.area_code for a in by_code.values() if a.parent_code and a.parent_code not in by_code
    ]
    assert orphans == []
    assert {a.level for a in by_code.values() if a.parent_code is None} == {"province"}


def test_no_code_has_two_rows_on_one_day() -> None:
    by_code: dict[str, list[Area]] = defaultdict(list)
    for area in packaged_areas():
        by_code[area.area_code].append(area)
    dated = [areas for areas in by_code.values() if len(areas) > 1]
    assert dated
    for areas in dated:
        for one, other in itertools.combinations(areas, 2):
            assert not one.overlaps(other), (one, other)


@pytest.mark.parametrize(
    ("day", "township", "name"),
    [
        (date(2009, 11, 30), "530702204000", "贵峰村委会"),
        (date(2015, 9, 29), "530702204000", "贵峰村委会"),
        (date(2015, 9, 30), "530702006000", "贵峰社区居委会"),
        (date(2023, 6, 30), "530702006000", "贵峰社区居委会"),
    ],
)
def test_guifeng_lay_in_jinshan_until_its_township_was_split(
    day: date, township: str, name: str
) -> None:
    valid = {
        area.area_code: area
        for area in packaged_areas()
        if area.area_code.startswith("530702") and area.valid_in(day, day)
    }
    guifeng = valid["530702006001"]
    assert (guifeng.parent_code, guifeng.name_zh) == (township, name)
    assert valid[township].parent_code == "530702000000"
    assert ("530702204000" in valid) == (township == "530702204000")


def test_packaged_rows_give_way_to_imported_ones_of_the_same_days(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.areas_file.write_text(
        HEADING + "530702204000,township,金山乡,530702000000,2003-04-01,2014-06-30\n",
        encoding="utf-8",
    )
    (jinshan,) = known_areas(settings)["530702204000"]
    assert (jinshan.name_zh, jinshan.valid_from) == ("金山乡", date(2003, 4, 1))
    assert len(known_areas(settings)["530702006001"]) == 2


def test_imported_rows_are_read_without_a_database(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.areas_file.write_text(
        HEADING + "530702999000,township,某乡,530702000000,2005-01-01,2012-12-31\n",
        encoding="utf-8",
    )
    (area,) = known_areas(settings)["530702999000"]
    assert (area.valid_from, area.valid_until) == (date(2005, 1, 1), date(2012, 12, 31))
    assert area.valid_in(date(2012, 12, 1), date(2012, 12, 31))
    assert not area.valid_in(date(2013, 1, 1), date(2013, 1, 31))
    assert known_areas(settings)["530702000000"][0].valid_from == ALWAYS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("code, name \n1, 丽江 \n".encode(encoding))
    assert read_rows(path, required=["code", "name"]) == [{"code": "1", "name": "丽江"}]


@pytest.mark.parametrize(
    ("content", "said"),
    [("code\n1\n", "missing columns"), ("code,name,x\n1,2,3\n", "unknown columns"),
     ("code,name\n1\n", "line 2"), ("code,name\n1,2,3\n", "line 2")],
)  # fmt: skip
def test_a_wrong_csv_says_what_is_wrong(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(UsageError, match=said):
        read_rows(path, required=["code", "name"])


def test_a_missing_csv_is_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_rows(tmp_path / "none.csv", required=["code"])
