"""Lijiang's projects and villages of November 2009, as the month's candidate marts show them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg.rows import dict_row

from warehouse.database import Role, connect
from warehouse.settings import Settings

CITY, SONGPING = "530700000000", "530722208000"
NINGLANG, HUAPING, GUCHENG = "530724000000", "530723000000", "530702000000"
GUIFENG, LONGDONG = "530702006001", "530723101206"


@dataclass(frozen=True)
class Lijiang:
    """The built example month."""

    settings: Settings

    def query(self, sql: str) -> list[dict[str, Any]]:
        with connect(self.settings, Role.builder) as connection:
            return connection.cursor(row_factory=dict_row).execute(sql).fetchall()

    def rows(self, mart: str, **where: object) -> list[dict[str, Any]]:
        found = self.query(f"select * from marts.mart_{mart} where stat_month = '2009-11-01'")
        return [row for row in found if all(row[name] == value for name, value in where.items())]


@pytest.fixture(scope="module")
def lijiang(built_example: Settings) -> Lijiang:
    return Lijiang(built_example)


def test_the_projects_of_each_area(lijiang: Lijiang) -> None:
    """Songping 1, the counties 2 named projects and 7 lines, the city 5 lines."""
    kinds = Counter(row["row_kind"] for row in lijiang.rows("project_status", area_code=CITY))
    assert kinds == {"1": 3, "2": 12}
    assert len(lijiang.rows("project_status", area_code=SONGPING)) == 1
    assert len(lijiang.rows("project_status", area_code=NINGLANG)) == 2
    assert len(lijiang.rows("project_status", area_code=HUAPING)) == 2
    assert len(lijiang.rows("project_status", area_code=LONGDONG)) == 1


def test_the_four_lines_of_whole_village_promotion(lijiang: Lijiang) -> None:
    lines = lijiang.rows("project_status", area_code=CITY, programme_code="01")
    assert sorted(
        (row["project_code"][-1], row["units"], row["state_code"], row["progress_pct"])
        for row in lines
    ) == [("1", 50, "5", 100), ("2", 135, "4", 70), ("3", 56, "4", 70), ("4", 2, "3", 0)]
    assert sum(row["units"] for row in lines) == 243
    assert {row["planned_yuan"] for row in lines} == {None}


def test_the_last_years_relocation_is_finished(lijiang: Lijiang) -> None:
    (line,) = lijiang.rows("project_status", area_code=CITY, project_code="20085307000300000001")
    assert (line["state_code"], line["benefit_persons"]) == ("5", 1_200)


def test_the_two_villages_that_have_figures(lijiang: Lijiang) -> None:
    villages = {
        row["village_id"]: (row["area_code"], row["households"], row["persons"])
        for row in lijiang.rows("village_poverty")
        if row["village_id"] != "-"
    }
    assert villages == {
        "530702006001000": (GUIFENG, 1_962, 8_007),
        "530723101206001": (LONGDONG, 51, 224),
    }
    measures = ("poor_households", "poor_persons", "incidence_pct")
    rows = lijiang.rows("village_poverty")
    assert {row[name] for row in rows for name in measures} == {None}


def test_the_villages_covered_by_projects_are_one_line(lijiang: Lijiang) -> None:
    (line,) = lijiang.rows("village_poverty", village_id="-")
    assert (line["area_code"], line["coverage"]) == (CITY, "2")
    assert (line["units"], line["households"], line["persons"]) == (1_396, 67_000, 280_000)
    assert line["obs_status"] == "E"


def test_guifeng_lay_in_jinshan_in_2009(lijiang: Lijiang) -> None:
    chain = lijiang.query(
        "select ancestor_level, ancestor_code from core.dim_area_ancestor"
        f" where stat_month = '2009-11-01' and area_code = '{GUIFENG}' order by ancestor_rank"
    )
    assert [tuple(row.values()) for row in chain] == [
        ("province", "530000000000"),
        ("prefecture", CITY),
        ("county", GUCHENG),
        ("township", "530702204000"),
        ("village", GUIFENG),
    ]
