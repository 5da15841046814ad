"""What readers see under one release and not under another: `tmw diff`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from warehouse.contracts import MartContract, mart_contracts
from warehouse.database import Role, connect
from warehouse.errors import UsageError
from warehouse.in_force import in_force
from warehouse.month import Month
from warehouse.release_diff import differences
from warehouse.settings import Settings

_PUBLICATION = re.compile(r"(\d{4}-\d{2})\.r[1-9]\d*")
_RECORD = (
    "table_name, to_char(stat_month, 'YYYY-MM') as stat_month, earlier_publication_id,"
    " later_publication_id, row_key, measure, kind, row_change, earlier, later, difference"
)
_AT_ONCE = 1000


@dataclass(frozen=True)
class Comparison:
    """Two states of the published months, opened for reading.

    `months` names, for each month that is not the same in both, the publication in the earlier
    and in the later (None where the month was not published).
    """

    months: Mapping[str, tuple[str | None, str | None]]
    _connection: psycopg.Connection
    _query: sql.Composable

    def totals(self) -> list[dict[str, Any]]:
        """Return rows and cells that differ: `table_name, row_change, kind, rows, cells`."""
        statement = sql.SQL(
            "select table_name, row_change, kind, count(distinct (stat_month, row_key)) as rows,"
            " count(*) as cells from ({}) as difference group by 1, 2, 3 order by 1, 2, 3"
        ).format(self._query)
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement).fetchall()

    def cells(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the differing values in the order of table, month, row and column.

        At most some thousand are in memory, however many there are.
        """
        statement = sql.SQL(
            "select {} from ({}) as difference order by table_name, stat_month, row_key, measure"
            " limit {}"
        ).format(sql.SQL(_RECORD), self._query, sql.Literal(limit))
        with self._connection.cursor("differences", row_factory=dict_row) as cursor:
            cursor.itersize = _AT_ONCE
            yield from cursor.execute(statement)


@contextmanager
def comparison(
    settings: Settings,
    earlier: str,
    later: str,
    *,
    month: Month | None = None,
    table: str | None = None,
) -> Iterator[Comparison]:
    """Compare two releases (by number), or two publications of one month (`2009-11.r1`).

    Raises `UsageError` for a release, a publication or a table that there is not.
    """
    marts = _chosen(mart_contracts(settings), table)
    with connect(settings, Role.publisher) as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        before, after = _state(connection, earlier), _state(connection, later)
        if _PUBLICATION.fullmatch(earlier) and before.keys() != after.keys():
            raise UsageError(
                f"{earlier} and {later} are not publications of one month.",
                remedy="Name two of one month, or two releases by number.",
            )
        changed = {
            each: (before.get(each), after.get(each))
            for each in sorted(before.keys() | after.keys())
            if before.get(each) != after.get(each) and month in (None, Month.of(each))
        }
        months = {str(Month.of(each)): pair for each, pair in changed.items()}
        yield Comparison(months, connection, differences(marts, _pairs(changed)))


def _chosen(marts: tuple[MartContract, ...], table: str | None) -> tuple[MartContract, ...]:
    if table is None:
        return marts
    name = table.removeprefix("published.")
    chosen = tuple(mart for mart in marts if mart.subject == name)
    if not chosen:
        names = ", ".join(mart.subject for mart in marts)
        raise UsageError(f"There is no published table {name}.", remedy=f"Name one of {names}.")
    return chosen


def _state(connection: psycopg.Connection, name: str) -> dict[date, str]:
    """Return which publication of each month readers saw under a release."""
    if _PUBLICATION.fullmatch(name):
        found: dict[date, str] = dict(
            connection.execute(
                "select stat_month, publication_id from ops.publication where publication_id = %s",
                [name],
            ).fetchall()
        )
        if not found:
            raise UsageError(f"There is no publication {name}.", remedy="See `tmw releases`.")
        return found
    row = None
    if name.isascii() and name.isdigit():
        row = connection.execute(
            "select min(valid_from) from ops.release_month where release_id::text = %s", [name]
        ).fetchone()
    if row is None or row[0] is None:
        raise UsageError(
            f"There is no release {name}.",
            remedy="See `tmw releases`; name a number, or publications such as 2009-11.r1.",
        )
    return dict(
        connection.execute(
            sql.SQL("select stat_month, publication_id from {} as shown").format(in_force(row[0]))
        ).fetchall()
    )


def _pairs(changed: Mapping[date, tuple[str | None, str | None]]) -> sql.Composable:
    return sql.SQL(
        "(select stat_month, earlier_publication_id, later_publication_id from"
        " unnest({}::date[], {}::text[], {}::text[])"
        " as changed (stat_month, earlier_publication_id, later_publication_id))"
    ).format(
        list(changed),
        [pair[0] for pair in changed.values()],
        [pair[1] for pair in changed.values()],
    )
