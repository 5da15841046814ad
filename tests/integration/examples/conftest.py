"""The months of the examples in real warehouses: held, corrected, published, revised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg.rows import dict_row

from examples.load import send_corrected_returns, send_first_returns
from examples.returns import LIJIANG, MALIPO
from expectations.gate import gate_month
from expectations.model import GateVerdict
from ingest.landing import submit_file
from ingest.receive import ReceivedBatch, receive_inbox
from warehouse.builds import BuildResult, build_month
from warehouse.database import Role, connect
from warehouse.errors import MonthHeldError
from warehouse.month import Month
from warehouse.releases import ReleaseResult, publish
from warehouse.settings import Settings

NOVEMBER, JUNE = Month(2009, 11), Month(2012, 6)
VIEWS = (
    "fund_by_source",
    "fund_progress",
    "control_total",
    "project_status",
    "project_progress",
    "village_poverty",
    "relocation_progress",
    "reporting",
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """What one round of receive, build and gate led to, and what readers saw after it."""

    settings: Settings
    batch: ReceivedBatch
    build: BuildResult
    verdict: GateVerdict
    release: ReleaseResult | None
    refusal: str | None
    published: dict[str, list[Row]]

    def read(self) -> dict[str, list[Row]]:
        """Return what readers see now."""
        return read_published(self.settings)

    def query(self, sql: str) -> list[Row]:
        return query(self.settings, sql)

    def rows(self, view: str, **where: object) -> list[Row]:
        return [
            row
            for row in self.published[view]
            if all(row[name] == value for name, value in where.items())
        ]

    def figures(self, view: str, measure: str, **where: object) -> list[Any]:
        return [row[measure] for row in self.rows(view, **where)]

    def figure(self, view: str, measure: str, **where: object) -> Any:
        found = self.figures(view, measure, **where)
        assert len(found) == 1, (view, where, len(found))
        return found[0]


def query(settings: Settings, sql: str, role: Role = Role.admin) -> list[Row]:
    with connect(settings, role) as connection:
        return connection.cursor(row_factory=dict_row).execute(sql).fetchall()


def read_published(settings: Settings) -> dict[str, list[Row]]:
    return {
        view: query(
            settings, f"select v.* from published.{view} as v order by v::text", Role.reader
        )
        for view in VIEWS
    }


@pytest.fixture(scope="module")
def home(module_warehouse_home: Settings) -> Settings:
    return module_warehouse_home


def _round(settings: Settings, month: Month) -> Stage:
    batch = receive_inbox(settings)
    build = build_month(settings, month)
    verdict = gate_month(settings, month)
    release, refusal = None, None
    try:
        release = publish(settings, [month])
    except MonthHeldError as error:
        refusal = type(error).__name__
    published = read_published(settings)
    return Stage(settings, batch, build, verdict, release, refusal, published)


@pytest.fixture(scope="module")
def held(home: Settings) -> Stage:
    """Return the stage after every first return, Huaping's figures as printed."""
    send_first_returns(home, LIJIANG)
    return _round(home, NOVEMBER)


@pytest.fixture(scope="module")
def corrected(home: Settings, held: Stage) -> Stage:
    """Return the stage after Huaping's two corrected returns."""
    assert held.release is None
    send_corrected_returns(home, LIJIANG)
    return _round(home, NOVEMBER)


@pytest.fixture(scope="module")
def revised(
    home: Settings, corrected: Stage, songping_revised: Callable[[Settings], Path]
) -> Stage:
    """Return the stage after Songping sent 3,100,000 in place of 3,000,000, as version 1."""
    assert corrected.release is not None
    submit_file(home, songping_revised(home))
    return _round(home, NOVEMBER)


@pytest.fixture(scope="module")
def malipo(home: Settings) -> Stage:
    """Return the stage after the two returns of Malipo, in a warehouse of its own."""
    send_first_returns(home, MALIPO)
    return _round(home, JUNE)
