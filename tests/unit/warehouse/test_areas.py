"""The packaged list of areas, and what an operator may add to it (files only)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from warehouse.areas import ALWAYS, known_areas, packaged_areas
from warehouse.csv_file import read_rows
from warehouse.errors import UsageError
from warehouse.settings import Settings

HEADING = "area_code,level,name_zh,parent_code,valid_from,valid_until\n"


def test_each_packaged_area_stands_once_at_its_higher_level() -> None:
    areas = packaged_areas()
    assert Counter(area.area_code for area in areas).most_common(1)[0][1] == 1
    assert len(areas) == 44703 + 577 - 4
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
