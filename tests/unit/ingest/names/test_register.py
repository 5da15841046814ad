"""What a written name means within its unit: taken where it is unique, asked about where not."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.known_places import KnownPlaces
from ingest.names.register import Named, Register
from ingest.names.spelling import is_name, spelling_of
from warehouse.areas import ALWAYS, Area, packaged_areas
from warehouse.month import Month

NOVEMBER = Month(2009, 11)
YONGSHENG, SONGPING, COMMITTEE = "530722000000", "530722208000", "530722208201"


@pytest.fixture(scope="module")
def places() -> KnownPlaces:
    return KnownPlaces(packaged_areas())


@pytest.mark.parametrize(
    ("text", "outcome", "code"),
    [
        ("松坪傈僳族彝族乡", "read", SONGPING),
        ("松坪彝族傈僳族乡", "read", SONGPING),
        ("松坪乡", "read", SONGPING),
        (" 松 坪 乡 ", "read", SONGPING),
        ("（松坪）乡", "read", SONGPING),
        ("永胜县松坪乡", "read", SONGPING),
        ("丽江市永胜县松坪乡", "read", SONGPING),
        ("云南省丽江市永胜县松坪傈僳族彝族乡", "read", SONGPING),
        ("永胜", "read", YONGSHENG),
        ("松坪村", "read", COMMITTEE),
        ("松坪村委会", "read", COMMITTEE),
        ("松坪村民委员会", "read", COMMITTEE),
        ("松坪乡松坪村", "read", COMMITTEE),
        ("永胜县松坪乡松坪村委会", "read", COMMITTEE),
        ("松坪僳僳族彝族乡", "slip", SONGPING),
        ("松平乡", "slip", SONGPING),
        ("坪松乡", "slip", SONGPING),
        ("鲁地垃镇", "slip", "530722107000"),
        ("上拉嘛村", "slip", "530722208205"),
        ("松坪", "ambiguous", None),  # the township and its committee
        ("甲坪乡", "ambiguous", None),  # 羊坪 and 松坪 are as near
        ("中啦嘛村", "unknown", None),  # between 上啦嘛 and 下啦嘛 a slip is no slip
        ("啦嘛村", "unknown", None),
        ("松平", "unknown", None),  # two characters, one wrong, no word for the kind
        ("松平镇", "unknown", None),  # nor another word for the kind
        ("太平洋乡", "unknown", None),
        ("XX乡", "unknown", None),
        ("玉龙县", "unknown", None),  # it is not in this county
        ("松坪县", "unknown", None),
        ("乡", "unknown", None),
        ("松坪" * 60, "unknown", None),
    ],
)
def test_a_name_within_a_county(
    places: KnownPlaces, text: str, outcome: str, code: str | None
) -> None:
    match = places.areas_inside(YONGSHENG, NOVEMBER).find(text)
    assert (match.outcome, match.meant.code if match.meant else None) == (outcome, code)


def test_what_is_not_taken_shows_the_nearest_with_the_place_they_lie_in(
    places: KnownPlaces,
) -> None:
    county = places.areas_inside(YONGSHENG, NOVEMBER)
    assert [near.shown for near in county.find("松坪").nearest] == [
        "530722208000 永胜县松坪傈僳族彝族乡",
        "530722208201 松坪傈僳族彝族乡松坪村委会",
    ]
    assert "530722208205 松坪傈僳族彝族乡上啦嘛村委会" in [
        near.shown for near in county.find("啦嘛村").nearest
    ]


def test_a_name_is_looked_up_in_its_unit_alone(places: KnownPlaces) -> None:
    inside = places.areas_inside(SONGPING, NOVEMBER)
    assert inside.find("米厘村").outcome == "read"
    assert inside.find("永北镇").outcome == "unknown"
    assert places.areas_inside(YONGSHENG, NOVEMBER).find("永北镇").outcome == "read"
    villages = places.villages_inside(YONGSHENG, NOVEMBER)
    match = villages.find("松坪")  # no township is a village
    assert match.meant is not None
    assert match.meant.code == f"{COMMITTEE}000"


def dated(name: str, first: date, last: date | None, code: str = SONGPING) -> Area:
    return Area(code, "township", name, YONGSHENG, first, last, "imported")


def test_a_name_of_another_period_is_that_of_the_area_it_was() -> None:
    county = Area(YONGSHENG, "county", "永胜县", None, ALWAYS, None, "areas")
    places = KnownPlaces(
        [
            county,
            dated("旧坪乡", ALWAYS, date(2005, 12, 31)),
            dated("松坪乡", date(2006, 1, 1), None),
            dated("消失乡", ALWAYS, date(2005, 12, 31), "530722299000"),
        ]
    )
    now = places.areas_inside(YONGSHENG, NOVEMBER)
    before = places.areas_inside(YONGSHENG, Month(2004, 3))
    for register, name in ((now, "松坪乡"), (before, "旧坪乡")):
        for text in ("旧坪乡", "松坪乡"):
            match = register.find(text)
            assert match.meant is not None
            assert (match.outcome, match.meant.code, match.meant.name) == ("read", SONGPING, name)
    assert before.find("消失乡").outcome == "read"
    assert now.find("消失乡").outcome == "unknown"


def test_an_old_name_that_another_has_today_means_the_one_of_today() -> None:
    register = Register([Named("1", "甲乡", former=("乙乡",)), Named("2", "乙乡")])
    match = register.find("乙乡")
    assert match.meant is not None
    assert match.meant.code == "2"


def test_projects_are_told_apart_by_their_numbers() -> None:
    register = Register([Named("A", "松坪村饮水安全一期工程"), Named("B", "树底小学校舍改造工程")])
    assert register.find("松坪村饮水安全一期工程").outcome == "read"
    assert register.find("松坪村饮水安全二期工程").outcome == "unknown"
    assert register.find("松坪村饮水安全1期工程").outcome == "unknown"
    assert register.find("松平村饮水安全一期工程").outcome == "slip"
    doubled = Register([Named("A", "整村推进"), Named("B", "整村推进")])
    assert doubled.find("整村推进").outcome == "ambiguous"
    neighbours = Register([Named("A", "松坪村饮水安全工程"), Named("B", "松园村饮水安全工程")])
    assert neighbours.find("松平村饮水安全工程").outcome == "ambiguous"


@pytest.mark.parametrize(
    ("name", "cores"),
    [
        ("玉龙纳西族自治县", ("玉龙", "玉龙纳西族")),
        ("李家村村委会", ("李家村", "李家")),
        ("管城回族区", ("管城", "管城回族")),
        ("东乡族自治县", ("东乡族",)),
        ("新村", ("新村",)),
        ("农场", ("农场",)),
    ],
)
def test_short_forms(name: str, cores: tuple[str, ...]) -> None:
    assert spelling_of(name).cores == cores


def test_a_code_is_no_name() -> None:
    assert is_name("松坪乡")
    assert not is_name("530722208000")
    assert not is_name("X-12")
