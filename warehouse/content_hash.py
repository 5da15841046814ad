"""The hash that says whether two versions of a month are the same figures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from warehouse.contracts import MartContract

# What a mart without rows hashes to.
NOTHING = hashlib.sha256().hexdigest()

# Rows are hashed one by one: the text of a whole national month would pass PostgreSQL's limit of
# 1 GB for one value, and the order of the row hashes depends on no collation and no key. Nulls
# are stripped, so that a column added later (null for the past) leaves the hash as it was.
_DIGEST = """
encode(sha256(convert_to(
    (jsonb_strip_nulls(to_jsonb(mart)) - 'publication_id')::text, 'UTF8'
)), 'hex') collate "C"
"""
_TOTAL = """
encode(sha256(convert_to(coalesce(string_agg(digest, '' order by digest), ''), 'UTF8')), 'hex')
"""
_HASH = f"""
select count(*), {_TOTAL}
from (
    select {_DIGEST} as digest
    from {{table}} as mart
    where mart.stat_month = %(stat_month)s {{publication}}
) as hashed
"""
_HASH_RELEASED = f"""
select publication_id, {_TOTAL}, count(*)
from (
    select mart.publication_id, {_DIGEST} as digest
    from {{table}} as mart
    where %(stat_month)s::date is null or mart.stat_month = %(stat_month)s
) as hashed
group by publication_id
"""


@dataclass(frozen=True)
class CandidateHash:
    """The hash of a month and of each of its marts, with their row counts.

    A mart without rows has the hash of nothing and does not count in `total`, so that a mart
    added later leaves the hash of what was published before as it was.
    """

    total: str
    by_subject: dict[str, str]
    rows: dict[str, int]


def hash_candidate(
    connection: psycopg.Connection,
    marts: Iterable[MartContract],
    *,
    schema: str,
    month: date,
    publication_id: str | None = None,
) -> CandidateHash:
    """Hash one month of all marts in `marts`, or of one publication in `released`.

    Both give the same result for the same figures.
    """
    hashes: dict[str, str] = {}
    rows: dict[str, int] = {}
    for mart in marts:
        released = schema == "released"
        statement = sql.SQL(_HASH).format(
            table=sql.Identifier(schema, mart.subject if released else mart.name),
            publication=sql.SQL("and mart.publication_id = %(publication_id)s" if released else ""),
        )
        found = connection.execute(
            statement, {"stat_month": month, "publication_id": publication_id}
        ).fetchone()
        count, digest = found or (0, "")
        rows[mart.subject] = count
        hashes[mart.subject] = digest
    total = hashlib.sha256()
    for subject in sorted(name for name in hashes if rows[name]):
        total.update(f"{subject} {hashes[subject]}\n".encode())
    return CandidateHash(total.hexdigest(), hashes, rows)


def hash_released(
    connection: psycopg.Connection, marts: Iterable[MartContract], *, month: date | None = None
) -> dict[str, dict[str, tuple[str, int]]]:
    """Hash what lies in `released`, all of it or one month: hash and rows by publication and mart.

    A mart without rows in a publication is left out; its hash is `NOTHING`.
    """
    found: dict[str, dict[str, tuple[str, int]]] = {}
    for mart in marts:
        statement = sql.SQL(_HASH_RELEASED).format(table=sql.Identifier("released", mart.subject))
        for publication_id, digest, count in connection.execute(statement, {"stat_month": month}):
            found.setdefault(publication_id, {})[mart.subject] = (digest, count)
    return found
