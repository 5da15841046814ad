"""docs/add-a-column.md, carried out on a warehouse with a published month while readers read."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from openpyxl import load_workbook

from ingest.forms.catalogue import load_form
from warehouse.content_hash import hash_candidate
from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.integration.conftest import Guide
    from tests.integration.evolution.conftest import Checkout

OLD, NEW = Month(2009, 11), Month(2009, 12)
YONGNING = "530724102000"
FIGURE = 1234567.89
MEASURE = "audited_yuan_ytd"
GAINED = {
    "raw.fp02.amount_audited_y": "numeric(16,2)",
    "staging.stg_township__fp02.amount_audited_y": "numeric(16,2)",
    "core.fct_fund_monthly.audited_yuan_ytd": "numeric(16,2)",
    "core.fct_fund_area_monthly.audited_yuan_ytd": "numeric(20,2)",
    "core.fct_fund_figure_monthly.audited_yuan_ytd": "numeric(20,2)",
    "marts.mart_fund_by_source.audited_yuan_ytd": "numeric(20,2)",
    "marts.mart_fund_progress.audited_yuan_ytd": "numeric(20,2)",
    "released.fund_by_source.audited_yuan_ytd": "numeric(20,2)",
    "released.fund_progress.audited_yuan_ytd": "numeric(20,2)",
    "published.fund_by_source.audited_yuan_ytd": "numeric(20,2)",
    "published.fund_progress.audited_yuan_ytd": "numeric(20,2)",
}
# Longer than a reader ever waits for a migration (1 s by lock_timeout), with room for a busy
# machine; far below the readers' own time limit.
LONGEST_WAIT_SECONDS = 10.0


@dataclass
class Reader:
    """A connected BI tool that repeats its statements until it is told to stop."""

    settings: Settings
    statements: list[str]
    prepare_threshold: int | None
    in_transaction: bool = False
    errors: list[str] = field(default_factory=list)
    shapes: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    rounds: int = 0
    longest: float = 0.0

    def read_until(self, stop: threading.Event) -> None:
        """Read over and over on one connection; keep what went wrong and the columns seen."""
        with connect(self.settings, Role.reader, autocommit=True) as connection:
            connection.prepare_threshold = self.prepare_threshold
            if self.in_transaction:
                connection.autocommit = False
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            while not stop.is_set():
                for statement in self.statements:
                    self._read(connection, statement)
                if self.in_transaction:
                    connection.commit()
                self.rounds += 1

    def _read(self, connection: psycopg.Connection, statement: str) -> None:
        started = time.monotonic()
        try:
            cursor = connection.execute(statement.encode())
            rows = cursor.fetchall()
        except psycopg.Error as error:
            self.errors.append(f"{statement}: {error}")
            connection.rollback()
            return
        self.longest = max(self.longest, time.monotonic() - started)
        names = tuple(column.name for column in cursor.description or [])
        self.shapes.setdefault(statement, set()).add(names)
        if not rows:
            self.errors.append(f"{statement}: no rows")


@dataclass(frozen=True)
class Evolved:
    """What stood in the warehouse before and after, and what readers met in between."""

    checkout: Checkout
    before: dict[str, str]
    stored: dict[str, Any]
    columns: Reader
    stars: Reader
    report: Reader
    prepared_star: psycopg.Connection


def _views(checkout: Checkout) -> dict[str, list[str]]:
    views: dict[str, list[str]] = {}
    for name in checkout.shape():
        schema, view, column = name.split(".")
        if schema == "published":
            views.setdefault(view, []).append(column)
    filled = {view for view in views if checkout.rows(f"select 1 from published.{view} limit 1")}
    return {view: views[view] for view in sorted(filled)}


def _stored(checkout: Checkout) -> dict[str, Any]:
    """Return where every released row lies, and the files of released and built tables."""
    tables = checkout.rows(
        "select tablename from pg_tables where schemaname = 'released'"
        " and exists (select from pg_class where relnamespace = 'marts'::regnamespace"
        " and relname = 'mart_' || tablename)"
    )
    found: dict[str, Any] = {}
    for table in (row["tablename"] for row in tables):
        found[table] = checkout.rows(
            f"select ctid, xmin, publication_id from released.{table} order by ctid"
        )
    found["files"] = checkout.rows(
        "select oid, relfilenode from pg_class where relkind in ('r', 'p') and relnamespace in"
        " ('released'::regnamespace, 'core'::regnamespace, 'marts'::regnamespace)"
        " and relname not like 'dim\\_%' order by oid"
    )
    return found


@pytest.fixture(scope="module")
def page(guide: Callable[[str], Guide]) -> Guide:
    return guide("add-a-column.md")


@pytest.fixture(scope="module")
def evolved(module_checkout: Checkout, page: Guide) -> Iterator[Evolved]:
    """Make the guide's edits, then generate and migrate while three readers read."""
    checkout, settings = module_checkout, module_checkout.settings
    views = _views(checkout)
    lists = [f"select {', '.join(names)} from published.{v}" for v, names in views.items()]
    stars = [f"select * from published.{view}" for view in views]
    columns = Reader(settings, lists, prepare_threshold=0)
    star_reader = Reader(settings, stars, prepare_threshold=None)
    report = Reader(settings, lists[::-1], prepare_threshold=0, in_transaction=True)
    before, stored = checkout.shape(), _stored(checkout)
    stop = threading.Event()
    threads = [
        threading.Thread(target=reader.read_until, args=[stop])
        for reader in (columns, star_reader, report)
    ]
    with connect(settings, Role.reader, autocommit=True) as prepared_star:
        prepared_star.execute("select * from published.fund_by_source", prepare=True)
        for thread in threads:
            thread.start()
        try:
            for insertion in page.insertions():
                insertion.apply(checkout.root)
            for command in (["make", "generate"], [".venv/bin/tmw", "db", "migrate"]):
                assert command in page.commands()
                checkout.run(command)
            time.sleep(0.2)  # each reader once more
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        yield Evolved(checkout, before, stored, columns, star_reader, report, prepared_star)


def test_one_yaml_file_and_the_sql_that_uses_it(evolved: Evolved) -> None:
    touched = evolved.checkout.touched()
    assert {path for path in touched if path.startswith("ingest/")} == {"ingest/forms/fp02.yml"}
    rest = touched - {"ingest/forms/fp02.yml"}
    assert rest
    assert all(path.startswith(("dbt_project/models/", "dbt_project/macros/")) for path in rest)
    assert all(path.endswith((".sql", ".yml")) for path in rest)
    assert "docs/generated/data-dictionary.md" in evolved.checkout.generated()


def test_everything_gains_the_column_and_loses_nothing(evolved: Evolved) -> None:
    after = evolved.checkout.shape()
    gained = {name: kind.split(" ", 1)[1] for name, kind in after.items()}
    partition = "core.fct_fund_monthly__200911.audited_yuan_ytd"
    assert gained.items() >= GAINED.items()
    assert gained[partition] == "numeric(16,2)"
    assert not set(GAINED) & set(evolved.before)
    assert set(evolved.before) <= set(after)
    kept = {name for name in evolved.before if name.startswith(("released.", "published."))}
    assert {name: after[name] for name in kept} == {name: evolved.before[name] for name in kept}


def test_the_past_is_null_and_not_rewritten(evolved: Evolved) -> None:
    for view in ("fund_by_source", "fund_progress"):
        (row,) = evolved.checkout.rows(
            f"select count(*) as rows, count({MEASURE}) as filled from published.{view}",
            Role.reader,
        )
        assert row["rows"] > 0
        assert row["filled"] == 0
    assert _stored(evolved.checkout) == evolved.stored


def test_old_publications_keep_their_hash(evolved: Evolved) -> None:
    assert _rehashed(evolved.checkout) == _published_hashes(evolved.checkout)


def test_connected_readers_see_no_error(evolved: Evolved) -> None:
    for reader in (evolved.columns, evolved.stars, evolved.report):
        assert reader.errors == []
        assert reader.rounds > 1
        assert reader.longest < LONGEST_WAIT_SECONDS
    for reader in (evolved.columns, evolved.report):
        assert all(len(shapes) == 1 for shapes in reader.shapes.values())
    seen = evolved.stars.shapes["select * from published.fund_by_source"]
    old, new = sorted(seen, key=len)
    assert new == (*old, MEASURE)


def test_a_prepared_star_is_what_the_guide_says(evolved: Evolved) -> None:
    """PostgreSQL refuses it; the guide names the setting that avoids it."""
    statement = "select * from published.fund_by_source"
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="cached plan must not change"):
        evolved.prepared_star.execute(statement)
    evolved.prepared_star.prepare_threshold = None
    cursor = evolved.prepared_star.execute(statement)
    assert [column.name for column in cursor.description or []][-1] == MEASURE


def test_a_built_month_built_again_is_the_same(evolved: Evolved) -> None:
    done = evolved.checkout.tmw(f"build --month {OLD} --json")
    (published,) = _published_hashes(evolved.checkout).values()
    assert json.loads(done.stdout)["candidate_hash"] == published


def test_the_new_figure_is_received_published_and_traced(
    evolved: Evolved, page: Guide, tmp_path: Path, fill_return: Callable[..., None]
) -> None:
    checkout = evolved.checkout
    old_hashes = _published_hashes(checkout)
    assignments = tmp_path / "assignments.csv"
    assignments.write_text(
        "area_code,form_code,valid_from,valid_until\n"
        f"{YONGNING},FP-02,{NEW.first_day},{NEW.last_day}\n",
        encoding="utf-8",
    )
    checkout.tmw(f"assign {assignments}")
    commands = page.commands()
    start = next(i for i, words in enumerate(commands) if words[1:3] == ["forms", "template"])
    template, *chain, trace = commands[start : start + 7]
    checkout.run(template)
    fill_return(checkout.root / "FP-02.xlsx", "FP-02", [_row()])
    for words in chain:
        checkout.run(words)
    traced = json.loads(checkout.run([*trace, "--json"]).stdout)
    assert traced["value"] == FIGURE
    (cell,) = traced["cells"]
    assert (cell["sheet"], cell["value"]) == ("FP-02", FIGURE)
    rows = checkout.rows(
        f"select to_char(stat_month, 'YYYY-MM') as month, max({MEASURE}) as figure"
        " from published.fund_by_source group by 1 order by 1",
        Role.reader,
    )
    assert [(row["month"], row["figure"] and float(row["figure"])) for row in rows] == [
        (str(OLD), None),
        (str(NEW), FIGURE),
    ]
    hashes = _published_hashes(checkout)
    assert hashes.items() > old_hashes.items()
    assert _rehashed(checkout) == hashes


def test_the_blank_return_of_an_older_month_lacks_the_column(evolved: Evolved) -> None:
    path = evolved.checkout.root / "older.xlsx"
    evolved.checkout.tmw(f"forms template FP-02 --area {YONGNING} --month {OLD} -o {path}")
    headings = {cell.value for row in load_workbook(path)["FP-02"].iter_rows() for cell in row}
    assert not [text for text in headings if text and "本年审计认定资金" in str(text)]


def _row() -> dict[str, object]:
    """Return a detail row of provincial money for relocation, by the headings of the form."""
    columns = {column.name: column for column in load_form("FP-02").tables[0].columns}
    filed: dict[str, object] = {"fund_source": "12", "programme": "03"}
    filed |= {name: 0 for name, c in columns.items() if c.required_kinds and name not in filed}
    row = {columns[name].zh: value for name, value in filed.items()}
    place: dict[str, object] = {"实施地代码": YONGNING, "行类": "1"}
    return place | row | {"本年审计认定资金": FIGURE}


def _published_hashes(checkout: Checkout) -> dict[str, str]:
    rows = checkout.rows("select publication_id, candidate_hash from ops.publication")
    return {row["publication_id"]: row["candidate_hash"] for row in rows}


def _rehashed(checkout: Checkout) -> dict[str, str]:
    """Hash every publication anew, with the marts' contracts of the copy."""
    marts = mart_contracts(checkout.definitions)
    assert any(MEASURE in mart.column_names for mart in marts)
    with connect(checkout.settings, Role.admin) as connection:
        return {
            publication_id: hash_candidate(
                connection,
                marts,
                schema="released",
                month=Month.parse(publication_id[:7]).first_day,
                publication_id=publication_id,
            ).total
            for publication_id in _published_hashes(checkout)
        }
