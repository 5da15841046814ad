"""What a build of one month reads of other months, as the models declare it, and its digests.

A model that reads another month says so in its properties, beside its description::

    config:
      meta:
        reads_months:
          - {model: fct_fund_area_monthly, months: [-12], decides: figures, columns: [area_code]}

`months` are distances, or `before` for the latest month built before; `only_in` is the month of
the year in which the reading takes place. `decides` says what depends on it: published `figures`,
or `findings` and with them the gate's verdict. What is read are `columns` (expressions) of the
rows of `model` that fulfil `where`, or `by: returns`, all that follows from the returns frozen into
that month. A reading that no month is built again for has `not_followed` with the reason instead.

A build records the digest of what it hands on under each reading. A later build of another month
no longer fits when that digest has become another: no row is looked at for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import psycopg
import yaml
from psycopg import sql

from warehouse.errors import DefinitionError
from warehouse.month import Month
from warehouse.settings import Settings

RETURNS = "returns"
NOTHING = ""  # the digest of no rows, and of a month that was never built


@dataclass(frozen=True)
class Reading:
    """What a model reads of another month; `months` is empty for the latest month before."""

    reader: str
    model: str
    months: tuple[int, ...]
    decides: Literal["figures", "findings"]
    columns: tuple[str, ...]
    where: str
    only_in: int | None
    not_followed: str | None

    @property
    def key(self) -> str:
        """Return the name under which builds record what they hand on."""
        return f"{self.reader} < {self.model}" if self.columns else RETURNS


def declared_readings(settings: Settings) -> tuple[Reading, ...]:
    """Return all readings of the dbt project, those not followed too."""
    folder = settings.dbt_project_dir / "models"
    found: list[Reading] = []
    for path in sorted(folder.rglob("*.yml")):
        found += _readings(path, path.stat().st_mtime_ns)
    return tuple(found)


def followed_readings(settings: Settings) -> tuple[Reading, ...]:
    """Return the readings for which a month is built again."""
    return tuple(r for r in declared_readings(settings) if r.not_followed is None)


def figure_months(settings: Settings) -> tuple[int, ...]:
    """Return how far away the months stand whose columns a month publishes beside its own."""
    return tuple(
        sorted({m for r in followed_readings(settings) if r.decides == "figures" for m in r.months})
    )


def hand_on(
    connection: psycopg.Connection, readings: Iterable[Reading], build_id: int, month: Month
) -> dict[str, str]:
    """Return, by key, the digests of what the build of a month hands on to other months."""
    digests = {RETURNS: _one(connection, _RETURNS_DIGEST, {"build_id": build_id})}
    for reading in readings:
        if not reading.columns:
            continue
        statement = sql.SQL(_DIGEST).format(
            columns=sql.SQL(", ".join(reading.columns)),
            model=sql.Identifier(_schema(reading.model), reading.model),
            where=sql.SQL(reading.where),
        )
        digests[reading.key] = _one(connection, statement, {"month": month.first_day})
    return digests


def _one(
    connection: psycopg.Connection, statement: str | sql.Composed, values: dict[str, Any]
) -> str:
    row = connection.execute(statement, values).fetchone()
    return str(row[0]) if row else NOTHING


def _schema(model: str) -> str:
    return "staging" if model.startswith("stg_") else "core"


@lru_cache(maxsize=64)
def _readings(path: Path, _modified_ns: int) -> tuple[Reading, ...]:
    text = path.read_bytes()
    if b"reads_months" not in text:
        return ()
    content = yaml.load(text, Loader=yaml.CSafeLoader) or {}
    return tuple(
        _reading(path, model["name"], line)
        for model in content.get("models") or ()
        for line in ((model.get("config") or {}).get("meta") or {}).get("reads_months") or ()
    )


def _reading(path: Path, reader: str, line: dict[str, Any]) -> Reading:
    months = line.get("months") or ()
    whole = line.get("by") == RETURNS
    sound = (
        line.get("decides") in ("figures", "findings")
        and (months == "before" or (isinstance(months, list) and all(months)))
        and (whole or bool(line.get("columns")) or bool(line.get("not_followed")))
    )
    if not sound or "model" not in line:
        raise DefinitionError(
            f"{path.name}: {reader} declares a reading of another month that says too little.",
            remedy="Give model, months, decides, and columns, by: returns or not_followed.",
        )
    return Reading(
        reader=reader,
        model=line["model"],
        months=() if months == "before" else tuple(months),
        decides=line["decides"],
        columns=() if whole else tuple(line.get("columns") or ()),
        where=line.get("where", "true"),
        only_in=line.get("only_in"),
        not_followed=line.get("not_followed"),
    )


_RETURNS_DIGEST = """
select coalesce(md5(string_agg(submission_id::text, ' ' order by submission_id)), '')
from ops.build_input
where build_id = %(build_id)s
"""

# Each row's digest with the number of its likes, in an order that needs no key.
_DIGEST = """
select coalesce(md5(string_agg(likes.digest, ' ' order by likes.digest)), '')
from (
    select (md5(row({columns})::text) || ' ' || count(*)) collate "C" as digest
    from {model}
    where stat_month = %(month)s and ({where})
    group by md5(row({columns})::text)
) as likes
"""
