"""Three months of a county that read one another: the month after, and the year after."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import sql

from warehouse.builds import build_month
from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.releases import ReleaseResult, publish
from warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import Clone

COUNTY = "530723000000"
FIRST = Month(2009, 11)
MONTHS = (FIRST, FIRST.shift(1), FIRST.shift(12))


class County:
    """A warehouse in which one county files FP-02, as rows; the gate is not asked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def file(self, month: Month, issued: int, *, version: int = 0, paid: int = 10) -> None:
        """Record the accepted return of a month; an older one gives way to it."""
        with connect(self.settings, Role.admin) as connection:
            connection.execute(
                "insert into ops.assignment (area_code, form_code, valid_from)"
                " values (%s, 'FP-02', '2000-01-01') on conflict do nothing",
                [COUNTY],
            )
            row = connection.execute(
                "insert into ops.submission (receipt_no, sha256, file_name, file_bytes,"
                " landing_path, form_code, area_code, stat_month, version, received_at,"
                " passed_level_0, state) values (gen_random_uuid(), gen_random_uuid(), 'a.xlsx',"
                " 1, 'x', 'FP-02', %s, %s, %s, %s, true, 'accepted') returning submission_id",
                [COUNTY, month.first_day, version, month.shift(1).first_day],
            ).fetchone()
            assert row is not None
            connection.execute(
                "update ops.submission set state = 'superseded', superseded_by = %(new)s"
                " where stat_month = %(month)s and state = 'accepted' and submission_id <> %(new)s",
                {"new": row[0], "month": month.first_day},
            )
            connection.execute(
                "insert into raw.fp02 (submission_id, sheet, row_no, row_kind, place_code,"
                " programme, fund_source, fund_doc_no, project_code, amount_issued_y,"
                " amount_paid_m) values (%s, 'FP-02', 20, '2', %s, '03', '12', '-', '-', %s, %s)",
                [row[0], COUNTY, issued, paid],
            )

    def owe(self, form_code: str, month: Month) -> None:
        """Let the county owe another form for a month."""
        with connect(self.settings, Role.admin) as connection:
            connection.execute(
                "insert into ops.assignment (area_code, form_code, valid_from, valid_until)"
                " values (%s, %s, %s, %s)",
                [COUNTY, form_code, month.first_day, month.last_day],
            )

    def build(self, *months: Month) -> None:
        """Build months in this order; the gate would let them pass."""
        for month in months:
            build_month(self.settings, month)
            with connect(self.settings, Role.builder) as connection:
                connection.execute(
                    "update ops.build set state = 'ready' where stat_month = %s and in_force",
                    [month.first_day],
                )

    def publish(self, *months: Month) -> ReleaseResult:
        """Publish months in one release."""
        return publish(self.settings, months)

    def candidates(self) -> dict[Month, str]:
        """Return the candidate hash of each month."""
        with connect(self.settings, Role.builder) as connection:
            rows = connection.execute(
                "select stat_month, candidate_hash from ops.build where in_force"
            ).fetchall()
        return {Month.of(month): digest for month, digest in rows}

    def shown(self, months: Iterable[Month] = MONTHS) -> dict[str, str]:
        """Return a digest of what readers see of months in each view, names of releases apart."""
        found = {}
        days = [month.first_day for month in months]
        with connect(self.settings, Role.reader) as connection:
            for mart in mart_contracts(self.settings):
                rows: list[Any] = connection.execute(
                    sql.SQL(
                        "select to_jsonb(shown) - 'publication_id' - 'release_id' from {} as shown"
                        " where stat_month = any(%s)"
                    ).format(sql.Identifier("published", mart.subject)),
                    [days],
                ).fetchall()
                texts = sorted(json.dumps(row[0], sort_keys=True) for row in rows)
                found[mart.subject] = hashlib.sha256("\n".join(texts).encode()).hexdigest()
        return found


@pytest.fixture(scope="module")
def published_county(
    template_database: Settings, clone_warehouse: Clone, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Return a warehouse whose three months came and were published one by one; a template."""
    home = tmp_path_factory.mktemp("county") / "home"
    with clone_warehouse(template_database, home) as settings:
        county = County(settings)
        for number, month in enumerate(MONTHS):
            county.file(month, 100 + number)
            county.build(month)
            county.publish(month)
        yield settings


@pytest.fixture
def county(
    published_county: Settings, clone_warehouse: Clone, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[County]:
    """Return a copy of the published county."""
    home = tmp_path_factory.mktemp("county-copy") / "home"
    with clone_warehouse(published_county, home) as settings:
        yield County(settings)
