"""`published.revisions` and its statistics agree with pandas, which compares whole publications."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from warehouse.contracts import MartContract, mart_contracts
from warehouse.database import Role, connect
from warehouse.settings import Settings

_CELL = ["table_name", "area_code", "row_key", "measure"]
_PAIR = ["earlier_publication_id", "publication_id"]
_VALUES = ["kind", "earlier", "later", "revision", "earlier_status", "later_status", "area_level"]
_STATISTIC = ["table_name", "area_level", "measure", "horizon"]


@pytest.fixture(scope="module")
def revised(history: Any) -> Settings:
    """Ten releases over three months, two of them rollbacks."""
    settings: Settings = history.settings
    return settings


def test_revisions_are_what_two_publications_differ_in(revised: Settings) -> None:
    expected = pd.concat(
        [
            differing(revised, *pair).assign(release_id=release_id)
            for chain in in_force(revised).values()
            for pair, release_id in chain
        ]
    )
    found = frame(revised, "published.revisions")
    assert set(expected["kind"]) == {"added", "removed", "revised", "reflagged"}
    assert_same(found, expected, ["release_id", *_PAIR, *_CELL], _VALUES)


def test_revisions_since_the_first_publication(revised: Settings) -> None:
    whole = [(chain[0][0][0], chain[-1][0][1]) for chain in in_force(revised).values()]
    expected = pd.concat([differing(revised, *pair) for pair in whole])
    found = frame(revised, "published.revisions_since_first")
    assert_same(found, expected, [*_PAIR, *_CELL], _VALUES)
    there_and_back = frame(revised, "published.revisions").groupby(_CELL).size()
    assert (there_and_back > 1).any(), "no value went there and back"


def test_statistics_follow_the_definitions(revised: Settings) -> None:
    pairs = {"first_to_second": [], "first_to_latest": []}
    for chain in in_force(revised).values():
        first = chain[0][0][0]
        pairs["first_to_second"].append((first, chain[0][0][1]))
        pairs["first_to_latest"].append((first, chain[-1][0][1]))
    values = ["n", "n_revised", "mr", "mar", "rmar", "maxar", "sum_absolute_later"]
    for view, key in (
        ("revision_statistics", _STATISTIC),
        ("revision_statistics_monthly", [*_STATISTIC, "stat_month"]),
    ):
        expected = statistics(revised, pairs, key)
        assert (expected["n"] > expected["n_revised"]).any()
        assert expected["rmar"].isna().any()
        assert (expected["mr"] != 0).any()
        found = frame(revised, f"published.{view}")
        assert_same(found[found["n"] > 0], expected, key, values)


def test_every_revision_says_why(revised: Settings) -> None:
    with connect(revised, Role.publisher) as connection:
        rows = connection.execute(
            "select to_char(stat_month, 'YYYY-MM') || ' ' || publication_id, reason,"
            " jsonb_array_length(returns_changed) from ops.revision order by release_id, stat_month"
        ).fetchall()
    reasons = {name: (reason, returns) for name, reason, returns in rows}
    assert reasons["2010-01 2010-01.r2"][0].startswith("更正 FP-03 ")
    assert reasons["2010-01 2010-01.r2"][0].endswith(" v0 → v1")
    assert "；" not in reasons["2010-01 2010-01.r2"][0]
    assert reasons["2010-01 2010-01.r1"][0] == "回退至 2010-01.r1 / rollback to 2010-01.r1"
    assert {returns for _, returns in reasons.values()} >= {1}


def in_force(settings: Settings) -> dict[str, list[tuple[tuple[str, str], int]]]:
    """Return by month which publication followed which, and by which release."""
    with connect(settings, Role.publisher) as connection:
        rows = connection.execute(
            "select stat_month::text, publication_id, release_id from ops.release_month"
            " order by valid_from"
        ).fetchall()
    chains: dict[str, list[tuple[tuple[str, str], int]]] = {}
    last: dict[str, str] = {}
    for month, publication, release_id in rows:
        if month in last:
            chains.setdefault(month, []).append(((last[month], publication), release_id))
        last[month] = publication
    assert sum(map(len, chains.values())) >= 7
    return chains


def frame(settings: Settings, relation: str) -> pd.DataFrame:
    """Return a relation as a reader (or, of `released`, the publisher) gets it."""
    role = Role.reader if relation.startswith("published.") else Role.publisher
    with connect(settings, role) as connection:
        cursor = connection.execute(f"select * from {relation}".encode())
        names = [column.name for column in cursor.description or ()]
        found = pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)
    if "row_key" in found and relation.startswith("published.rev"):
        found["row_key"] = found["row_key"].map(canonical)
    return found


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def cells(settings: Settings, mart: MartContract, publication: str) -> pd.DataFrame:
    """Return every value of a mart in a publication, one row each, nulls left out."""
    whole = frame(settings, f"released.{mart.subject}")
    whole = whole[whole["publication_id"] == publication]
    keys = [name for name in mart.key if name != "stat_month"]
    values = [name for name in mart.column_names if name not in mart.key]
    rows = []
    for record in whole.to_dict("records"):
        row_key = canonical({name: record[name] for name in keys})
        for name in values:
            value = record[name]
            if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
                continue
            rows.append(
                {
                    "table_name": mart.subject,
                    "area_code": record["area_code"],
                    "row_key": row_key,
                    "measure": name,
                    "value": value,
                    "status": record["obs_status"],
                    "area_level": record["area_level"],
                    "is_total": record.get("row_is_total", False),
                }
            )
    return pd.DataFrame(
        rows, columns=[*_CELL, "value", "status", "area_level", "is_total"], dtype=object
    )


def both(settings: Settings, earlier: str, later: str) -> pd.DataFrame:
    """Return the values of two publications side by side."""
    sides = [
        pd.concat([cells(settings, mart, each) for mart in mart_contracts(settings)])
        for each in (earlier, later)
    ]
    statuses = [
        side[side["measure"] == "obs_status"].set_index(["table_name", "area_code", "row_key"])[
            "value"
        ]
        for side in sides
    ]
    merged = sides[0].merge(sides[1], on=_CELL, how="outer", suffixes=("_e", "_l"))
    row = pd.MultiIndex.from_frame(merged[["table_name", "area_code", "row_key"]])
    merged["earlier_status"] = statuses[0].reindex(row).to_numpy()
    merged["later_status"] = statuses[1].reindex(row).to_numpy()
    merged["area_level"] = merged["area_level_l"].where(
        merged["area_level_l"].notna(), merged["area_level_e"]
    )
    merged["revision"] = [
        later - earlier if is_number(later) and is_number(earlier) else None
        for earlier, later in zip(merged["value_e"], merged["value_l"], strict=True)
    ]
    return merged.assign(earlier_publication_id=earlier, publication_id=later)


def is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def differing(settings: Settings, earlier: str, later: str) -> pd.DataFrame:
    """Return the values that differ between two publications."""
    merged = both(settings, earlier, later)
    here, there = merged["value_e"].notna(), merged["value_l"].notna()
    same = here & there & (merged["value_e"].map(str) == merged["value_l"].map(str))
    merged = merged[~same]
    here, there = here[~same], there[~same]
    kind = np.select(
        [~here, ~there, merged["measure"] == "obs_status"],
        ["added", "removed", "reflagged"],
        "revised",
    )
    return merged.assign(
        kind=kind,
        earlier=merged["value_e"].map(as_text),
        later=merged["value_l"].map(as_text),
    )


def as_text(value: object) -> str | None:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def statistics(
    settings: Settings, pairs: dict[str, list[tuple[str, str]]], key: list[str]
) -> pd.DataFrame:
    """Return n, MR, MAR, RMAR and MaxAR of each table, level and measure with a unit."""
    units = {
        (mart.subject, column.name)
        for mart in mart_contracts(settings)
        for column in mart.columns
        if column.meta.get("unit")
    }
    merged = pd.concat(
        [
            both(settings, *pair).assign(
                horizon=horizon, stat_month=date.fromisoformat(pair[0][:7] + "-01")
            )
            for horizon, each in pairs.items()
            for pair in each
        ]
    ).dropna(subset=["value_e", "value_l"])
    has_unit = np.array(
        [pair in units for pair in zip(merged["table_name"], merged["measure"], strict=True)]
    )
    merged = merged[has_unit & ~merged["is_total_l"].astype(bool)]
    rows = []
    for group, part in merged.groupby(key):
        r = [Decimal(value) for value in part["revision"]]
        size = sum(abs(Decimal(value)) for value in part["value_l"])
        absolute = sum(map(abs, r))
        rows.append(
            {
                **dict(zip(key, group, strict=True)),
                "n": len(r),
                "n_revised": sum(value != 0 for value in r),
                "mr": sum(r) / len(r),
                "mar": absolute / len(r),
                "rmar": absolute / size if size else None,
                "maxar": max(map(abs, r)),
                "sum_absolute_later": size,
            }
        )
    return pd.DataFrame(rows, dtype=object)


def assert_same(
    found: pd.DataFrame, expected: pd.DataFrame, keys: list[str], values: list[str]
) -> None:
    """Compare by key; numbers to twelve digits, everything else exactly."""
    assert len(expected), "nothing to compare"
    left, right = (by_key(each, keys, values) for each in (found, expected))
    assert left.keys() == right.keys()
    differing_rows = {key: (left[key], right[key]) for key in left if left[key] != right[key]}
    assert not differing_rows, list(differing_rows.items())[:3]


def by_key(
    rows: pd.DataFrame, keys: list[str], values: list[str]
) -> dict[tuple[object, ...], list[object]]:
    """Return the values of each row under its key, which no two rows share."""
    found = {
        tuple(record[key] for key in keys): [comparable(record[value]) for value in values]
        for record in rows.to_dict("records")
    }
    assert len(found) == len(rows)
    return found


def comparable(value: object) -> object:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    return f"{float(value):.12g}" if is_number(value) else value
