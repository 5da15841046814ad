"""What must hold after every kill, asked in plain SQL and of the files, past the product's code.

A violation is a text that begins with its class: lost, doubled, mixed or partial.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.torture.home import Home
from tests.torture.story import Sent

HIDDEN = ("publication_id", "release_id")
_UNFINISHED = ("building", "failed")


@dataclass
class Known:
    """What the harness remembers: acknowledged receipts, files sent, candidates seen."""

    sent: dict[str, Sent] = field(default_factory=dict)  # by sha256
    candidates: dict[int, str] = field(default_factory=dict)  # digest by build

    def add(self, sent: Sent) -> None:
        """Remember a file of the story by its bytes."""
        self.sent[hashlib.sha256(sent.path.read_bytes()).hexdigest()] = sent


def violations(home: Home, known: Known, *, inbox_taken: bool) -> list[str]:
    """Return what does not hold; `inbox_taken` after a receive that ended by itself."""
    with home.snapshot() as snapshot:
        return [
            *_releases(snapshot),
            *_beside_the_marts(snapshot),
            *_views(snapshot),
            *_intervals(snapshot),
            *_candidates(snapshot, known),
            *_submissions(snapshot, home, inbox_taken),
            *_raw_rows(snapshot, known),
        ]


def _releases(snapshot: psycopg.Connection) -> Iterator[str]:
    """Every publication has exactly the rows it says; no row is of none of them."""
    counts = dict(snapshot.execute("select publication_id, row_counts from ops.publication"))
    for table in _tables(snapshot, "released"):
        found = dict(
            snapshot.execute(
                sql.SQL("select publication_id, count(*) from {} group by 1").format(
                    sql.Identifier("released", table)
                )
            )
        )
        for publication in found.keys() - counts.keys():
            yield f"partial: released.{table} holds {publication}, which the ledger does not know"
        for publication, rows in counts.items():
            wanted, there = rows.get(table, 0), found.get(publication, 0)
            if wanted != there:
                yield f"partial: {publication} has {there} rows of {wanted} in released.{table}"


def _beside_the_marts(snapshot: psycopg.Connection) -> Iterator[str]:
    """What a release writes beside the marts (revisions, reasons) is of a known publication."""
    for schema, table in snapshot.execute(
        "select n.nspname, c.relname from pg_class as c"
        " inner join pg_namespace as n on c.relnamespace = n.oid"
        " inner join pg_attribute as a on c.oid = a.attrelid and a.attname = 'publication_id'"
        " where n.nspname in ('released', 'ops') and c.relkind in ('r', 'p')"
        " and c.relname <> all(%s) and c.relname <> 'publication'",
        [_marts(snapshot)],
    ).fetchall():
        strangers = snapshot.execute(
            sql.SQL(
                "select distinct publication_id from {} where publication_id is not null"
                " except select publication_id from ops.publication"
            ).format(sql.Identifier(schema, table))
        ).fetchall()
        if strangers:
            yield f"partial: {schema}.{table} names {strangers}, which the ledger does not know"


def _views(snapshot: psycopg.Connection) -> Iterator[str]:
    """Every view shows exactly one publication of each published month, and the right one."""
    in_force = dict(
        snapshot.execute(
            "select m.publication_id, p.row_counts from ops.release_month as m"
            " inner join ops.publication as p using (publication_id) where m.valid_to is null"
        )
    )
    for view in _mart_views(snapshot):
        shown = dict(
            snapshot.execute(
                sql.SQL("select publication_id, count(*) from {} group by 1").format(
                    sql.Identifier("published", view)
                )
            )
        )
        wanted = {name: rows[view] for name, rows in in_force.items() if rows.get(view)}
        if shown != wanted:
            yield f"mixed: published.{view} shows {shown}, in force is {wanted}"


_INTERVALS = {
    "mixed: a month has not exactly one open interval": """
        select p.stat_month, count(m.stat_month) filter (where m.valid_to is null)
        from (select distinct stat_month from ops.publication) as p
        left join ops.release_month as m on p.stat_month = m.stat_month
        group by 1 having count(m.stat_month) filter (where m.valid_to is null) <> 1
    """,
    "mixed: intervals of a month overlap": """
        select a.stat_month, a.valid_from, b.valid_from
        from ops.release_month as a inner join ops.release_month as b
            on a.stat_month = b.stat_month and a.valid_from < b.valid_from
        where coalesce(a.valid_to, 'infinity') > b.valid_from
    """,
    "mixed: an interval names a publication of another month": """
        select m.stat_month, p.publication_id
        from ops.release_month as m inner join ops.publication as p using (publication_id)
        where m.stat_month <> p.stat_month
    """,
    "partial: a release switches no month": """
        select r.release_id from ops.release as r
        where not exists (select from ops.release_month as m where m.release_id = r.release_id)
    """,
    "doubled: a month was published twice from one build": """
        select build_id, count(*) from ops.publication group by 1 having count(*) > 1
    """,
    "partial: a stage of a partition was left behind": """
        select oid::regclass::text from pg_class where relkind = 'r' and relname like '%\\_\\_next'
    """,
    "doubled: a unit has two accepted returns of a form and month": """
        select area_code, form_code, stat_month from ops.submission
        where state in ('accepted', 'accepted_with_warnings')
        group by 1, 2, 3 having count(*) > 1
    """,
    "lost: an accepted return gave way to a lower version": """
        select s.receipt_no, w.receipt_no
        from ops.submission as s inner join ops.submission as w
            on s.superseded_by = w.submission_id
        where s.version > w.version
    """,
}


def _intervals(snapshot: psycopg.Connection) -> Iterator[str]:
    for what, question in _INTERVALS.items():
        rows = snapshot.execute(question).fetchall()
        if rows:
            yield f"{what}: {rows[:3]}"


def _candidates(snapshot: psycopg.Connection, known: Known) -> Iterator[str]:
    """A finished build's candidate stays what it was; a publication is its build's candidate."""
    builds = snapshot.execute(
        "select build_id, stat_month from ops.build where in_force and state <> all(%s)",
        [list(_UNFINISHED)],
    ).fetchall()
    tables = _tables(snapshot, "marts")
    for build_id, month in builds:
        digest = digest_of(snapshot, "marts", tables, month, None)
        if known.candidates.setdefault(build_id, digest) != digest:
            yield f"mixed: the candidate of build {build_id} ({month}) has changed"
    for publication, build_id, month in snapshot.execute(
        "select p.publication_id, p.build_id, p.stat_month from ops.release_month as m"
        " inner join ops.publication as p using (publication_id) where m.valid_to is null"
    ).fetchall():
        seen = known.candidates.get(build_id)
        released = digest_of(snapshot, "released", tables, month, publication)
        if seen is not None and seen != released:
            yield f"mixed: {publication} differs from the candidate of build {build_id}"


def digest_of(
    snapshot: psycopg.Connection, schema: str, marts: list[str], month: Any, publication: str | None
) -> str:
    """Return one digest of all rows of a month, whatever their order."""
    total = hashlib.sha256()
    for mart in marts:
        subject = mart.removeprefix("mart_")
        table = sql.Identifier(schema, subject if publication else mart)
        rows = snapshot.execute(
            sql.SQL(
                "select (to_jsonb(t) - 'publication_id')::text from {} as t where stat_month = %s"
                " and (%s::text is null or to_jsonb(t) ->> 'publication_id' = %s) order by 1"
            ).format(table),
            [month, publication, publication],
        ).fetchall()
        total.update(f"{subject} {len(rows)}\n".encode())
        for (text,) in rows:
            total.update(text.encode())
    return total.hexdigest()


def _submissions(snapshot: psycopg.Connection, home: Home, inbox_taken: bool) -> Iterator[str]:
    """Every acknowledged file is in the inbox or in the ledger, with its bytes in landing."""
    ledger: dict[str, list[tuple[str, str]]] = {}
    for receipt, digest, path in snapshot.execute(
        "select receipt_no, sha256, landing_path from ops.submission"
    ):
        ledger.setdefault(receipt, []).append((digest, path))
    for receipt, path in home.receipts.items():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        entries = ledger.get(receipt, [])
        if len(entries) > 1:
            yield f"doubled: {receipt} stands {len(entries)} times in the ledger"
        waiting = [
            file
            for file in (home.folder / "inbox" / receipt).glob("*")
            if hashlib.sha256(file.read_bytes()).hexdigest() == digest
        ]
        if not entries and not waiting:
            yield f"lost: {path.name} ({receipt}) is neither in the inbox nor in the ledger"
        if inbox_taken and waiting:
            yield f"lost: {path.name} ({receipt}) still waits after a receive that ended well"
        for known_digest, landed in entries:
            stored = home.folder / "landing" / landed
            if known_digest != digest or not _holds(stored, digest):
                yield f"lost: the bytes of {path.name} ({receipt}) are not in {stored}"
    for entries in ledger.values():
        for digest, landed in entries:
            if not _holds(home.folder / "landing" / landed, digest):
                yield f"lost: the ledger names {landed}, which does not hold its bytes"


def _holds(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _raw_rows(snapshot: psycopg.Connection, known: Known) -> Iterator[str]:
    """Every accepted return has all of its rows, each once; no row is of nobody."""
    submissions = {
        submission: (digest, state)
        for submission, digest, state in snapshot.execute(
            "select submission_id, sha256, accepted_state from ops.submission"
        )
    }
    for table in sorted({name for sent in known.sent.values() for name in sent.rows}):
        found = {
            submission: (count, places)
            for submission, count, places in snapshot.execute(
                sql.SQL(
                    "select submission_id, count(*), count(distinct (sheet, row_no)) from {}"
                    " group by 1"
                ).format(sql.Identifier("raw", table))
            )
        }
        if found.keys() - submissions.keys():
            yield f"partial: raw.{table} holds rows of no submission"
        for submission, (digest, state) in submissions.items():
            sent = known.sent.get(digest)
            if sent is None or state is None or table not in sent.rows:
                continue
            count, places = found.get(submission, (0, 0))
            if count < sent.rows[table]:
                yield f"lost: {sent.path.name} has {count} of {sent.rows[table]} rows in {table}"
            if count > sent.rows[table] or places != count:
                yield f"doubled: {sent.path.name} has {count} rows in {table}, at {places} places"


def published_rows(home: Home) -> dict[str, list[str]]:
    """Return all rows of every published view as sorted text, without what names a release."""
    with home.snapshot() as snapshot:
        return {
            view: [
                text
                for (text,) in snapshot.execute(
                    sql.SQL(
                        "select (to_jsonb(v) - %s::text[])::text from {} as v order by 1"
                    ).format(sql.Identifier("published", view)),
                    [list(HIDDEN)],
                )
            ]
            for view in _mart_views(snapshot)
        }


def differences_in_rows(tortured: Home, calm: Home) -> list[str]:
    """Return where the published rows of two homes differ; their bytes are compared."""
    ours, theirs = published_rows(tortured), published_rows(calm)
    found = [
        f"published.{view}: {len(set(ours.get(view, [])) ^ set(rows))} rows differ"
        for view, rows in theirs.items()
        if ours.get(view) != rows
    ]
    if ours.keys() != theirs.keys():
        found.append(f"views differ: {sorted(ours.keys() ^ theirs.keys())}")
    if not any(theirs.values()):
        found.append("nothing was published at all")
    return found


def publications(home: Home) -> list[str]:
    """Return the names of all publications: a doubled release would add one."""
    rows = home.query("select publication_id from ops.publication order by 1")
    return [row[0] for row in rows]


def _tables(snapshot: psycopg.Connection, schema: str) -> list[str]:
    """Return the tables of a schema that hold rows of marts, without their partitions."""
    rows = snapshot.execute(
        "select c.relname from pg_class as c"
        " where c.relnamespace = %s::regnamespace and c.relkind in ('r', 'p')"
        " and not c.relispartition and regexp_replace(c.relname, '^mart_', '') = any(%s)"
        " order by 1",
        [schema, _marts(snapshot)],
    )
    return [row[0] for row in rows]


def _marts(snapshot: psycopg.Connection) -> list[str]:
    """Return the names of the marts as `released` and `published` use them."""
    rows = snapshot.execute(
        "select distinct substr(relname, length('mart_') + 1) from pg_class"
        " where relnamespace = 'marts'::regnamespace and relkind = 'p' and relname ~ '^mart_'"
    )
    return [row[0] for row in rows]


def _mart_views(snapshot: psycopg.Connection) -> list[str]:
    rows = snapshot.execute(
        "select relname from pg_class where relnamespace = 'published'::regnamespace"
        " and relkind = 'v' and relname = any(%s) order by 1",
        [_marts(snapshot)],
    )
    return [row[0] for row in rows]
