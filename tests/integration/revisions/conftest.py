"""Releases of the example month made by hand: candidates changed by SQL, then really published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest
from psycopg.types.json import Jsonb

from warehouse.content_hash import hash_candidate
from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.releases import ReleaseResult, publish
from warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import Clone

MONTH = Month(2009, 11)


class Press:
    """A warehouse with a published month, whose candidate a test changes and publishes again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._marts = mart_contracts(settings)

    def revise(self, *statements: str, reason: str | None = None) -> ReleaseResult:
        """Change the candidate as a build would have made it, with its hash, and publish it."""
        with connect(self.settings, Role.builder) as connection:
            for statement in statements:
                changed = connection.execute(statement.encode()).rowcount
                assert changed, f"nothing to change: {statement}"
            candidate = hash_candidate(
                connection, self._marts, schema="marts", month=MONTH.first_day
            )
            connection.execute(
                "update ops.build set state = 'ready', candidate_hash = %s, mart_hashes = %s"
                " where stat_month = %s and in_force",
                [candidate.total, Jsonb(candidate.by_subject), MONTH.first_day],
            )
        return publish(self.settings, [MONTH], reason=reason)

    def read(self, query: str) -> Sequence[tuple[object, ...]]:
        """Return what a reader gets."""
        with connect(self.settings, Role.reader) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture
def press(published_example: Settings, clone_warehouse: Clone, tmp_path) -> Iterator[Press]:
    """Return a copy of the published example month."""
    with clone_warehouse(published_example, tmp_path / "home") as settings:
        yield Press(settings)
