"""A return is withdrawn: who, when, why; the month reopened; what readers see then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from expectations.gate import gate_month
from ingest.landing import submit_file
from ingest.receive import receive_inbox
from ingest.withdraw import withdraw
from warehouse.builds import build_month
from warehouse.database import Role, connect
from warehouse.errors import UsageError
from warehouse.excuses import Excuse, add_excuse
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.reopened import stale_months
from warehouse.settings import Settings
from warehouse.status import month_status

if TYPE_CHECKING:
    from tests.conftest import Clone

MONTH = Month(2009, 11)
SONGPING = "530722208000"


@pytest.fixture(scope="module")
def home(
    published_example: Settings, clone_warehouse: Clone, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    with clone_warehouse(published_example, tmp_path_factory.mktemp("withdraw") / "home") as own:
        yield own


def _rows(settings: Settings, query: str, *values: Any) -> list[Any]:
    with connect(settings, Role.admin) as connection:
        return connection.execute(query.encode(), list(values)).fetchall()


def _receipt(settings: Settings, state: str) -> str:
    found: list[tuple[str]] = _rows(
        settings,
        "select receipt_no from ops.submission"
        " where area_code = %s and form_code = 'FP-02' and state = %s",
        SONGPING,
        state,
    )
    ((receipt,),) = found
    return receipt


def _units(settings: Settings) -> list[Any]:
    return _rows(
        settings,
        "select expected, received, accepted, reporting_rate_pct from marts.mart_reporting"
        " where area_code = %s and form_code = 'FP-02' and stat_month = %s",
        SONGPING,
        MONTH.first_day,
    )


def test_what_does_not_count_cannot_be_withdrawn(home: Settings) -> None:
    with pytest.raises(UsageError, match="There is no receipt 'R-0'"):
        withdraw(home, "R-0", reason="x", owner="王")
    with pytest.raises(UsageError, match="needs a reason"):
        withdraw(home, _receipt(home, "accepted"), reason=" ", owner="王")
    ((rejected,),) = _rows(
        home, "select receipt_no from ops.submission where state = 'superseded' limit 1"
    )
    with pytest.raises(UsageError, match=r"does not count\. The one that counts is"):
        withdraw(home, rejected, reason="x", owner="王")
    assert stale_months(home) == []


def test_a_withdrawn_return_reopens_its_month_and_the_unit_is_told(home: Settings) -> None:
    receipt = _receipt(home, "accepted")
    first = withdraw(home, receipt, reason="单位填错", owner="王统计")
    again = withdraw(home, receipt, reason="别的原因", owner="李")
    assert (again.withdrawn_at, again.reason, again.owner) == (
        first.withdrawn_at,
        "单位填错",
        "王统计",
    )
    assert _rows(
        home, "select kind, owner, reason from ops.ledger_event where kind = 'withdrawn'"
    ) == [("withdrawn", "王统计", "单位填错")]
    status = month_status(home, MONTH)
    assert status.state == "reopened"
    assert {(r.cause, r.what) for r in status.reopened_by} == {("withdrawn", receipt)}
    (line,) = (r for r in status.returns if (r.area_code, r.form_code) == (SONGPING, "FP-02"))
    assert (line.owed, line.state) == (True, "withdrawn")
    answer = (home.outbox_dir / SONGPING / f"{receipt}.txt").read_text("utf-8")
    assert "状态 State: 已撤回 / withdrawn" in answer
    assert "单位填错（王统计）" in answer
    assert "IN-withdrawn" in answer


def test_the_unit_has_not_reported_then_and_the_month_is_held(home: Settings) -> None:
    assert _units(home) == [(1, 1, 1, 100)]
    build_month(home, MONTH)
    assert _units(home) == [(1, 0, 0, 0)]
    verdict = gate_month(home, MONTH)
    assert verdict.state == "held"
    assert [r.check_id for r in verdict.results if r.severity == "critical" and not r.success] == [
        "G-reporting-01"
    ]
    assert month_status(home, MONTH).publication_id == "2009-11.r1"


def test_excused_the_month_is_published_without_the_withdrawn_rows(home: Settings) -> None:
    add_excuse(home, Excuse(SONGPING, "FP-02", MONTH, "撤回后不再报送", "王统计"))
    assert stale_months(home) == [MONTH]
    build_month(home, MONTH)
    assert gate_month(home, MONTH).state == "ready"
    assert publish(home, [MONTH]).publications == {"2009-11": "2009-11.r2"}
    shown = "select count(*) from published.fund_by_source where area_code = %s"
    assert _rows(home, shown, SONGPING) == [(0,)]
    assert _rows(
        home,
        "select expected, received, accepted, reporting_rate_pct from published.reporting"
        " where area_code = %s and form_code = 'FP-02'",
        SONGPING,
    ) == [(0, 0, 0, None)]
    kept = "select count(*) > 0 from released.fund_by_source where area_code = %s"
    assert _rows(home, kept + " and publication_id = '2009-11.r1'", SONGPING) == [(True,)]


def test_the_same_bytes_stay_withdrawn_and_a_higher_version_counts(
    home: Settings, songping_revised: Any
) -> None:
    sent = home.home / "examples" / "lijiang" / "FP-02_530722208000_200911_v0.csv"
    submit_file(home, sent)
    batch = receive_inbox(home)
    assert [f.check_id for f in batch.findings] == ["IN-duplicate"]
    assert batch.months == set()
    assert [s.state for s in batch.submissions] == ["withdrawn"]
    revised: Path = songping_revised(home)
    submit_file(home, revised)
    assert receive_inbox(home).months == {MONTH}
    assert stale_months(home) == [MONTH]
    ((state,),) = _rows(
        home,
        "select state from ops.submission"
        " where area_code = %s and form_code = 'FP-02' and version = 1",
        SONGPING,
    )
    assert state in ("accepted", "accepted_with_warnings")
